//! Where everything lies in the caller's two slices.

use crate::MAPS;
use crate::bytes::u32_at;
use crate::model::Model;
use crate::op::{Kind, Map, Op, word};

/// What a session takes: words for what is remembered and for currents, bytes for maps of counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Words of what operations remember; behind them are those of currents.
    pub(crate) kept: usize,
    /// Where words begin of the neurons of one pixel, of runs alone.
    pub(crate) pixel: usize,
    /// Where words begin of the places of maps.
    pub(crate) places: usize,
    pub(crate) words: usize,
    pub(crate) counts: usize,
    /// Steps that maps have room for.
    pub(crate) steps: usize,
    pub(crate) state_bytes: usize,
}

/// Words that an operation of a stream remembers.
pub(crate) fn kept(model: &Model<'_>, op: Op<'_>) -> usize {
    match op.kind() {
        Kind::Neuron => op.size() * (1 + op.word(word::STATES)),
        Kind::MaxPool => model.op(model.source(op, 0)).size(),
        Kind::Output => 2 * op.size(),
        _ => 0,
    }
}

/// Bytes of a count at all steps: a bit each where it is 0 or 1, a byte where it does not change.
pub(crate) fn stride(op: Op<'_>, steps: usize) -> usize {
    match op.most() {
        _ if op.is_static() => 1,
        1 => steps.div_ceil(8),
        _ => steps,
    }
}

/// Bytes of an operation's map of counts at all steps.
fn counts(op: Op<'_>, steps: usize) -> Option<usize> {
    if op.map() == Map::Count && op.kind() != Kind::Output { op.size().checked_mul(stride(op, steps)) } else { Some(0) }
}

/// Maps that are needed at the same time, at most.
const MOST: usize = 12;

/// A map that is still needed; one that ends at 0 is not.
#[derive(Clone, Copy, Default)]
struct Live {
    begin: usize,
    end: usize,
    last: usize,
}

impl Layout {
    /// That of a stream, or of runs; `None` where it takes more than there is.
    pub(crate) fn of(model: &Model<'_>, goes_on: bool) -> Option<Self> {
        let wanted = [8, 16].map(|at| u32_at(model.about(), at) as usize);
        let steps = if goes_on || model.window() > 0 { 1 } else { wanted[0].max(wanted[1]) };
        let (mut found, mut widest, mut deepest) = (Self { steps, ..Self::default() }, 0, 0);
        for number in 0..model.count() {
            let op = model.op(number);
            if goes_on || op.kind() == Kind::Output {
                found.kept = found.kept.checked_add(kept(model, op))?;
            }
            widest = widest.max(op.channels());
            deepest = deepest.max(model.depth(number, usize::MAX)?);
        }
        // Currents of one pixel for each operation that waits for another's.
        found.pixel = found.kept.checked_add(widest.checked_mul(deepest + 1)?)?;
        found.places = found.pixel.checked_add(if goes_on { 0 } else { 2 * widest })?;
        found.words = found.places.checked_add(model.count())?;
        found.counts = arrange(model, !goes_on, steps, &mut |_, _| {})?;
        found.state_bytes = found.kept.checked_mul(4)?.checked_add(56)?;
        let bytes = found.words.checked_mul(4)?.checked_add(found.counts)?;
        (bytes < usize::MAX / 4).then_some(found)
    }

    /// Bytes of a session.
    pub(crate) fn memory(&self) -> usize {
        4 * self.words + self.counts
    }
}

/// Find a place for each map of counts, which share them where their `shared` lives do not overlap; the bytes of all.
pub(crate) fn arrange(
    model: &Model<'_>,
    shared: bool,
    steps: usize,
    place: &mut dyn FnMut(usize, usize),
) -> Option<usize> {
    let (mut live, mut peak) = ([Live::default(); MOST], 0_usize);
    for number in 0..model.count() {
        let size = counts(model.op(number), steps)?;
        if !MAPS || !shared {
            place(number, peak);
            peak = peak.checked_add(size)?;
            continue;
        }
        if size == 0 {
            continue;
        }
        for map in &mut live {
            if map.last < number {
                map.end = 0;
            }
        }
        let (mut begin, mut end) = (0, size);
        while let Some(map) = live.iter().find(|map| map.begin < end && begin < map.end) {
            begin = map.end;
            end = begin.checked_add(size)?;
        }
        *live.iter_mut().find(|map| map.end == 0)? = Live { begin, end, last: last_use(model, number) };
        peak = peak.max(end);
        place(number, begin);
    }
    Some(peak)
}

/// The last operation that reads a map, itself or through currents; pictures stay.
fn last_use(model: &Model<'_>, number: usize) -> usize {
    if number == 0 {
        return usize::MAX;
    }
    let takes = |reader: &usize| {
        let op = model.op(*reader);
        (op.map() == Map::Count || op.kind() == Kind::Output) && reads(model, op, number)
    };
    (number + 1..model.count()).rev().find(takes).unwrap_or(number)
}

fn reads(model: &Model<'_>, op: Op<'_>, number: usize) -> bool {
    (0..op.sources()).map(|k| model.source(op, k)).any(|source| {
        let through = |op: Op<'_>| op.map() == Map::Current && reads(model, op, number);
        source == number || (source > number && through(model.op(source)))
    })
}
