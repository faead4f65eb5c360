//! A layer: the sum of a convolution and other edges, and the neurons that integrate it, pixel by pixel.
//!
//! Conv, Add and Neuron operations that only feed each other are one layer: the currents of a pixel stay in a small
//! array from the first weight to the spikes.

use std::ops::Range;

use crate::clocked::layer::bands::{Band, Target};
use crate::clocked::layer::edges::{Bound, Edge, Ratio, ScaleOf};
use crate::clocked::layer::firing::{Firing, Steps};
use crate::clocked::layer::frame::{Frame, Inputs};
use crate::clocked::observe::seen::{Observed, Seen};
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::dense::{DenseRun, Packing};
use crate::clocked::synapses::packed::Packed;
use crate::clocked::synapses::reach::block_width;
use crate::clocked::synapses::scatter::Scatter;
use crate::clocked::synapses::source::{Consumer, Group, Rows, Silence, Source};
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
        let edges: Vec<Bound<'_, A>> = edges.collect::<Result<_>>()?;
        let Band { rows: range, target, observed, gathered: rows } = band;
        let observed = observed.map(Observed::bind).transpose()?;
        let run = Run { range, target, observed, poll, steps: frame.steps };
        let job = Job { level: frame.level, layer: self, edges: &edges, run };
        match (&self.synapses, frame.inputs) {
            (Some(synapses), Inputs::Active(list)) if synapses.few(list, frame.steps) => match &synapses.packed {
                Packed::Joint(weights) => match synapses.geometry.reach.pixels {
                    4 => job.consume::<_, 16, 4>(Scatter::new(synapses, weights.rows::<64>(), list)),
                    2 => job.consume::<_, 32, 2>(Scatter::new(synapses, weights.rows::<64>(), list)),
                    _ => job.consume::<_, 64, 1>(Scatter::new(synapses, weights.rows::<64>(), list)),
                },
                Packed::Apart16(weights) => {
                    job.consume::<_, 16, 4>(Scatter::new(synapses, weights.rows::<16>(), list))
                }
                Packed::Apart32(weights) => {
                    job.consume::<_, 32, 2>(Scatter::new(synapses, weights.rows::<32>(), list))
                }
                Packed::Groups { .. } => Err(Error::internal("few events of a convolution with groups")),
            },
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
                    let (width, sums) = (*width, Vec::new());
                    job.consume::<_, 64, 1>(Groups { synapses, weights, targets, width, list, rows, sums })
                }
            },
            (Some(synapses), Inputs::Words(words)) => {
                let Some(dense) = &synapses.dense else {
                    return Err(Error::internal("dot products of a convolution that has none"));
                };
                dense.run(&Packing { geometry: &synapses.geometry, bias: &synapses.bias, words }, job)
            }
            (None, _) if block_width(self.shape.channels) == 16 => job.consume::<_, 16, 4>(Silence),
            (None, _) => job.consume::<_, 64, 1>(Silence),
        }
    }
}

/// Where a band lies, and where its results go.
struct Run<'a, A> {
    /// Rows of the map.
    range: Range<usize>,
    target: Target<'a, A>,
    observed: Option<Seen<'a, A>>,
    poll: &'a dyn Watch,
    steps: usize,
}

/// A band of a layer over one block of steps, from any source.
struct Job<'a, A: Synaptic> {
    level: Level,
    layer: &'a Layer<A>,
    edges: &'a [Bound<'a, A>],
    run: Run<'a, A>,
}

impl<A: Synaptic> Consumer<A> for Job<'_, A> {
    fn level(&self) -> Level {
        self.level
    }

    fn consume<S: Source<A, N, P>, const N: usize, const P: usize>(self, source: S) -> Result<()> {
        self.level.run(Pass::<A, S, N, P> { layer: self.layer, edges: self.edges, source, run: self.run })
    }
}

/// `P` neighbouring pixels and one block of `N` channels, step by step: `P N` = 64, so that 64 neurons are integrated
/// side by side, whatever the width of the layer.
#[repr(align(64))]
struct Scratch<A, const N: usize, const P: usize> {
    current: Rows<A, N, P>,
    spikes: Rows<u8, N, P>,
    potential: Rows<A, N, P>,
}

