//! What a layer reads in one block.

use crate::clocked::maps::buffers::{Maps, Place};
use crate::clocked::synapses::dense::Counts;
use crate::clocked::synapses::events::ActiveList;
use crate::simd::Level;

/// A map as a kernel wants it.
#[derive(Clone, Copy)]
pub(crate) enum Inputs<'a> {
    /// Its active inputs.
    Active(&'a ActiveList),
    /// All of it.
    All(Counts<'a>),
}

/// What all bands of a layer read in one block.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) level: Level,
    pub(crate) inputs: Inputs<'a>,
    pub(crate) maps: &'a Maps,
    pub(crate) places: &'a [Place],
    pub(crate) steps: usize,
}
