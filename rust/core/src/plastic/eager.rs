//! The eager store: an arrival changes its row, a spike of a target changes its column.

mod columns;
mod rows;

pub(super) use columns::{Columns, columns};
pub(super) use rows::rows;

use super::plan::Change;

/// Weights that stay in the cache of a core: nothing is fetched ahead.
const NEAR: usize = 1 << 19;
/// Of the next row and column, how much is fetched ahead at most.
const AHEAD_ROW: usize = 512;

/// Whether a change can only lower weights.
fn is_loss(change: &Change) -> bool {
    change.pair <= 0.0 && change.triplet <= 0.0 && change.offset == 0.0
}

/// Whether a change can only raise weights.
fn is_gain(change: &Change) -> bool {
    change.pair >= 0.0 && change.triplet >= 0.0 && change.offset == 0.0
}
