//! What ends the program: a sentence and an exit code.

use std::fmt;
use std::io;
use std::path::Path;

use pysnn_core::error::Error;

/// Why it ends.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The command line: exit code 2.
    Usage(String),
    /// A file or data: exit code 1.
    Failed(String),
    /// Nobody reads stdout any more.
    ReaderLeft,
}

/// The result of all that can fail here.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }

    /// What went wrong with a file.
    pub(crate) fn file(path: &Path, what: impl fmt::Display) -> Self {
        Self::Failed(format!("'{}': {what}", path.display()))
    }

    /// What went wrong with stdout.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderLeft;
        }
        Self::Failed(format!("stdout: {error}"))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(formatter, "{what} (see pysnn-run --help)"),
            Self::Failed(what) => formatter.write_str(what),
            Self::ReaderLeft => Ok(()),
        }
    }
}