/// One layer over one block: the body that every SIMD level compiles.
struct Pass<'a, A: Synaptic, S, const N: usize, const P: usize> {
    layer: &'a Layer<A>,
    edges: &'a [Bound<'a, A>],
    source: S,
    run: Run<'a, A>,
}

impl<A: Synaptic, S: Source<A, N, P>, const N: usize, const P: usize> Kernel for Pass<'_, A, S, N, P> {
    type Output = Result<()>;

    #[inline(always)]
    fn run(mut self) -> Result<()> {
        let shape = self.layer.shape;
        let blocks = shape.channels.div_ceil(N);
        let together = self.source.together(blocks);
        let mut scratch = Scratch {
            current: [[[A::default(); N]; P]; MAX_BLOCK],
            spikes: [[[0; N]; P]; MAX_BLOCK],
            potential: [[[A::default(); N]; P]; MAX_BLOCK],
        };
        for first in (0..blocks).step_by(together) {
            for y in self.run.range.clone() {
                self.run.poll.check()?;
                for x in (0..shape.width).step_by(P) {
                    let group = Group { y, x, pixels: P.min(shape.width - x), steps: self.run.steps };
                    self.source.begin(&group);
                    for block in first..blocks.min(first + together) {
                        self.source.fill(&group, block, &mut scratch.current);
                        self.finish(&group, block, &mut scratch);
                    }
                }
            }
        }
        Ok(())
    }
}

impl<A: Synaptic, S, const N: usize, const P: usize> Pass<'_, A, S, N, P> {
    /// Add the edges to the currents of some pixels, integrate them, and write what comes out.
    #[inline(always)]
    fn finish(&mut self, group: &Group, block: usize, scratch: &mut Scratch<A, N, P>) {
        let channels = self.layer.shape.channels;
        let range = [block * N, N.min(channels - block * N)];
        let first = group.y * self.layer.shape.width + group.x;
        let own = first - self.run.range.start * self.layer.shape.width;
        let current = &mut scratch.current[..group.steps];
        if let Some(ratio) = &self.layer.ratio {
            ratio.apply(range[0], current);
        }
        for edge in self.edges {
            edge.add([first, group.pixels], range, current);
        }
        if let (Target::Spikes(_, kept) | Target::Potentials(_, kept), Some(firing)) =
            (&mut self.run.target, &self.layer.firing)
        {
            let seen = self.run.observed.is_some() || firing.never();
            let mut steps =
                Steps { current, spikes: &mut scratch.spikes, trace: seen.then_some(&mut scratch.potential) };
            let kept = kept.behind(own * firing.chunks);
            firing.integrate(kept, [first, group.pixels, block], &mut steps);
        }
        for number in 0..group.pixels {
            let at = (own + number) * group.steps * channels + range[0];
            match &mut self.run.target {
                Target::Currents(map) => write_rows(current, number, &mut map[at..], [channels, range[1]]),
                Target::Spikes(map, _) => {
                    let spikes = &scratch.spikes[..group.steps];
                    write_rows(spikes, number, &mut map[at..], [channels, range[1]]);
                }
                Target::Potentials(map, _) => {
                    let potentials = &scratch.potential[..group.steps];
                    write_rows(potentials, number, &mut map[at..], [channels, range[1]]);
                }
            }
            if let Some(observed) = &mut self.run.observed {
                observed.see([first + number, number], range, current, &scratch.potential);
            }
        }
    }
}

/// Write the first `width` values of a pixel at each step, `stride` apart.
#[inline(always)]
fn write_rows<T: Copy, const N: usize, const P: usize>(
    rows: &[[[T; N]; P]],
    number: usize,
    map: &mut [T],
    [stride, width]: [usize; 2],
) {
    if width == N {
        for (step, row) in rows.iter().enumerate() {
            map[step * stride..step * stride + N].copy_from_slice(&row[number]);
        }
    } else {
        for (step, row) in rows.iter().enumerate() {
            map[step * stride..step * stride + width].copy_from_slice(&row[number][..width]);
        }
    }
}
