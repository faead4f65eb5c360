//! One sample of a run.

use std::ops::Range;
use std::sync::Mutex;

use crate::clocked::program::compiled::Compiled;
use crate::clocked::request::{Outputs, Request};
use crate::clocked::run::workspace::Workspace;
use crate::control::Watch;
use crate::threads::Team;

/// One sample of a run, on one worker.
pub(crate) struct Sample<'a> {
    pub(crate) program: &'a Compiled,
    pub(crate) request: &'a Request<'a>,
    pub(crate) outputs: &'a Mutex<Outputs>,
    pub(crate) poll: &'a dyn Watch,
    /// Threads that share this sample, where it is not one thread's own.
    pub(crate) team: Option<&'a Team<'a>>,
    pub(crate) workspace: &'a mut Workspace,
    pub(crate) number: usize,
}

impl Sample<'_> {
    /// The range of this sample in an array `(…, batch, size)` whose leading index is `leading`.
    pub(crate) fn range(&self, leading: usize, size: usize) -> Range<usize> {
        let begin = (leading * self.request.batch + self.number) * size;
        begin..begin + size
    }
}
