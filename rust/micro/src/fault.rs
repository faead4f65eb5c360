//! What went wrong: small enough for two registers, so that checks cost little code. Names are looked up when a caller reads the message.

use pysnn_abi::{Error, Status};

use crate::model::Model;

/// A status and what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What the caller's function returns.
    pub status: Status,
    /// The sentence.
    pub text: &'static str,
}

/// A sentence, and the operation that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    what: &'static Sentence,
    /// The operation's number, from 1; 0: it is about none.
    op: u16,
}

/// The result of everything that can fail here.
pub type Result<T> = core::result::Result<T, Fault>;

impl Fault {
    /// A fault that is about no operation.
    #[must_use]
    pub const fn new(what: &'static Sentence) -> Self {
        Self { what, op: 0 }
    }

    pub(crate) fn at(self, number: usize) -> Self {
        Self { op: number as u16 + 1, ..self }
    }

    /// What the caller's function returns.
    #[must_use]
    pub fn status(self) -> Status {
        self.what.status
    }

    /// As a caller in C reads it; the model has the names.
    #[must_use]
    pub fn error(self, model: Option<&Model<'_>>) -> Error {
        let said = self.what.text.as_bytes();
        match model {
            Some(model) if self.op > 0 => {
                Error::new(self.status(), &[b"node '", model.name(usize::from(self.op) - 1), b"': ", said])
            }
            _ => Error::new(self.status(), &[said]),
        }
    }
}

/// A fault of a status, with a sentence that lies in the program once.
macro_rules! fault {
    ($status:ident, $text:expr) => {
        $crate::fault::Fault::new(
            const { &$crate::fault::Sentence { status: pysnn_abi::Status::$status, text: $text } },
        )
    };
}
pub(crate) use fault;
