//! Runs of a program: samples on threads, stage after stage; and streams, which go on from call to call.

pub(crate) mod blocks;
pub(crate) mod convolve;
pub(crate) mod count;
pub(crate) mod delay;
pub(crate) mod execute;
pub(crate) mod history;
pub(crate) mod keep;
pub(crate) mod program;
pub(crate) mod sample;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod tally;
pub(crate) mod walk;
pub(crate) mod workspace;
