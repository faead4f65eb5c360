//! A layer: the sum of a convolution and other edges, and the neurons that integrate it, pixel by pixel.
//!
//! Conv, Add and Neuron operations that only feed each other are one layer: the currents of a pixel stay in a small
//! array from the first weight to the spikes.

use std::mem;

use crate::clocked::layer::bands::Band;
use crate::clocked::layer::edges::{Bound, Edge, Ratio, ScaleOf};
use crate::clocked::layer::ending::{Ending, Finish, Places, Run, Scratch};
use crate::clocked::layer::firing::Firing;
use crate::clocked::layer::frame::{Frame, Inputs};
use crate::clocked::maps::buffers::View;
use crate::clocked::maps::few::Few;
use crate::clocked::observe::seen::Observed;
use crate::clocked::profile::Part;
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::dense::{DenseRun, Packing};
use crate::clocked::synapses::packed::Packed;
use crate::clocked::synapses::reach::block_width;
use crate::clocked::synapses::scatter::Follow;
use crate::clocked::synapses::source::{Consumer, Group, OneStep, Silence, Source};
use crate::clocked::synapses::sparse::{Events, Groups};
use crate::control::Watch;
use crate::error::{Error, Result};
use crate::plan::{MAX_BLOCK, Shape};
use crate::simd::{Kernel, Level};

/// Conv, Add and Neuron operations that run as one.
#[derive(Debug)]
pub(crate) struct Layer<A: Synaptic> {
    pub(crate) shape: Shape,
    pub(crate) synapses: Option<Synapses<A>>,
    /// Of the convolution's currents, where they are in units of their own.
    pub(crate) ratio: Option<Ratio>,
    pub(crate) edges: Vec<Edge<A>>,
    pub(crate) firing: Option<Firing<A>>,
}

impl<A: Synaptic + ScaleOf> Layer<A> {
    /// Run a band over one block.
    pub(crate) fn run(&self, frame: Frame<'_>, band: Band<'_, A>, poll: &dyn Watch) -> Result<()> {
        let edges = self.edges.iter().map(|edge| edge.bind(frame.maps, frame.places, frame.steps));
        let edges = Few::collect(Bound::Plain(View::new(&[], 0, 0)), edges)?;
        let Band { rows: range, target, observed, profile, gathered: rows } = band;
        let observed = observed.map(Observed::bind).transpose()?;
        let sums = if matches!(frame.inputs, Inputs::All(_)) { Part::Dot } else { Part::Events };
        let weights = self.synapses.as_ref().map(|synapses| (synapses.geometry.op, sums));
        let run = Run { range, target, observed, profile, weights, poll, steps: frame.steps };
        let (ratio, firing) = (self.ratio.as_ref(), self.firing.as_ref());
        let ending = Ending { level: frame.level, shape: self.shape, ratio, firing, edges: edges.as_slice(), run };
        let job = Job { ending };
        match (&self.synapses, frame.inputs) {
            (Some(synapses), Inputs::Active(list)) if synapses.few(list, frame.steps) => {
                let follow = Follow { synapses, list, steps: frame.steps, room: A::sums(&mut rows.sums) };
                match &synapses.packed {
                    Packed::Joint(weights) => match synapses.geometry.reach.pixels {
                        4 => job.consume::<_, 16, 4>(follow.scatter(weights.rows::<64>())?),
                        2 => job.consume::<_, 32, 2>(follow.scatter(weights.rows::<64>())?),
                        _ => job.consume::<_, 64, 1>(follow.scatter(weights.rows::<64>())?),
                    },
                    Packed::Apart16(weights) => job.consume::<_, 16, 4>(follow.scatter(weights.rows::<16>())?),
                    Packed::Apart32(weights) => job.consume::<_, 32, 2>(follow.scatter(weights.rows::<32>())?),
                    Packed::Groups { .. } | Packed::Nothing => Err(no_events()),
                }
            }
            (Some(synapses), Inputs::Active(list)) => match &synapses.packed {
                Packed::Joint(weights) => {
                    let source = Events::<_, 64, 1> { synapses, weights, list, rows };
                    match synapses.geometry.reach.pixels {
                        4 => job.consume::<_, 16, 4>(source),
                        2 => job.consume::<_, 32, 2>(source),
                        _ => job.consume::<_, 64, 1>(source),
                    }
                }
                Packed::Apart16(weights) => {
                    job.consume::<_, 16, 4>(Events::<_, 16, 4> { synapses, weights, list, rows })
                }
                Packed::Apart32(weights) => {
                    job.consume::<_, 32, 2>(Events::<_, 32, 2> { synapses, weights, list, rows })
                }
                Packed::Groups { weights, targets, width } => {
                    let (width, mut sums) = (*width, mem::take(A::sums(&mut rows.sums)));
                    let source = Groups { synapses, weights, targets, width, list, rows: &mut *rows, sums: &mut sums };
                    let done = job.consume::<_, 64, 1>(source);
                    *A::sums(&mut rows.sums) = sums;
                    done
                }
                Packed::Nothing => Err(no_events()),
            },
            (Some(synapses), Inputs::All(counts)) => {
                let Some(dense) = &synapses.dense else {
                    return Err(Error::internal("dot products of a convolution that has none"));
                };
                let (geometry, bias) = (&synapses.geometry, &synapses.bias[..]);
                dense.run(Packing { geometry, bias, counts, room: &mut rows.windows }, job)
            }
            (None, _) if block_width(self.shape.channels) == 16 => job.consume::<_, 16, 4>(Silence),
            (None, _) => job.consume::<_, 64, 1>(Silence),
        }
    }
}

