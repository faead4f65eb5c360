//! What is counted and read on the way: events, probes, the read-out.

pub(crate) mod count;
pub(crate) mod readout;
pub(crate) mod seen;
