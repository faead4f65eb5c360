//! Neurons, 16 at a time. A step waits for the one before it, but not for its neighbours': so chunks of neurons that lie next to each
//! other overlap in the processor.

use crate::clocked::layer::kinds::{
    ALL_KINDS, BOX, CUBA_LAST, CUBA_LIF, IF, JUMP, LATE_CUBA, LATE_LIF, LIF, PLAIN_DIVIDED, Walk,
};
use crate::clocked::maps::transpose::to_chunks;
use crate::clocked::synapses::current::{Current, LANES};
use crate::clocked::synapses::source::Rows;
use crate::neuron::model::{CONSTANTS, Constant, Fire, Model, Reset, Synapse};
use crate::plan::{Parameters, Shape};

/// Chunks of real numbers that are integrated step by step together: each waits for its own step before, and that of a real number takes long.
const TOGETHER: usize = 4;

/// A value of 16 neighbouring channels.
pub(crate) type Chunk<A> = [A; LANES];

/// A neuron layer, ready to run: its constants in chunks, those of a pixel or, where each neuron has its own, of all pixels.
#[derive(Debug)]
pub(crate) struct Firing<A> {
    pub(crate) model: Model,
    /// Spikes of one neuron in one step, at most.
    pub(crate) most: u8,
    /// A neuron fires where its potential is at least this.
    pub(crate) fire: Vec<Chunk<A>>,
    pub(crate) threshold: Vec<Chunk<A>>,
    pub(crate) reset: Vec<Chunk<A>>,
    /// One over the threshold, where levels are divided by it.
    pub(crate) inverse: Vec<Chunk<f32>>,
    /// By the constant; those that the model has not are empty.
    constants: [Vec<Chunk<A>>; CONSTANTS],
    /// Chunks of 16 channels of a pixel's potentials.
    pub(crate) chunks: usize,
    pub(crate) v_init: Vec<Chunk<A>>,
    walk: Walk,
}

/// What neurons remember, `[pixel][chunk of channels]` each; empty where the model has it not.
pub(crate) struct Kept<'a, A> {
    pub(crate) potential: &'a mut [Chunk<A>],
    pub(crate) synaptic: &'a mut [Chunk<A>],
    /// What spikes have added to the threshold.
    pub(crate) rise: &'a mut [Chunk<A>],
    /// Steps left in which nothing is taken in.
    pub(crate) wait: &'a mut [Chunk<A>],
}

impl<'a, A> Kept<'a, A> {
    /// Of a layer's memory: `chunks` chunks of potentials, then as many of each of the others.
    pub(crate) fn new(memory: &'a mut [Chunk<A>], chunks: usize, model: &Model) -> Self {
        let part = |there: bool| if there { chunks } else { 0 };
        let (potential, rest) = memory.split_at_mut(chunks);
        let (synaptic, rest) = rest.split_at_mut(part(model.synapse != Synapse::None));
        let (rise, wait) = rest.split_at_mut(part(model.adaptive));
        Self { potential, synaptic, rise, wait }
    }

    /// Of neurons whose potentials nobody asks for.
    pub(crate) fn nothing() -> Self {
        Self { potential: &mut [], synaptic: &mut [], rise: &mut [], wait: &mut [] }
    }

    /// Whether nobody asks for them.
    pub(crate) fn is_nothing(&self) -> bool {
        self.potential.is_empty()
    }

    /// The first `chunks` chunks, and the rest.
    pub(crate) fn split(self, chunks: usize) -> (Self, Self) {
        let cut = |part: &'a mut [Chunk<A>]| part.split_at_mut(chunks.min(part.len()));
        let (potential, potentials) = cut(self.potential);
        let (synaptic, synaptics) = cut(self.synaptic);
        let (rise, rises) = cut(self.rise);
        let (wait, waits) = cut(self.wait);
        let rest = Self { potential: potentials, synaptic: synaptics, rise: rises, wait: waits };
        (Self { potential, synaptic, rise, wait }, rest)
    }

