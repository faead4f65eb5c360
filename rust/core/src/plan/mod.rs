//! Plans as the engine takes them: the twin of `pysnn/plan/ops.py`, with the same names.

mod check;
mod checked;
mod delivery;
mod fanout;
mod file;
mod map;
mod ops;
mod window;

pub use crate::neuron::model::{Constant, Fire, Leak, Model, Reset, ResetTime, Synapse};
pub use check::{MAX_MAP, MAX_MEMORY};
pub use checked::{Plan, Precision};
pub(crate) use delivery::{carrying, deliveries};
pub(crate) use fanout::Fanout;
pub use file::VERSION;
pub use map::{CURRENT_LIMIT, Coding, Kind, MAX_BLOCK, MAX_COUNT, MAX_DELAY, MapSpec, Shape};
pub use ops::{
    Body, Byte, Clamp, Conv, Delay, Dynamics, Entry, Gather, MaxPool, Neuron, Op, Output, Parameters, Pool, Readout,
    Round, Term, Weights, window,
};
pub(crate) use window::Taps;
pub use window::Window;
