//! Layers: currents from synapses and edges, and the neurons that integrate them, in one pass.

pub(crate) mod bands;
pub(crate) mod edges;
pub(crate) mod ending;
pub(crate) mod firing;
pub(crate) mod frame;
pub(crate) mod kinds;
pub(crate) mod levels;
pub(crate) mod pass;
pub(crate) mod share;
pub(crate) mod stages;
pub(crate) mod walks;
