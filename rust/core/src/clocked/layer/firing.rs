//! Integrate and fire, 16 neurons at a time. A step waits for the one before it, but not for its neighbours': so chunks of neurons
//! that lie next to each other overlap in the processor.

use crate::clocked::synapses::current::{Current, LANES};
use crate::clocked::synapses::source::Rows;
use crate::neuron::{Constants, LeakStep, step, synapse};
use crate::plan::{Parameters, Step};

/// A neuron layer, ready to run: the constants of each channel, in whole chunks of 16.
#[derive(Debug)]
pub(crate) struct Firing<A> {
    /// A neuron fires where its potential is at least this.
    fire: Vec<A>,
    threshold: Vec<A>,
    reset: Vec<A>,
    leak: Vec<LeakStep<A>>,
    synapse: Vec<LeakStep<A>>,
    /// Chunks of 16 channels of a pixel's potentials.
    pub(crate) chunks: usize,
    pub(crate) v_init: Vec<A>,
    model: u8,
    subtract: bool,
}

/// Models, as a kernel is compiled for each.
const IF: u8 = 0;
const LIF: u8 = 1;
const CUBA_LIF: u8 = 2;

/// What neurons remember, `[pixel][chunk of channels]` each.
pub(crate) struct Kept<'a, A> {
    pub(crate) potential: &'a mut [[A; LANES]],
    /// Synaptic currents; empty where the model has none.
    pub(crate) synaptic: &'a mut [[A; LANES]],
}

impl<'a, A> Kept<'a, A> {
    /// Of a layer's memory: `chunks` chunks of potentials, then the synaptic currents.
    pub(crate) fn new(memory: &'a mut [[A; LANES]], chunks: usize) -> Self {
        let (potential, synaptic) = memory.split_at_mut(chunks);
        Self { potential, synaptic }
    }

    /// The first `chunks` chunks, and the rest.
    pub(crate) fn split(self, chunks: usize) -> (Self, Self) {
        let (potential, potential_rest) = self.potential.split_at_mut(chunks);
        let (synaptic, synaptic_rest) = self.synaptic.split_at_mut(chunks.min(self.synaptic.len()));
        (Self { potential, synaptic }, Self { potential: potential_rest, synaptic: synaptic_rest })
    }

    /// What lies from a chunk on.
    #[inline(always)]
    pub(crate) fn behind(&mut self, chunk: usize) -> Kept<'_, A> {
        let none = self.synaptic.len().min(chunk);
        Kept { potential: &mut self.potential[chunk..], synaptic: &mut self.synaptic[none..] }
    }
}

/// What one call works on: currents in, spikes out, and the potentials after each step where they are asked for.
pub(crate) struct Steps<'a, A, const N: usize, const P: usize> {
    pub(crate) current: &'a [[[A; N]; P]],
    pub(crate) spikes: &'a mut Rows<u8, N, P>,
    pub(crate) trace: Option<&'a mut Rows<A, N, P>>,
}

impl<A: Current> Firing<A> {
    pub(crate) fn new(parameters: &Parameters<A>, subtract: bool, strict: bool) -> Self {
        let channels = parameters.threshold.len();
        let padded = |values: &[A]| {
            let mut padded = values.to_vec();
            padded.resize(channels.next_multiple_of(LANES), A::default());
            padded
        };
        let threshold = padded(&parameters.threshold);
        let leaks = |decay: &[A], gain: &[A], drive: &[A]| -> Vec<LeakStep<A>> {
            let steps = padded(decay).into_iter().zip(padded(gain)).zip(padded(drive));
            steps.map(|((decay, gain), drive)| LeakStep { decay, gain, drive }).collect()
        };
        let own = &parameters.step;
        let leak = own.leak().map_or(Vec::new(), |leak| leaks(&leak.decay, &leak.gain, &leak.drive));
        Self {
            fire: if strict { threshold.iter().map(|&value| value.above()).collect() } else { threshold.clone() },
            threshold,
            reset: padded(&parameters.v_reset),
            model: match own {
                Step::If => IF,
                Step::Lif(_) => LIF,
                Step::CubaLif(..) => CUBA_LIF,
            },
            leak,
            synapse: own.synapse().map_or(Vec::new(), |own| leaks(&own.decay, &own.gain, &[])),
            chunks: channels.div_ceil(LANES),
            v_init: parameters.v_init.clone(),
            subtract,
        }
    }

