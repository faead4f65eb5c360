//! The bytes of a `.psnn` file: a strict subset of safetensors, defined in `docs/psnn_format.md`.
//!
//! For each graph and set of tensors there is exactly one file, and [`read`] accepts no other. It never panics, and
//! allocates in proportion to the header that it was given, which is at most [`MAX_HEADER`] bytes.

mod container;
mod cursor;
mod format;
mod header;
#[cfg(test)]
mod tests;

pub use container::{Container, Dtype, Tensor, read};
pub use format::{ALIGNMENT, FORMAT_VERSION, MAX_HEADER, MAX_RANK};
