//! The synapses of a projection onto the cells of a tile, by source, and by target where post events change them at once.

use crate::error::{Error, Result};

use super::connect::Rows;
use super::eager::index::Columns;
use super::log::Log;
use super::plan::Projection;
use crate::pages::roomy;

/// A projection's part by target: synapses and traces.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Which projection.
    pub(super) wire: usize,
    pub(super) row: Vec<u32>,
    /// Targets, counted from the tile's first one.
    pub(super) to: Vec<u16>,
    pub(super) w: Vec<f32>,
    /// Eligibility, where the rule has one.
    pub(super) c: Vec<f32>,
    pub(super) columns: Columns,
    pub(super) log: Option<Log>,
    pub(super) y: Vec<f32>,
    pub(super) y2: Vec<f32>,
    /// The latest spike of each target (-1: none), where the rule asks for it.
    pub(super) last: Vec<i32>,
    /// Synapses passed by arrivals; plastic ones visited by an arrival, by a post event.
    pub(super) counts: [u64; 3],
    /// Of each target: how many synapses it has.
    pub(super) fan_in: Vec<u32>,
    /// Every source has one synapse onto every target.
    pub(super) dense: bool,
}

/// The targets of a tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) size: usize,
}

impl Block {
    /// Make the synapses of `sources` onto the targets of a tile.
    pub(super) fn new(
        wire: usize,
        plan: &Projection,
        [sources, targets]: [usize; 2],
        span: Span,
        lazy: bool,
    ) -> Result<Self> {
        let rows = Rows::new(plan, targets);
        let (row, count) = count(&rows, sources, span)?;
        let (mut to, mut w) = (roomy::<u16>(count), roomy::<f32>(count));
        let (mut all, mut weights) = (Vec::new(), Vec::new());
        for source in 0..sources {
            rows.targets(source, &mut all)?;
            rows.weights(source, all.len(), &mut weights);
            let here = within(&all, span);
            to.extend(all[here.clone()].iter().map(|&j| (j as usize - span.first) as u16));
            w.extend_from_slice(&weights[here]);
        }
        let mut fan_in = vec![0u32; span.size];
        for &j in &to {
            fan_in[j as usize] += 1;
        }
        let kernel = plan.kernel.as_ref();
        let sized = |there: bool| if there { span.size } else { 0 };
        let restricted = kernel.is_some_and(|kernel| kernel.restricted);
        let eager = kernel.is_some() && !lazy;
        Ok(Self {
            wire,
            columns: if eager { Columns::new(&row, &to, &fan_in) } else { Columns::default() },
            log: kernel.filter(|_| lazy).map(|kernel| Log::new(kernel, span.size)),
            c: if kernel.is_some_and(|kernel| kernel.c.is_some()) { vec![0.0; count] } else { Vec::new() },
            y: vec![0.0; sized(kernel.is_some())],
            y2: vec![0.0; sized(kernel.is_some_and(|kernel| kernel.y2.is_some()))],
            last: vec![-1; sized(restricted)],
            counts: [0; 3],
            dense: is_dense(&row, &to, span.size),
            row,
            to,
            w,
            fan_in,
        })
    }

    /// The places of a source's synapses.
    #[inline(always)]
    pub(super) fn at(&self, source: u32) -> std::ops::Range<usize> {
        self.row[source as usize] as usize..self.row[source as usize + 1] as usize
    }
}

/// Where the rows of a tile begin, and how many synapses it has.
fn count(rows: &Rows<'_>, sources: usize, span: Span) -> Result<(Vec<u32>, usize)> {
    let (mut row, mut all, mut count) = (Vec::with_capacity(sources + 1), Vec::new(), 0usize);
    row.push(0);
    for source in 0..sources {
        rows.targets(source, &mut all)?;
        count += within(&all, span).len();
        row.push(
            u32::try_from(count)
                .map_err(|_| Error::capacity("more than 2^32 synapses in one tile: expected smaller tiles"))?,
        );
    }
    Ok((row, count))
}

/// The part of ascending targets that lies in a tile.
fn within(targets: &[u32], span: Span) -> std::ops::Range<usize> {
    let below = |end: usize| targets.partition_point(|&j| (j as usize) < end);
    below(span.first)..below(span.first + span.size)
}

/// Whether every row has all targets, once each.
fn is_dense(row: &[u32], to: &[u16], targets: usize) -> bool {
    to.len() == (row.len() - 1) * targets
        && row.windows(2).all(|ends| (ends[1] - ends[0]) as usize == targets)
        && to.chunks(targets).all(|to| to.iter().enumerate().all(|(k, &j)| usize::from(j) == k))
}