    /// What lies from a chunk on.
    #[inline(always)]
    pub(crate) fn behind(&mut self, chunk: usize) -> Kept<'_, A> {
        let [v, i, a, wait] = [self.potential.len(), self.synaptic.len(), self.rise.len(), self.wait.len()]
            .map(|length| length.min(chunk));
        Kept {
            potential: &mut self.potential[v..],
            synaptic: &mut self.synaptic[i..],
            rise: &mut self.rise[a..],
            wait: &mut self.wait[wait..],
        }
    }
}

/// What one call works on: currents in, spikes out, and the potentials after each step where they are asked for.
pub(crate) struct Steps<'a, A, const N: usize, const P: usize> {
    pub(crate) current: &'a [[[A; N]; P]],
    pub(crate) spikes: &'a mut Rows<u8, N, P>,
    pub(crate) trace: Option<&'a mut Rows<A, N, P>>,
}

/// Where a chunk of a pixel's channels is: its constants, what it remembers, and `[pixel][begin..]` of each row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spot {
    pub(crate) constants: usize,
    pub(crate) kept: usize,
    pub(crate) pixel: usize,
    pub(crate) begin: usize,
}

impl Spot {
    /// Its place in a row of pixels of `N` channels.
    #[inline(always)]
    fn at<const N: usize>(self) -> usize {
        self.pixel * N + self.begin
    }
}

impl<A: Current> Firing<A> {
    pub(crate) fn new(parameters: &Parameters<A>, model: Model, shape: Shape, most: u8) -> Self {
        let own = if model.per_neuron { shape } else { Shape::new(shape.channels, 1, 1) };
        let chunks = shape.channels.div_ceil(LANES);
        let chunked = |values: &[A]| {
            let mut target = vec![[A::default(); LANES]; own.pixels() * chunks];
            to_chunks(values, own, &mut target);
            target
        };
        let mut constants = [const { Vec::new() }; CONSTANTS];
        for (constant, values) in model.constants(A::INTEGER).into_iter().zip(&parameters.constants) {
            constants[constant as usize] = chunked(values);
        }
        let threshold = chunked(&parameters.threshold);
        let above = |chunk: &Chunk<A>| chunk.map(A::above);
        Self {
            model,
            most,
            fire: if model.strict { threshold.iter().map(above).collect() } else { threshold.clone() },
            inverse: if model.fire == Fire::Level {
                threshold.iter().map(|chunk| chunk.map(|it| 1.0 / it.single())).collect()
            } else {
                Vec::new()
            },
            threshold,
            reset: chunked(&parameters.v_reset),
            constants,
            chunks,
            v_init: chunked(&parameters.v_init),
            walk: Walk::of(&model),
        }
    }

    /// Whether potentials come out, not spikes.
    pub(crate) fn never(&self) -> bool {
        self.model.fire == Fire::Never
    }

    /// A constant of a chunk; zeros where the model has it not.
    #[inline(always)]
    pub(crate) fn constant(&self, constant: Constant, at: usize) -> Chunk<A> {
        chunk(&self.constants[constant as usize], at)
    }

    /// Integrate channels `block * N..` of some pixels, from what they remember; `first` is the number of the first pixel in the map.
    #[inline(always)]
    pub(crate) fn integrate<const N: usize, const P: usize>(
        &self,
        mut kept: Kept<'_, A>,
        [first, pixels, block]: [usize; 3],
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let own = (N / LANES).min(self.chunks - block * (N / LANES));
        let mut waiting = [Spot::default(); TOGETHER];
        let mut used = 0;
        for pixel in 0..pixels {
            let apart = if self.model.per_neuron { (first + pixel) * self.chunks } else { 0 };
            for chunk in 0..own {
                let number = block * (N / LANES) + chunk;
                let spot =
                    Spot { constants: apart + number, kept: pixel * self.chunks + number, pixel, begin: chunk * LANES };
                if A::INTEGER {
                    self.walk_one(spot, &mut kept, steps);
                } else {
                    waiting[used] = spot;
                    used += 1;
                    if used == TOGETHER {
                        self.walk_together(waiting, &mut kept, steps);
                        used = 0;
                    }
                }
            }
        }
        if !A::INTEGER {
            waiting[..used].iter().for_each(|&spot| self.walk_one(spot, &mut kept, steps));
        }
    }

