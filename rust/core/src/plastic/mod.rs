//! Plastic networks: populations joined by sparse projections whose weights change while the network runs.
//!
//! `docs/stdp.md` has the order within a step; `pysnn/plastic/engines/reference.py` is its definition.

mod block;
mod cells;
mod check;
mod connect;
mod draw;
mod eager;
mod engine;
mod factor;
mod lazy;
mod log;
mod memory;
mod plan;
mod source;
mod state;
mod tile;
mod trace;
mod weights;
mod wire;

pub use engine::{Build, Engine, Part, Record};
pub use plan::{Cells, Change, Dependence, Kernel, Make, Plan, Population, Power, Projection, Recipe, Synapses, Table};
pub use state::{Array, Arrays};

#[cfg(test)]
mod tests;
