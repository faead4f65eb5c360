//! Gradients by the weights of a layer with one site, row by row: the sums of a row stay in registers while all samples add to them.

#[cfg(target_arch = "x86_64")]
use super::avx512::add_row;
use super::blocks::{LANES, Lane};
use super::site::{Entry, Neurons};
use crate::error::Result;
#[cfg(target_arch = "x86_64")]
use crate::simd::Set;
use crate::simd::{Kernel, Level};
use crate::threads::{Team, share};

/// Rows of one task.
const ROWS: usize = 64;
/// Lanes that are summed together, at most.
const WIDEST: usize = 2;
/// Samples whose times and gradients are read again and again, row after row: what the first cache holds.
const SAMPLES: usize = 64;

/// A layer of ramps in the backward pass, in all samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dense<'a> {
    /// The times of the layer below, of each sample.
    pub(super) below: &'a [&'a [f32]],
    /// Times and gradients of the layer, of each sample: as `Back` takes them.
    pub(super) above: &'a [(&'a [f32], &'a [f32])],
    pub(super) columns: usize,
}

impl Dense<'_> {
    /// Add up the gradients by the weights, samples ascending: rows x columns, 0 before.
    pub(super) fn sum(self, level: Level, team: &Team<'_>, sums: &mut [f32]) -> Result<()> {
        if self.columns <= LANES { self.wide::<1>(level, team, sums) } else { self.wide::<WIDEST>(level, team, sums) }
    }

    fn wide<const M: usize>(self, level: Level, team: &Team<'_>, sums: &mut [f32]) -> Result<()> {
        let panels = self.panels::<M>();
        let parts = sums.chunks_mut(ROWS * self.columns).enumerate();
        share(Some(team), team.watch(), parts, |(number, sums), poll| {
            poll.check()?;
            let rows = Rows { dense: self, panels: &panels, first: number * ROWS, sums };
            match level.set() {
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => rows.run_avx512(),
                _ => level.run(rows),
            }
            Ok(())
        })
    }

    /// The layer's neurons, `M` lanes of them in all samples, then the next ones.
    fn panels<const M: usize>(self) -> Vec<Neurons<M>> {
        let width = M * LANES;
        let mut panels = Vec::with_capacity(self.columns.div_ceil(width) * self.above.len());
        for first in (0..self.columns).step_by(width) {
            let range = first..self.columns.min(first + width);
            for (times, gradient) in self.above {
                panels.push(Neurons::new(&times[range.clone()], &gradient[range.clone()]));
            }
        }
        panels
    }
}

/// Some rows of the weights.
struct Rows<'a, const M: usize> {
    dense: Dense<'a>,
    panels: &'a [Neurons<M>],
    first: usize,
    sums: &'a mut [f32],
}

impl<const M: usize> Rows<'_, M> {
    #[inline(always)]
    fn each(self, add: impl Fn(&mut [Lane; M], &[Neurons<M>], &[Entry])) {
        let Self { dense, panels, first, sums } = self;
        for (part, below) in dense.below.chunks(SAMPLES).enumerate() {
            let spikes = Spikes::new(below, first, sums.len() / dense.columns);
            for (number, panel) in panels.chunks_exact(dense.below.len()).enumerate() {
                let range = number * M * LANES..dense.columns.min((number + 1) * M * LANES);
                for (row, out) in sums.chunks_exact_mut(dense.columns).enumerate() {
                    let (panel, spikes, out) = (&panel[part * SAMPLES..], spikes.of(row), &mut out[range.clone()]);
                    if let Some(sums) = out.as_chunks_mut().0.first_chunk_mut() {
                        add(sums, panel, spikes);
                    } else {
                        let mut sums = [[0.0; LANES]; M];
                        sums.as_flattened_mut()[..out.len()].copy_from_slice(out);
                        add(&mut sums, panel, spikes);
                        out.copy_from_slice(&sums.as_flattened()[..out.len()]);
                    }
                }
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn run_avx512(self) {
        self.each(|sums, panel, spikes| {
            // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
            unsafe { add_row(sums, panel, spikes) };
        });
    }
}

impl<const M: usize> Kernel for Rows<'_, M> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.each(|sums, panel, spikes| {
            for spike in spikes {
                let Some(neurons) = panel.get(spike.sample as usize) else { break };
                neurons.add_ramps(spike.time, sums);
            }
        });
    }
}

/// The spikes of some rows, samples ascending.
struct Spikes {
    entries: Vec<Entry>,
    counts: [usize; ROWS],
    /// Entries from one row to the next. Rows do not begin at the same place of a page: they would push each other out of the cache.
    stride: usize,
}

impl Spikes {
    fn new(below: &[&[f32]], first: usize, rows: usize) -> Self {
        let stride = below.len() + 8;
        let (mut entries, mut counts) = (vec![Entry::default(); rows * stride], [0; ROWS]);
        for (sample, times) in below.iter().enumerate() {
            let lists = entries.chunks_exact_mut(stride).zip(&mut counts);
            for (&time, (entries, count)) in times[first..first + rows].iter().zip(lists) {
                entries[*count] = Entry { time, sample: sample as u32 };
                *count += usize::from(time < f32::INFINITY);
            }
        }
        Self { entries, counts, stride }
    }

    fn of(&self, row: usize) -> &[Entry] {
        &self.entries[row * self.stride..][..self.counts[row]]
    }
}
