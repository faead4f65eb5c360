//! A plan as bytes, and back: `docs/plan_format.md` defines every one of them.
//!
//! For each plan there is exactly one file, and [`Plan::from_bytes`](super::Plan::from_bytes) accepts no other.

mod bytes;
mod layout;
mod model;
mod read;
mod reader;
mod runs;
mod write;

pub use layout::VERSION;
