//! Where everything lies in the caller's two slices.

use crate::model::Model;
use crate::op::{Kind, Map, Op, word};

/// What a session takes: words for what is remembered and for currents, bytes for maps of counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Words of what operations remember; behind them are those of currents.
    pub(crate) kept: usize,
    pub(crate) words: usize,
    pub(crate) counts: usize,
    pub(crate) state_bytes: usize,
}

/// Words that an operation remembers.
pub(crate) fn kept(model: &Model<'_>, op: &Op<'_>) -> usize {
    match op.kind {
        Kind::Neuron => op.shape.size() * (1 + op.word(word::STATES)),
        Kind::MaxPool => model.op(model.source(op, 0)).map_or(0, |source| source.shape.size()),
        Kind::Output => 2 * op.shape.size(),
        _ => 0,
    }
}

/// Bytes of an operation's map of counts.
pub(crate) fn counts(op: &Op<'_>) -> usize {
    if op.map == Map::Count && op.kind != Kind::Output { op.shape.size() } else { 0 }
}

impl Layout {
    pub(crate) fn of(model: &Model<'_>) -> Option<Self> {
        let (mut found, mut widest, mut deepest) = (Self::default(), 0, 0);
        for number in 0..model.count() {
            let op = model.op(number)?;
            found.kept = found.kept.checked_add(kept(model, &op))?;
            found.counts = found.counts.checked_add(counts(&op))?;
            widest = widest.max(op.shape.channels);
            deepest = deepest.max(model.depth(number, usize::MAX)?);
        }
        // Currents of one pixel for each operation that waits for another's.
        found.words = found.kept.checked_add(widest.checked_mul(deepest + 1)?)?;
        found.state_bytes = found.kept.checked_mul(4)?.checked_add(56)?;
        let bytes = found.words.checked_mul(4)?.checked_add(found.counts)?;
        (bytes < usize::MAX / 4).then_some(found)
    }

    /// Bytes of a session.
    pub(crate) fn memory(&self) -> usize {
        4 * self.words + self.counts
    }
}
