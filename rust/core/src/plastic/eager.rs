//! The eager store: an arrival changes its row, a spike of a target changes its column.

mod columns;
pub(super) mod index;
mod rows;

pub(super) use columns::columns;
pub(super) use rows::rows;
