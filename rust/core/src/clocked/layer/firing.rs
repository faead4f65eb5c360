//! Integrate and fire, 16 neurons at a time. A step waits for the one before it, but not for its neighbours': so chunks of neurons
//! that lie next to each other overlap in the processor.

use crate::clocked::synapses::current::{Current, LANES};
use crate::clocked::synapses::source::Rows;
use crate::neuron::{Constants, LeakStep, step};
use crate::plan::Parameters;

/// A neuron layer, ready to run: the constants of each channel, in whole chunks of 16.
#[derive(Debug)]
pub(crate) struct Firing<A> {
    /// A neuron fires where its potential is at least this.
    fire: Vec<A>,
    threshold: Vec<A>,
    reset: Vec<A>,
    leak: Vec<LeakStep<A>>,
    /// Chunks of 16 channels of a pixel's potentials.
    pub(crate) chunks: usize,
    pub(crate) v_init: Vec<A>,
    leaky: bool,
    subtract: bool,
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
        let leak = parameters.leak.as_ref().map_or(Vec::new(), |leak| {
            let (decay, gain, drive) = (padded(&leak.decay), padded(&leak.gain), padded(&leak.drive));
            let steps = decay.into_iter().zip(gain).zip(drive);
            steps.map(|((decay, gain), drive)| LeakStep { decay, gain, drive }).collect()
        });
        Self {
            fire: if strict { threshold.iter().map(|&value| value.above()).collect() } else { threshold.clone() },
            threshold,
            reset: padded(&parameters.v_reset),
            leaky: parameters.leak.is_some(),
            leak,
            chunks: channels.div_ceil(LANES),
            v_init: parameters.v_init.clone(),
            subtract,
        }
    }

    /// Integrate channels `block * N..` of the first `pixels` pixels, whose potentials are `[pixel][chunk]`.
    #[inline(always)]
    pub(crate) fn integrate<const N: usize, const P: usize>(
        &self,
        potentials: &mut [[A; LANES]],
        [pixels, block]: [usize; 2],
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let own = N / LANES;
        for pixel in 0..pixels {
            for chunk in 0..own.min(self.chunks - block * own) {
                let number = block * own + chunk;
                let (v, place) = (&mut potentials[pixel * self.chunks + number], [pixel, chunk * LANES]);
                match (self.leaky, self.subtract) {
                    (false, true) => self.walk::<N, P, false, true>(number, v, place, steps),
                    (false, false) => self.walk::<N, P, false, false>(number, v, place, steps),
                    (true, true) => self.walk::<N, P, true, true>(number, v, place, steps),
                    (true, false) => self.walk::<N, P, true, false>(number, v, place, steps),
                }
            }
        }
    }

    /// Integrate chunk `number` of a pixel's channels, which lies at `[pixel, begin]` of each row.
    #[inline(always)]
    fn walk<const N: usize, const P: usize, const LEAKY: bool, const SUBTRACT: bool>(
        &self,
        number: usize,
        potential: &mut [A; LANES],
        [pixel, begin]: [usize; 2],
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let fire = chunk(&self.fire, number);
        let after = chunk(if SUBTRACT { &self.threshold } else { &self.reset }, number);
        let leak = if LEAKY { chunk(&self.leak, number) } else { [LeakStep::default(); LANES] };
        let mut v = *potential;
        for (number, row) in steps.current.iter().enumerate() {
            let row = &row[pixel][begin..begin + LANES];
            let mut spikes = [0; LANES];
            for i in 0..LANES {
                let own = Constants { fire: fire[i], after: after[i], leak: leak[i] };
                let after = step::<A, LEAKY, SUBTRACT>(v[i], row[i], own);
                v[i] = after.potential;
                spikes[i] = u8::from(after.fires);
            }
            steps.spikes[number][pixel][begin..begin + LANES].copy_from_slice(&spikes);
            if let Some(trace) = &mut steps.trace {
                trace[number][pixel][begin..begin + LANES].copy_from_slice(&v);
            }
        }
        *potential = v;
    }
}

/// The constants of a chunk of channels.
#[inline(always)]
fn chunk<T: Copy + Default>(constants: &[T], number: usize) -> [T; LANES] {
    constants[number * LANES..].first_chunk().copied().unwrap_or([T::default(); LANES])
}
