//! An exported network: a plan or layers of single spikes, what its input means, and a run that every runtime must repeat.
//!
//! `docs/plan_format.md` defines every byte. A program without Python needs nothing else.

mod about;
mod bytes;
mod entering;
mod first_spike;
mod golden;
mod input;
mod layout;
mod read;

pub use about::{About, Encoding, Interface};
pub use entering::Entering;
pub use first_spike::{ExportedFirstSpike, FirstSpikeGolden, TimeCoding};
pub use golden::{Golden, GoldenInput, LayerSpikes};
pub use input::{Action, Operation, Preparation, Samples};
pub use layout::VERSION;
pub use read::{Exported, Network, other_version};