fn no_events() -> Error {
    Error::internal("events of a convolution that follows none")
}

/// A band of a layer over one block of steps, from any source.
struct Job<'a, A: Synaptic> {
    ending: Ending<'a, A>,
}

impl<A: Synaptic> Consumer<A> for Job<'_, A> {
    fn level(&self) -> Level {
        self.ending.level
    }

    fn consume<S: Source<A, N, P>, const N: usize, const P: usize>(self, source: S) -> Result<()> {
        self.ending.level.run(Pass::<A, S, N, P> { ending: self.ending, source })
    }

    fn consume_step<S: OneStep<A, N, P>, const N: usize, const P: usize>(self, source: S) -> Result<()> {
        self.ending.level.run(StepPass::<A, S, N, P> { ending: self.ending, source })
    }
}

/// One layer over one block: the body that every SIMD level compiles.
struct Pass<'a, A: Synaptic, S, const N: usize, const P: usize> {
    ending: Ending<'a, A>,
    source: S,
}

impl<A: Synaptic, S: Source<A, N, P>, const N: usize, const P: usize> Kernel for Pass<'_, A, S, N, P> {
    type Output = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let Self { mut ending, mut source } = self;
        let (level, shape, steps) = (ending.level, ending.shape, ending.run.steps);
        let blocks = shape.channels.div_ceil(N);
        let together = source.together(blocks);
        let mut scratch = Scratch::zeros();
        for first in (0..blocks).step_by(together) {
            let range = first..blocks.min(first + together);
            source.fetch(range.clone());
            for y in ending.run.range.clone() {
                ending.run.poll.check()?;
                for x in (0..shape.width).step_by(P) {
                    let group = Group { y, x, pixels: P.min(shape.width - x), steps };
                    source.begin(&group);
                    for block in range.clone() {
                        source.fill(&group, block, &mut scratch.current);
                        ending.run.summed();
                        let places = Places { first: y * shape.width + x, pixels: group.pixels, block };
                        let Scratch { current, spikes, potential } = &mut scratch;
                        let current = &mut current[..steps];
                        level.run(Finish { ending: &mut ending, places, current, spikes, potential });
                    }
                }
            }
        }
        Ok(())
    }
}

/// One layer at one step: a source gives the currents of many pixels at a time, in the room of many steps.
struct StepPass<'a, A: Synaptic, S, const N: usize, const P: usize> {
    ending: Ending<'a, A>,
    source: S,
}

impl<A: Synaptic, S: OneStep<A, N, P>, const N: usize, const P: usize> Kernel for StepPass<'_, A, S, N, P> {
    type Output = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let Self { mut ending, mut source } = self;
        let shape = ending.shape;
        let blocks = shape.channels.div_ceil(N);
        let together = source.together(blocks);
        let mut scratch = Scratch::zeros();
        let pixels = ending.run.range.start * shape.width..ending.run.range.end * shape.width;
        for first in (0..blocks).step_by(together) {
            for begin in pixels.clone().step_by(P * MAX_BLOCK) {
                ending.run.poll.check()?;
                let count = (P * MAX_BLOCK).min(pixels.end - begin);
                source.begin(begin, count);
                for block in first..blocks.min(first + together) {
                    source.fill(block, &mut scratch.current);
                    ending.run.summed();
                    ending.finish_step(Places { first: begin, pixels: count, block }, &mut scratch);
                }
            }
        }
        Ok(())
    }
}
