//! The one error type: a kind, which Python maps to an exception, and a sentence for a person.

use std::fmt;

/// What went wrong; each has an exception of the same name in `pysnn.errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plan is damaged, or asks for what the engine does not do.
    Plan,
    /// Data given to a run is wrong.
    Data,
    /// An integer current would leave the range that is held exactly.
    Range,
    /// More memory than the engine is willing to ask for.
    Capacity,
    /// A SIMD level is unknown or missing.
    Backend,
    /// A file is damaged, hostile, or from a newer version.
    FileFormat,
    /// The caller asked to stop.
    Cancelled,
    /// Something that a checked plan rules out: a bug of pysnn.
    Internal,
}

/// An error with the sentence that a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
}

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A plan that cannot be run.
    pub fn plan(message: impl Into<String>) -> Self {
        Self::new(Kind::Plan, message)
    }

    /// Wrong data for a run.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// A refused or failed request for memory.
    pub fn capacity(message: impl Into<String>) -> Self {
        Self::new(Kind::Capacity, message)
    }

    /// What cannot happen after the checks that were made: a bug, said as one, and never a wrong result.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, format!("an internal error of pysnn: {what}; please report it"))
    }

    /// The caller's wish to stop.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "cancelled")
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
