//! What went wrong, as the interface says it.

use pysnn_abi::{Error, Status};
use pysnn_core::error::{Error as Fault, Kind};

/// A status, and a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    message: String,
}

pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(Status::Argument, message)
    }

    /// The same with another status.
    pub(crate) fn with(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// As the caller reads it.
    pub(crate) fn error(&self) -> Error {
        Error::new(self.status, &[self.message.as_bytes()])
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind() {
            Kind::Plan => Status::Unsupported,
            Kind::Data => Status::Data,
            Kind::Range => Status::Range,
            Kind::Capacity => Status::Memory,
            Kind::FileFormat => Status::Format,
            Kind::Backend | Kind::Cancelled | Kind::Internal => Status::Internal,
        };
        Self::new(status, fault.message())
    }
}
