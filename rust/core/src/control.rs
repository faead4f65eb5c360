//! Stopping and progress: a flag that every worker looks at, and the caller's own function now and then.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How long the caller's function is not called, at least.
const INTERVAL: Duration = Duration::from_millis(100);

/// What all workers of a run share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    stopped: AtomicBool,
    done: AtomicUsize,
}

impl Shared {
    /// Have every worker stop.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// The caller's function: told how many samples are done, it says whether to go on.
pub(crate) type Tick<'a> = &'a mut dyn FnMut(usize) -> bool;

/// Says when a run is to stop.
pub(crate) trait Watch {
    /// An error if the run is to stop.
    fn check(&self) -> Result<()>;
    /// Say that another sample is done.
    fn done(&self);
}

/// The caller's function, and when it was called last.
struct Caller<'a> {
    last: Instant,
    tick: Tick<'a>,
}

/// One worker's look at the outside.
pub(crate) struct Poll<'a> {
    shared: &'a Shared,
    caller: Option<RefCell<Caller<'a>>>,
}

impl<'a> Poll<'a> {
    /// Of the worker that runs on the caller's thread.
    pub(crate) fn calling(shared: &'a Shared, tick: Tick<'a>) -> Self {
        Self { shared, caller: Some(RefCell::new(Caller { last: Instant::now(), tick })) }
    }

    /// Of another worker.
    pub(crate) fn silent(shared: &'a Shared) -> Self {
        Self { shared, caller: None }
    }
}

impl Watch for Poll<'_> {
    fn check(&self) -> Result<()> {
        if let Some(caller) = &self.caller {
            let Caller { last, tick } = &mut *caller.borrow_mut();
            if last.elapsed() >= INTERVAL {
                if !tick(self.shared.done.load(Ordering::Relaxed)) {
                    self.shared.stop();
                }
                *last = Instant::now();
            }
        }
        if self.shared.stopped.load(Ordering::Relaxed) { Err(Error::cancelled()) } else { Ok(()) }
    }

    fn done(&self) {
        self.shared.done.fetch_add(1, Ordering::Relaxed);
    }
}
