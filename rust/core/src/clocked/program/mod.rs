//! A plan made ready: stages, and the memory of its maps.

pub(crate) mod compiled;
pub(crate) mod fuse;
pub(crate) mod layout;
pub(crate) mod stage;
