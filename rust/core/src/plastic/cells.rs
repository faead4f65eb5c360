//! One step of cells, sixty-four at a time: who fires is a bit each.

use crate::simd::{Kernel, Level};

use super::plan::{Cells, Synapses};
use super::trace::{renew, rise};

/// The state of some cells of a population.
#[derive(Debug, Clone)]
pub(super) struct CellState {
    pub(super) v: Vec<f32>,
    pub(super) until: Vec<i32>,
    pub(super) excitatory: Vec<f32>,
    pub(super) inhibitory: Vec<f32>,
    /// The rise of thresholds, in the unit of an epoch.
    pub(super) rise: Vec<f32>,
}

/// What arrives in a step.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    pub(super) excitatory: Vec<f32>,
    pub(super) inhibitory: Vec<f32>,
}

/// When: the step, that of the clock of thresholds, and whether they change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    pub(super) step: i32,
    pub(super) learned: i32,
    pub(super) learn: bool,
}

impl CellState {
    pub(super) fn new(plan: &Cells, size: usize) -> Self {
        let slow = if plan.synapses == Synapses::Delta { 0 } else { size };
        let rise = if plan.threshold.is_some() { size } else { 0 };
        Self { v: vec![0.0; size], until: vec![0; size], excitatory: vec![0.0; slow], inhibitory: vec![0.0; slow], rise: vec![0.0; rise] }
    }

    /// One step; the cells that fire come into `fired`.
    pub(super) fn step(&mut self, plan: &Cells, inputs: &mut Inputs, time: Time, level: Level, fired: &mut Vec<u32>) {
        let mut scale = 0.0;
        let clock = if time.learn { time.learned } else { (time.learned - 1).max(0) };
        if let Some(table) = &plan.threshold {
            if time.learn {
                renew(&mut self.rise, table, clock);
            }
            scale = plan.constants[9] * table.down(clock);
        }
        level.run(Step { plan, cells: self, inputs, step: time.step, scale, fired });
        if let Some(table) = plan.threshold.as_ref().filter(|_| time.learn) {
            let up = table.up(clock);
            fired.iter().for_each(|&j| rise(&mut self.rise[j as usize], up, false));
        }
    }
}

struct Step<'a> {
    plan: &'a Cells,
    cells: &'a mut CellState,
    inputs: &'a mut Inputs,
    step: i32,
    scale: f32,
    fired: &'a mut Vec<u32>,
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match (self.plan.synapses, self.plan.threshold.is_some()) {
            (Synapses::Delta, false) => self.all::<0, false>(),
            (Synapses::Delta, true) => self.all::<0, true>(),
            (Synapses::Current, false) => self.all::<1, false>(),
            (Synapses::Current, true) => self.all::<1, true>(),
            (Synapses::Conductance, false) => self.all::<2, false>(),
            (Synapses::Conductance, true) => self.all::<2, true>(),
        }
    }
}

const CHUNK: usize = 64;

impl Step<'_> {
    #[inline(always)]
    fn all<const KIND: usize, const ADAPTS: bool>(self) {
        let size = self.cells.v.len();
        for first in (0..size).step_by(CHUNK) {
            let last = (first + CHUNK).min(size);
            let mut spikes = [0u8; CHUNK];
            let slow = if KIND == 0 { 0..0 } else { first..last };
            let part = Part {
                v: &mut self.cells.v[first..last],
                until: &mut self.cells.until[first..last],
                input_e: &mut self.inputs.excitatory[first..last],
                input_i: &mut self.inputs.inhibitory[first..last],
                slow_e: &mut self.cells.excitatory[slow.clone()],
                slow_i: &mut self.cells.inhibitory[slow],
                rise: &self.cells.rise[if ADAPTS { first..last } else { 0..0 }],
                spikes: &mut spikes[..last - first],
            };
            part.step::<KIND, ADAPTS>(self.plan, self.step, self.scale);
            for (k, bytes) in spikes.chunks_exact(8).enumerate() {
                let mut word = bytes.iter().enumerate().fold(0u64, |word, (at, &byte)| word | u64::from(byte) << (8 * at));
                while word != 0 {
                    self.fired.push((first + 8 * k) as u32 + word.trailing_zeros() / 8);
                    word &= word - 1;
                }
            }
        }
    }
}

struct Part<'a> {
    v: &'a mut [f32],
    until: &'a mut [i32],
    input_e: &'a mut [f32],
    input_i: &'a mut [f32],
    slow_e: &'a mut [f32],
    slow_i: &'a mut [f32],
    rise: &'a [f32],
    spikes: &'a mut [u8],
}

impl Part<'_> {
    #[inline(always)]
    fn step<const KIND: usize, const ADAPTS: bool>(self, plan: &Cells, step: i32, scale: f32) {
        let [leak, gain, drive, threshold, reset, decay_e, decay_i, reversal_e, reversal_i, _] = plan.constants;
        let n = self.v.len();
        let (v, until, spikes) = (&mut self.v[..n], &mut self.until[..n], &mut self.spikes[..n]);
        let (input_e, input_i) = (&mut self.input_e[..n], &mut self.input_i[..n]);
        for k in 0..n {
            let (e, i) = if KIND == 0 {
                (input_e[k], input_i[k])
            } else {
                self.slow_e[k] = decay_e * self.slow_e[k] + input_e[k];
                self.slow_i[k] = decay_i * self.slow_i[k] + input_i[k];
                (self.slow_e[k], self.slow_i[k])
            };
            input_e[k] = 0.0;
            input_i[k] = 0.0;
            let next = match KIND {
                0 => leak * v[k] + (e - i) + drive,
                1 => leak * v[k] + gain * (e - i) + drive,
                _ => (v[k] + gain * (e * reversal_e + i * reversal_i + drive)) / (1.0 + gain * (1.0 + (e + i))),
            };
            let free = until[k] <= step;
            let next = if free { next } else { v[k] };
            let limit = if ADAPTS { threshold + scale * self.rise[k] } else { threshold };
            let fires = free & (next >= limit);
            v[k] = if fires { reset } else { next };
            until[k] = if fires { step + 1 + plan.refractory } else { until[k] };
            spikes[k] = u8::from(fires);
        }
    }
}
