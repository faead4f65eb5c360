//! Neurons, 16 at a time. A step waits for the one before it, but not for its neighbours': so chunks of neurons that lie next to each
//! other overlap in the processor.

use crate::clocked::layer::kinds::{BOX, CUBA_LAST, CUBA_LIF, IF, JUMP, LATE_CUBA, LATE_LIF, LIF, PLAIN_DIVIDED, Walk};
use crate::clocked::maps::transpose::to_chunks;
use crate::clocked::synapses::current::{Current, LANES};
use crate::neuron::model::{CONSTANTS, Constant, Fire, Model, Reset, Synapse};
use crate::plan::{Parameters, Shape};
use crate::simd::Kernel;

/// Chunks of real numbers that are integrated step by step together: each waits for its own step before, and that of a real number takes long.
pub(crate) const TOGETHER: usize = 4;

/// A value of 16 neighbouring channels.
pub(crate) type Chunk<A> = [A; LANES];

/// A value of 64 neurons at one step: neighbouring pixels, in each of which some chunks lie side by side.
pub(crate) type Row<A> = [Chunk<A>; TOGETHER];

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

/// What one call works on: currents in, spikes out, and the potentials after each step where they are asked for. A pixel has `width` chunks of each row.
pub(crate) struct Steps<'a, A> {
    pub(crate) width: usize,
    pub(crate) current: &'a [Row<A>],
    pub(crate) spikes: &'a mut [Row<u8>],
    pub(crate) trace: Option<&'a mut [Row<A>]>,
}

/// Where a chunk of a pixel's channels is: its constants, what it remembers, and its place in each row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spot {
    pub(crate) constants: usize,
    pub(crate) kept: usize,
    pub(crate) place: usize,
}

impl<A: Current> Firing<A> {
    pub(crate) fn new(parameters: &Parameters<A>, model: Model, shape: Shape, most: u8) -> Self {
        let own = if model.per_neuron { shape } else { Shape::new(shape.channels, 1, 1) };
        let chunks = shape.channels.div_ceil(LANES);
        let padded = |values: &[A], padding: A| {
            let mut target = vec![[padding; LANES]; own.pixels() * chunks];
            to_chunks(values, own, &mut target);
            target
        };
        let chunked = |values: &[A]| padded(values, A::default());
        let mut constants = [const { Vec::new() }; CONSTANTS];
        for (constant, values) in model.constants(A::INTEGER).into_iter().zip(&parameters.constants) {
            // Lanes that are no neurons stay finite: what is divided by is 1 there.
            let padding = if matches!(constant, Constant::Tau) { A::whole(1) } else { A::default() };
            constants[constant as usize] = padded(values, padding);
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

    /// Integrate a block of channels of some pixels, from what they remember; `first` is the number of the first pixel in the map.
    #[inline(always)]
    fn integrate(&self, mut kept: Kept<'_, A>, [first, pixels, block]: [usize; 3], steps: &mut Steps<'_, A>) {
        let own = steps.width.min(self.chunks - block * steps.width);
        let mut waiting = [Spot::default(); TOGETHER];
        let mut used = 0;
        for pixel in 0..pixels {
            let apart = if self.model.per_neuron { (first + pixel) * self.chunks } else { 0 };
            for chunk in 0..own {
                let number = block * steps.width + chunk;
                let place = pixel * steps.width + chunk;
                let spot = Spot { constants: apart + number, kept: pixel * self.chunks + number, place };
                if A::INTEGER {
                    self.walk_together([spot], &mut kept, steps);
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
            waiting[..used].iter().for_each(|&spot| self.walk_together([spot], &mut kept, steps));
        }
    }

    /// Integrate some chunks, step by step together where a kernel is compiled for the model.
    #[inline(always)]
    fn walk_together<const C: usize>(&self, spots: [Spot; C], kept: &mut Kept<'_, A>, steps: &mut Steps<'_, A>) {
        match (self.walk, self.model.reset == Reset::Subtract) {
            (Walk::If, true) => self.walk::<C, IF, true>(spots, kept, steps),
            (Walk::If, false) => self.walk::<C, IF, false>(spots, kept, steps),
            (Walk::Lif, true) => self.walk::<C, LIF, true>(spots, kept, steps),
            (Walk::Lif, false) => self.walk::<C, LIF, false>(spots, kept, steps),
            (Walk::CubaLif, true) => self.walk::<C, CUBA_LIF, true>(spots, kept, steps),
            (Walk::CubaLif, false) => self.walk::<C, CUBA_LIF, false>(spots, kept, steps),
            (Walk::CubaLast, true) => self.walk::<C, CUBA_LAST, true>(spots, kept, steps),
            (Walk::CubaLast, false) => self.walk::<C, CUBA_LAST, false>(spots, kept, steps),
            (Walk::Level, _) => spots.iter().for_each(|&spot| self.walk_level(spot, kept, steps)),
            _ if A::INTEGER || self.walk == Walk::Any => {
                for &spot in &spots {
                    self.walk_any(spot, kept, steps);
                }
            }
            (Walk::LateLif, _) => self.walk::<C, LATE_LIF, true>(spots, kept, steps),
            (Walk::LateCuba, _) => self.walk::<C, LATE_CUBA, true>(spots, kept, steps),
            (Walk::PlainDivided, _) => self.walk::<C, PLAIN_DIVIDED, true>(spots, kept, steps),
            (Walk::Box, _) => self.walk::<C, BOX, false>(spots, kept, steps),
            _ => self.walk::<C, JUMP, false>(spots, kept, steps),
        }
    }

    /// Whether its potentials start a run, and are not what another run left.
    pub(crate) fn starts_afresh(&self) -> bool {
        self.walk == Walk::Level
    }
}

impl<A: Current> Steps<'_, A> {
    /// The currents of a chunk at a step.
    #[inline(always)]
    pub(crate) fn current(&self, number: usize, place: usize) -> &Chunk<A> {
        &self.current[number][place % TOGETHER]
    }

    /// Write what a step of a chunk gives.
    #[inline(always)]
    pub(crate) fn put(&mut self, number: usize, place: usize, spikes: &Chunk<u8>, v: &Chunk<A>) {
        self.spikes[number][place % TOGETHER] = *spikes;
        if let Some(trace) = &mut self.trace {
            trace[number][place % TOGETHER] = *v;
        }
    }
}

/// Integrate a block of channels of some pixels: one kernel, whatever the width of the block.
pub(crate) struct Integrate<'b, 'a, A: Current> {
    pub(crate) firing: &'b Firing<A>,
    pub(crate) kept: Kept<'b, A>,
    /// The number of the first pixel in the map, pixels, and the block.
    pub(crate) places: [usize; 3],
    pub(crate) steps: &'b mut Steps<'a, A>,
}

impl<A: Current> Kernel for Integrate<'_, '_, A> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.firing.integrate(self.kept, self.places, self.steps);
    }
}

/// A chunk of constants; defaults where there are none.
#[inline(always)]
pub(crate) fn chunk<T: Copy + Default>(constants: &[Chunk<T>], at: usize) -> Chunk<T> {
    constants.get(at).copied().unwrap_or([T::default(); LANES])
}