    /// Integrate channels `block * N..` of the first `pixels` pixels, from what they remember.
    #[inline(always)]
    pub(crate) fn integrate<const N: usize, const P: usize>(
        &self,
        mut kept: Kept<'_, A>,
        [pixels, block]: [usize; 2],
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let own = N / LANES;
        for pixel in 0..pixels {
            for chunk in 0..own.min(self.chunks - block * own) {
                let number = block * own + chunk;
                let (at, place) = ([number, pixel * self.chunks + number], [pixel, chunk * LANES]);
                let own = &mut kept;
                match (self.model, self.subtract) {
                    (IF, true) => self.walk::<N, P, IF, true>(at, own, place, steps),
                    (IF, false) => self.walk::<N, P, IF, false>(at, own, place, steps),
                    (CUBA_LIF, true) => self.walk::<N, P, CUBA_LIF, true>(at, own, place, steps),
                    (CUBA_LIF, false) => self.walk::<N, P, CUBA_LIF, false>(at, own, place, steps),
                    (_, true) => self.walk::<N, P, LIF, true>(at, own, place, steps),
                    (_, false) => self.walk::<N, P, LIF, false>(at, own, place, steps),
                }
            }
        }
    }

    /// Integrate chunk `number` of a pixel's channels, which lies at `[pixel, begin]` of each row, and at `at` of what they remember.
    #[inline(always)]
    fn walk<const N: usize, const P: usize, const MODEL: u8, const SUBTRACT: bool>(
        &self,
        [number, at]: [usize; 2],
        kept: &mut Kept<'_, A>,
        [pixel, begin]: [usize; 2],
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let fire = chunk(&self.fire, number);
        let after = chunk(if SUBTRACT { &self.threshold } else { &self.reset }, number);
        let leak = if MODEL == IF { [LeakStep::default(); LANES] } else { chunk(&self.leak, number) };
        let inflow = if MODEL == CUBA_LIF { chunk(&self.synapse, number) } else { [LeakStep::default(); LANES] };
        let mut v = kept.potential[at];
        let mut synaptic = if MODEL == CUBA_LIF { kept.synaptic[at] } else { [A::default(); LANES] };
        for (number, row) in steps.current.iter().enumerate() {
            let row = &row[pixel][begin..begin + LANES];
            let mut spikes = [0; LANES];
            for i in 0..LANES {
                let own = Constants { fire: fire[i], after: after[i], leak: leak[i] };
                let current = if MODEL == CUBA_LIF {
                    synaptic[i] = synapse(synaptic[i], row[i], inflow[i]);
                    synaptic[i]
                } else {
                    row[i]
                };
                let after = match MODEL {
                    IF => step::<A, false, SUBTRACT>(v[i], current, own),
                    _ => step::<A, true, SUBTRACT>(v[i], current, own),
                };
                v[i] = after.potential;
                spikes[i] = u8::from(after.fires);
            }
            steps.spikes[number][pixel][begin..begin + LANES].copy_from_slice(&spikes);
            if let Some(trace) = &mut steps.trace {
                trace[number][pixel][begin..begin + LANES].copy_from_slice(&v);
            }
        }
        kept.potential[at] = v;
        if MODEL == CUBA_LIF {
            kept.synaptic[at] = synaptic;
        }
    }
}

/// The constants of a chunk of channels.
#[inline(always)]
fn chunk<T: Copy + Default>(constants: &[T], number: usize) -> [T; LANES] {
    constants[number * LANES..].first_chunk().copied().unwrap_or([T::default(); LANES])
}
