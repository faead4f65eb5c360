//! What went wrong.

use pysnn_abi::{Error, Status};

/// A status, a sentence, and the node that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault<'a> {
    /// What the caller's function returns.
    pub status: Status,
    what: &'static str,
    node: &'a str,
}

/// The result of everything that can fail here.
pub type Result<'a, T> = core::result::Result<T, Fault<'a>>;

impl<'a> Fault<'a> {
    /// A fault that is about no node.
    #[must_use]
    pub const fn new(status: Status, what: &'static str) -> Self {
        Self { status, what, node: "" }
    }

    pub(crate) fn damaged(what: &'static str) -> Self {
        Self::new(Status::Format, what)
    }

    pub(crate) fn at(self, node: &'a str) -> Self {
        Self { node, ..self }
    }

    /// As a caller in C reads it.
    #[must_use]
    pub fn error(&self) -> Error {
        if self.node.is_empty() {
            return Error::new(self.status, &[self.what]);
        }
        Error::new(self.status, &["node '", self.node, "': ", self.what])
    }
}