    /// Integrate a chunk.
    #[inline(always)]
    fn walk_one<const N: usize, const P: usize>(
        &self,
        spot: Spot,
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A, N, P>,
    ) {
        match self.walk {
            Walk::Level => self.walk_level(spot, kept, steps),
            Walk::Any => self.walk_any(spot, kept, steps),
            _ => self.walk_together([spot], kept, steps),
        }
    }

    /// Integrate some chunks, step by step together where a kernel is compiled for the model.
    #[inline(always)]
    fn walk_together<const N: usize, const P: usize, const C: usize>(
        &self,
        spots: [Spot; C],
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A, N, P>,
    ) {
        match (self.walk, self.model.reset == Reset::Subtract) {
            (Walk::If, true) => self.walk::<N, P, C, IF, true>(spots, kept, steps),
            (Walk::If, false) => self.walk::<N, P, C, IF, false>(spots, kept, steps),
            (Walk::Lif, true) => self.walk::<N, P, C, LIF, true>(spots, kept, steps),
            (Walk::Lif, false) => self.walk::<N, P, C, LIF, false>(spots, kept, steps),
            (Walk::CubaLif, true) => self.walk::<N, P, C, CUBA_LIF, true>(spots, kept, steps),
            (Walk::CubaLif, false) => self.walk::<N, P, C, CUBA_LIF, false>(spots, kept, steps),
            (Walk::CubaLast, true) => self.walk::<N, P, C, CUBA_LAST, true>(spots, kept, steps),
            (Walk::CubaLast, false) => self.walk::<N, P, C, CUBA_LAST, false>(spots, kept, steps),
            (Walk::Level, _) => spots.iter().for_each(|&spot| self.walk_level(spot, kept, steps)),
            _ if A::INTEGER || self.walk == Walk::Any || !ALL_KINDS => {
                for &spot in &spots {
                    self.walk_any(spot, kept, steps);
                }
            }
            (Walk::LateLif, _) => self.walk::<N, P, C, LATE_LIF, true>(spots, kept, steps),
            (Walk::LateCuba, _) => self.walk::<N, P, C, LATE_CUBA, true>(spots, kept, steps),
            (Walk::PlainDivided, _) => self.walk::<N, P, C, PLAIN_DIVIDED, true>(spots, kept, steps),
            (Walk::Box, _) => self.walk::<N, P, C, BOX, false>(spots, kept, steps),
            _ => self.walk::<N, P, C, JUMP, false>(spots, kept, steps),
        }
    }

    /// Whether its potentials start a run, and are not what another run left.
    pub(crate) fn starts_afresh(&self) -> bool {
        self.walk == Walk::Level
    }
}

impl<A: Current, const N: usize, const P: usize> Steps<'_, A, N, P> {
    /// The currents of a chunk at a step.
    #[inline(always)]
    pub(crate) fn row(&self, number: usize, spot: Spot) -> Option<&Chunk<A>> {
        self.current[number].as_flattened().get(spot.at::<N>()..)?.first_chunk()
    }

    /// Write what a step of a chunk gives.
    #[inline(always)]
    pub(crate) fn put(&mut self, number: usize, spot: Spot, spikes: &Chunk<u8>, v: &Chunk<A>) {
        self.spikes[number].as_flattened_mut()[spot.at::<N>()..][..LANES].copy_from_slice(spikes);
        if let Some(trace) = &mut self.trace {
            trace[number].as_flattened_mut()[spot.at::<N>()..][..LANES].copy_from_slice(v);
        }
    }
}

/// A chunk of constants; defaults where there are none.
#[inline(always)]
pub(crate) fn chunk<T: Copy + Default>(constants: &[Chunk<T>], at: usize) -> Chunk<T> {
    constants.get(at).copied().unwrap_or([T::default(); LANES])
}
