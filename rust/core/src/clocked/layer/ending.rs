//! What is behind the sums of a layer: edges, neurons, and what comes out, pixel by pixel.

use std::ops::Range;

use crate::clocked::layer::bands::Target;
use crate::clocked::layer::edges::{Along, Bound, Ratio};
use crate::clocked::layer::firing::{Firing, Integrate, Row, Steps};
use crate::clocked::observe::seen::Seen;
use crate::clocked::profile::{Part, Profile};
use crate::clocked::synapses::current::{Current, LANES};
use crate::clocked::synapses::source::Rows;
use crate::control::Watch;
use crate::plan::{MAX_BLOCK, Shape};
use crate::simd::{Kernel, Level};

/// Where a band lies, and where its results go.
pub(crate) struct Run<'a, A> {
    /// Rows of the map.
    pub(crate) range: Range<usize>,
    pub(crate) target: Target<'a, A>,
    pub(crate) observed: Option<Seen<'a, A>>,
    pub(crate) profile: Option<&'a mut Profile>,
    /// The operation with the weights, and what its sums are.
    pub(crate) weights: Option<(usize, Part)>,
    pub(crate) poll: &'a dyn Watch,
    pub(crate) steps: usize,
}

impl<A> Run<'_, A> {
    /// The sums of some pixels are there.
    #[inline(always)]
    pub(crate) fn summed(&mut self) {
        if let (Some(profile), Some((op, part))) = (&mut self.profile, self.weights) {
            profile.lap_of(op, part);
        }
    }

    #[inline(always)]
    fn lap(&mut self, part: Part) {
        if let Some(profile) = &mut self.profile {
            profile.lap(part);
        }
    }
}

/// `P` neighbouring pixels and one block of `N` channels, step by step: `P N` = 64, so that 64 neurons are integrated
/// side by side, whatever the width of the layer.
#[repr(align(64))]
pub(crate) struct Scratch<A, const N: usize, const P: usize> {
    pub(crate) current: Rows<A, N, P>,
    pub(crate) spikes: Rows<u8, N, P>,
    pub(crate) potential: Rows<A, N, P>,
}

impl<A: Current, const N: usize, const P: usize> Scratch<A, N, P> {
    #[inline(always)]
    pub(crate) fn zeros() -> Self {
        Self {
            current: [[[A::default(); N]; P]; MAX_BLOCK],
            spikes: [[[0; N]; P]; MAX_BLOCK],
            potential: [[[A::default(); N]; P]; MAX_BLOCK],
        }
    }
}

/// Neighbouring pixels of a map, and a block of channels.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    pub(crate) first: usize,
    pub(crate) pixels: usize,
    pub(crate) block: usize,
}

/// What is behind the sums of a layer.
pub(crate) struct Ending<'a, A: Current> {
    pub(crate) level: Level,
    pub(crate) shape: Shape,
    /// Of the sums, where they are in units of their own.
    pub(crate) ratio: Option<&'a Ratio>,
    pub(crate) firing: Option<&'a Firing<A>>,
    pub(crate) edges: &'a [Bound<'a, A>],
    pub(crate) run: Run<'a, A>,
}

impl<A: Current> Ending<'_, A> {
    /// The same for pixels at one step, `P` in each row: stage by stage for all of them, where only levels or currents come out.
    #[inline(always)]
    pub(crate) fn finish_step<const N: usize, const P: usize>(
        &mut self,
        Places { first, pixels, block }: Places,
        scratch: &mut Scratch<A, N, P>,
    ) {
        let alone = match &self.run.target {
            Target::Currents(_) => true,
            Target::Spikes(_, kept) => kept.is_nothing(),
            Target::Potentials(..) => false,
        };
        let rows = pixels.div_ceil(P);
        if !alone || self.run.observed.is_some() {
            for (number, current) in scratch.current[..rows].iter_mut().enumerate() {
                let places = Places { first: first + number * P, pixels: P.min(pixels - number * P), block };
                let (current, spikes, potential) =
                    (std::slice::from_mut(current), &mut scratch.spikes, &mut scratch.potential);
                self.level.run(Finish { ending: &mut *self, places, current, spikes, potential });
            }
            return;
        }
        let channels = self.shape.channels;
        let range = [block * N, N.min(channels - block * N)];
        let (current, spikes) = (&mut scratch.current[..rows], &mut scratch.spikes[..rows]);
        self.add_edges(Along::Pixels { first, pixels }, range, current);
        let at = (first - self.run.range.start * self.shape.width) * channels + range[0];
        match (&mut self.run.target, self.firing) {
            (Target::Currents(map), _) => {
                write(current.as_flattened()[..pixels].iter(), &mut map[at..], [channels, range[1]]);
            }
            (Target::Spikes(map, _), Some(firing)) => {
                firing.levels(block, current, spikes);
                if let Some(profile) = &mut self.run.profile {
                    profile.lap(Part::Neurons);
                }
                write(spikes.as_flattened()[..pixels].iter(), &mut map[at..], [channels, range[1]]);
            }
            _ => {}
        }
        self.run.lap(Part::Write);
    }

    /// Bring sums of channels `begin..begin + width` into the layer's unit, and add what else enters.
    #[inline(always)]
    fn add_edges<const N: usize, const P: usize>(
        &mut self,
        along: Along,
        range: [usize; 2],
        current: &mut [[[A; N]; P]],
    ) {
        if let Some(ratio) = self.ratio {
            ratio.apply(range[0], current);
        }
        for edge in self.edges {
            edge.add(along, range, current);
        }
        self.run.lap(Part::Edges);
    }
}

