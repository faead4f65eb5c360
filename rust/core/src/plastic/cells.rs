//! One step of cells, sixty-four at a time: who fires is a bit each.

use crate::simd::{Kernel, Level};

use super::plan::{Cells, Synapses};
use super::trace::{renew, rise};

/// Cells that are looked at together.
const CHUNK: usize = 64;

/// The state of some cells of a population.
#[derive(Debug, Clone)]
pub(super) struct CellState {
    size: usize,
    // Each is filled up to whole chunks.
    v: Vec<f32>,
    until: Vec<i32>,
    excitatory: Vec<f32>,
    inhibitory: Vec<f32>,
    /// The rise of thresholds, in the unit of an epoch.
    rise: Vec<f32>,
}

/// What arrives in a step.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    pub(super) excitatory: Vec<f32>,
    pub(super) inhibitory: Vec<f32>,
}

impl Inputs {
    /// Sums of `size` cells; `inhibits`: whether a projection subtracts.
    pub(super) fn new(size: usize, inhibits: bool) -> Self {
        let sums = |there: bool| vec![0.0; if there { size.next_multiple_of(CHUNK) } else { 0 }];
        Self { excitatory: sums(true), inhibitory: sums(inhibits) }
    }
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
        let whole = size.next_multiple_of(CHUNK);
        let slow = if plan.synapses == Synapses::Delta { 0 } else { whole };
        let rise = if plan.threshold.is_some() { whole } else { 0 };
        let mut until = vec![0; whole];
        // What fills the last chunk is never free to fire.
        until[size..].fill(i32::MAX);
        Self {
            size,
            v: vec![0.0; whole],
            until,
            excitatory: vec![0.0; slow],
            inhibitory: vec![0.0; slow],
            rise: vec![0.0; rise],
        }
    }

    /// The arrays of the state by name; those that the cells do not have are empty.
    pub(super) fn fields(&mut self) -> [(&'static str, &mut [f32]); 4] {
        let Self { size, v, excitatory, inhibitory, rise, .. } = self;
        let named = [("v", v), ("excitatory", excitatory), ("inhibitory", inhibitory), ("threshold", rise)];
        named.map(|(name, values)| (name, values.get_mut(..*size).unwrap_or(&mut [])))
    }

    /// The first step in which each cell is free.
    pub(super) fn until(&mut self) -> &mut [i32] {
        &mut self.until[..self.size]
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
        level.run(Step { plan, cells: self, inputs, now: time.step, scale, fired });
        if let Some(table) = plan.threshold.as_ref().filter(|_| time.learn) {
            let up = table.up(clock);
            for &j in fired.iter() {
                rise(&mut self.rise[j as usize], up, false);
            }
        }
    }
}

struct Step<'a> {
    plan: &'a Cells,
    cells: &'a mut CellState,
    inputs: &'a mut Inputs,
    now: i32,
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

impl Step<'_> {
    #[inline(always)]
    fn all<const KIND: usize, const ADAPTS: bool>(self) {
        let Self { plan, cells, inputs, now, scale, fired } = self;
        let potentials = cells.v.as_chunks_mut().0.iter_mut().zip(cells.until.as_chunks_mut().0);
        let [_, _, _, threshold, reset, decay_e, decay_i, ..] = plan.constants;
        let after = now + 1 + plan.refractory;
        for (k, ((v, until), input_e)) in potentials.zip(inputs.excitatory.as_chunks_mut().0).enumerate() {
            let mut e = std::mem::replace(input_e, [0.0; CHUNK]);
            let mut i = inputs
                .inhibitory
                .as_chunks_mut()
                .0
                .get_mut(k)
                .map_or([0.0; CHUNK], |i| std::mem::replace(i, [0.0; CHUNK]));
            if KIND != 0 {
                decay(&mut cells.excitatory.as_chunks_mut().0[k], &mut e, decay_e);
                decay(&mut cells.inhibitory.as_chunks_mut().0[k], &mut i, decay_i);
            }
            let mut limits = [threshold; CHUNK];
            if ADAPTS {
                let rise = cells.rise.as_chunks::<CHUNK>().0[k];
                for lane in 0..CHUNK {
                    limits[lane] += scale * rise[lane];
                }
            }
            let next = integrated::<KIND>(v, &e, &i, plan);
            let mut spikes = go_on(v, until, &next, &limits, now);
            while spikes != 0 {
                let lane = spikes.trailing_zeros() as usize;
                (v[lane], until[lane]) = (reset, after);
                fired.push((CHUNK * k + lane) as u32);
                spikes &= spikes - 1;
            }
        }
    }
}

/// Values of cells that are looked at together. What is computed is copied first: loops over arrays that nothing else points to become
/// vector instructions.
type Lanes<T> = [T; CHUNK];

/// Let what decays go on, and take its new values.
#[inline(always)]
fn decay(slow: &mut Lanes<f32>, input: &mut Lanes<f32>, factor: f32) {
    let mut next = *slow;
    for lane in 0..CHUNK {
        next[lane] = factor * next[lane] + input[lane];
    }
    *slow = next;
    *input = next;
}

/// Potentials without refractory times and resets.
#[inline(always)]
fn integrated<const KIND: usize>(v: &Lanes<f32>, e: &Lanes<f32>, i: &Lanes<f32>, plan: &Cells) -> Lanes<f32> {
    let [leak, gain, drive, _, _, _, _, reversal_e, reversal_i, _] = plan.constants;
    let mut next = *v;
    for k in 0..CHUNK {
        next[k] = match KIND {
            0 => leak * next[k] + (e[k] - i[k]) + drive,
            1 => leak * next[k] + gain * (e[k] - i[k]) + drive,
            _ => {
                (next[k] + gain * (e[k] * reversal_e + i[k] * reversal_i + drive))
                    / (1.0 + gain * (1.0 + (e[k] + i[k])))
            }
        };
    }
    next
}

/// Hold cells that are refractory; a bit for each that reaches its limit.
#[inline(always)]
fn go_on(v: &mut Lanes<f32>, until: &Lanes<i32>, next: &Lanes<f32>, limits: &Lanes<f32>, step: i32) -> u64 {
    let (mut now, mut marks) = (*v, [0u32; CHUNK]);
    for k in 0..CHUNK {
        let free = mask(until[k] <= step);
        let value = f32::from_bits(chosen(free, next[k].to_bits(), now[k].to_bits()));
        marks[k] = free & mask(value >= limits[k]) & 1 << (k % 32);
        now[k] = value;
    }
    *v = now;
    let bits = |half: &[u32]| u64::from(half.iter().fold(0, |bits, mark| bits | mark));
    bits(&marks[..32]) | bits(&marks[32..]) << 32
}

/// All bits, or none.
#[inline(always)]
fn mask(yes: bool) -> u32 {
    u32::from(yes).wrapping_neg()
}

/// The bits of the first where the mask has them, those of the second elsewhere: a choice without a branch.
#[inline(always)]
fn chosen(mask: u32, first: u32, second: u32) -> u32 {
    (first & mask) | (second & !mask)
}