/// Add the edges to the currents of some pixels, integrate them, and write what comes out: one kernel behind all kinds of sums, so that
/// neurons are compiled once for each width.
pub(crate) struct Finish<'b, 'a, A: Current, const N: usize, const P: usize> {
    pub(crate) ending: &'b mut Ending<'a, A>,
    pub(crate) places: Places,
    pub(crate) current: &'b mut [[[A; N]; P]],
    pub(crate) spikes: &'b mut Rows<u8, N, P>,
    pub(crate) potential: &'b mut Rows<A, N, P>,
}

impl<A: Current, const N: usize, const P: usize> Kernel for Finish<'_, '_, A, N, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { ending, places: Places { first, pixels, block }, current, spikes, potential } = self;
        let channels = ending.shape.channels;
        let range = [block * N, N.min(channels - block * N)];
        let own = first - ending.run.range.start * ending.shape.width;
        let steps = current.len();
        ending.add_edges(Along::Steps { first, pixels }, range, current);
        if let (Target::Spikes(_, kept) | Target::Potentials(_, kept), Some(firing)) =
            (&mut ending.run.target, ending.firing)
        {
            let seen = ending.run.observed.is_some() || firing.never();
            let (spikes, trace) = (as_rows_mut(spikes), seen.then(|| as_rows_mut(potential)));
            let steps = &mut Steps { width: N / LANES, current: as_rows(current), spikes, trace };
            let kept = kept.behind(own * firing.chunks);
            ending.level.run(Integrate { firing, kept, places: [first, pixels, block], steps });
        }
        ending.run.lap(Part::Neurons);
        let place = [channels, range[1]];
        for number in 0..pixels {
            let at = (own + number) * steps * channels + range[0];
            match &mut ending.run.target {
                Target::Currents(map) => write(current.iter().map(|row| &row[number]), &mut map[at..], place),
                Target::Spikes(map, _) => write(spikes[..steps].iter().map(|row| &row[number]), &mut map[at..], place),
                Target::Potentials(map, _) => {
                    write(potential[..steps].iter().map(|row| &row[number]), &mut map[at..], place);
                }
            }
        }
        if let Some(observed) = &mut ending.run.observed {
            for number in 0..pixels {
                observed.see([first + number, number], range, current, potential);
            }
        }
        ending.run.lap(Part::Write);
    }
}

/// Steps as rows of chunks.
#[inline(always)]
fn as_rows<T, const N: usize, const P: usize>(steps: &[[[T; N]; P]]) -> &[Row<T>] {
    steps.as_flattened().as_flattened().as_chunks().0.as_chunks().0
}

/// The same, to write.
#[inline(always)]
fn as_rows_mut<T, const N: usize, const P: usize>(steps: &mut [[[T; N]; P]]) -> &mut [Row<T>] {
    steps.as_flattened_mut().as_flattened_mut().as_chunks_mut().0.as_chunks_mut().0
}

/// Write the first `width` values of rows, `stride` apart. Where rows fill the map, whole ones are written as long as there is room, since the next
/// ones overwrite their ends: copies of a length that is known are a move each, others a call.
#[inline(always)]
fn write<'a, T: Copy + 'a, const N: usize>(
    rows: impl ExactSizeIterator<Item = &'a [T; N]>,
    map: &mut [T],
    [stride, width]: [usize; 2],
) {
    if width == N {
        for (number, row) in rows.enumerate() {
            map[number * stride..number * stride + N].copy_from_slice(row);
        }
    } else if stride == width {
        let map = &mut map[..rows.len() * width];
        for (number, row) in rows.enumerate() {
            let rest = &mut map[number * width..];
            match rest.first_chunk_mut() {
                Some(room) => *room = *row,
                None => rest[..width].copy_from_slice(&row[..width]),
            }
        }
    } else {
        for (number, row) in rows.enumerate() {
            map[number * stride..number * stride + width].copy_from_slice(&row[..width]);
        }
    }
}
