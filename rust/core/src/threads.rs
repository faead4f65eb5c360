//! Threads that work together: on many samples, or on the parts of one.

use std::mem::transmute;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;
use std::{hint, iter};

use crate::control::{Poll, Shared, Tick, Watch};
use crate::error::{Error, Kind, Result};

/// How often the calling thread looks up while it waits for others.
const WAIT: Duration = Duration::from_millis(20);
/// Looks at what is awaited before a thread sleeps: a tenth of a millisecond or two, as the processor's pause has it. That is
/// longer than one thread is mostly busy alone between two shared works, and as long as it can take to wake a thread.
const LOOKS: usize = 4000;

/// What all threads of a team do at once, each with its own look at the outside.
type Work<'a> = dyn Fn(&dyn Watch) -> Result<()> + Sync + 'a;

/// The calling thread and others, from the start of a run to its end.
pub(crate) struct Team<'a> {
    workers: &'a Workers,
    poll: &'a dyn Watch,
    helpers: Vec<Thread>,
}

/// What its threads share.
struct Workers {
    shared: Shared,
    caller: Thread,
    /// Helpers look for work whenever this has changed.
    round: AtomicUsize,
    work: Mutex<Option<&'static Work<'static>>>,
    /// Helpers at work.
    busy: AtomicUsize,
    /// What they say of it.
    said: Mutex<Result<()>>,
    over: AtomicBool,
}

/// Do tasks `0..tasks`; give their results in this order.
///
/// `tick` is called on this thread about ten times a second with the number of tasks done, and says whether to go on.
/// Long tasks look at what they are given now and then.
///
/// # Errors
///
/// A task failed, or `tick` said stop.
pub(crate) fn share_out<T: Send>(
    tasks: usize,
    threads: usize,
    tick: Tick<'_>,
    work: impl Fn(usize, &dyn Watch) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    with_team(threads.min(tasks), tick, |team| {
        let done = Mutex::new((0..tasks).map(|_| None).collect::<Vec<_>>());
        team.each(tasks, |task, watch| {
            let result = work(task, watch)?;
            locked(&done)[task] = Some(result);
            watch.done();
            Ok(())
        })?;
        Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
    })
}

/// Give each part of a work to the thread of a team that comes to it first, or all of them to this one.
pub(crate) fn share<P: Send>(
    team: Option<&Team<'_>>,
    poll: &dyn Watch,
    parts: impl IntoIterator<Item = P>,
    work: impl Fn(P, &dyn Watch) -> Result<()> + Sync,
) -> Result<()> {
    let Some(team) = team else { return parts.into_iter().try_for_each(|part| work(part, poll)) };
    let parts: Vec<Mutex<Option<P>>> = parts.into_iter().map(|part| Mutex::new(Some(part))).collect();
    team.each(parts.len(), |number, poll| {
        let part = locked(&parts[number]).take();
        part.map_or_else(|| Err(Error::internal("a part of the work was given out twice")), |part| work(part, poll))
    })
}

/// Run with a team of `threads`, or of fewer where the system gives no more; `tick` is as for [`share_out`].
///
/// Its threads end with it: none is left that a fork of the process would miss.
pub(crate) fn with_team<T>(threads: usize, tick: Tick<'_>, run: impl FnOnce(&Team<'_>) -> Result<T>) -> Result<T> {
    let workers = &Workers {
        shared: Shared::default(),
        caller: thread::current(),
        round: AtomicUsize::new(0),
        work: Mutex::new(None),
        busy: AtomicUsize::new(0),
        said: Mutex::new(Ok(())),
        over: AtomicBool::new(false),
    };
    let poll = &Poll::calling(&workers.shared, tick);
    if threads <= 1 {
        return run(&Team { workers, poll, helpers: Vec::new() });
    }
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, || workers.help()).ok();
        let helpers = (1..threads).map_while(start).map(|helper| helper.thread().clone()).collect();
        run(&Team { workers, poll, helpers })
    })
}

impl<'a> Team<'a> {
    /// How many threads it has.
    pub(crate) fn threads(&self) -> usize {
        1 + self.helpers.len()
    }

    /// The calling thread's look at the outside.
    pub(crate) fn watch(&self) -> &'a dyn Watch {
        self.poll
    }

    /// Do tasks `0..tasks`, each on the thread that comes to it first.
    pub(crate) fn each(&self, tasks: usize, work: impl Fn(usize, &dyn Watch) -> Result<()> + Sync) -> Result<()> {
        let next = AtomicUsize::new(0);
        self.together(&|watch| {
            let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&task| task < tasks);
            iter::from_fn(take).try_for_each(|task| watch.check().and_then(|()| work(task, watch)))
        })
    }

    /// Call `work` on this thread and on every other that is free before this one is done.
    pub(crate) fn together(&self, work: &Work<'_>) -> Result<()> {
        let workers = self.workers;
        if self.helpers.is_empty() {
            return work(self.poll);
        }
        // SAFETY: only the lifetimes change. Helpers take the reference from `workers.work` and count themselves as busy under one
        // lock. `Open` takes it out under this lock and waits until none is busy, before this function returns or unwinds.
        let lasting = unsafe { transmute::<&Work<'_>, &'static Work<'static>>(work) };
        *locked(&workers.work) = Some(lasting);
        let open = Open(workers);
        workers.call(&self.helpers);
        let mut result = workers.stopping(work(self.poll));
        workers.close();
        while workers.is_busy() {
            thread::park_timeout(WAIT);
            result = worse(result, self.poll.check());
        }
        drop(open);
        worse(result, std::mem::replace(&mut *locked(&workers.said), Ok(())))
    }
}

impl Drop for Team<'_> {
    fn drop(&mut self) {
        self.workers.over.store(true, Ordering::Relaxed);
        self.workers.call(&self.helpers);
    }
}

impl Workers {
    /// Have helpers look for work.
    fn call(&self, helpers: &[Thread]) {
        self.round.fetch_add(1, Ordering::Release);
        helpers.iter().for_each(Thread::unpark);
    }

    /// Give no more work out.
    fn close(&self) {
        *locked(&self.work) = None;
    }

    /// Whether helpers are still at work, after some patience.
    fn is_busy(&self) -> bool {
        !patiently(|| self.busy.load(Ordering::Acquire) == 0)
    }

    /// A helper's life.
    fn help(&self) {
        let mut seen = 0;
        while !self.over.load(Ordering::Relaxed) {
            if !patiently(|| self.round.load(Ordering::Acquire) != seen) {
                thread::park();
                continue;
            }
            seen = self.round.load(Ordering::Acquire);
            let work = locked(&self.work);
            let Some(own) = *work else { continue };
            self.busy.fetch_add(1, Ordering::Relaxed);
            drop(work);
            let leaving = Leaving(self);
            let result = self.stopping(own(&Poll::silent(&self.shared)));
            let mut said = locked(&self.said);
            *said = worse(std::mem::replace(&mut *said, Ok(())), result);
            drop(said);
            drop(leaving);
        }
    }

    /// A result; if it is an error, nobody else need go on.
    fn stopping(&self, result: Result<()>) -> Result<()> {
        if result.is_err() {
            self.shared.stop();
        }
        result
    }
}

/// Work that helpers may still take or do: this waits for them, however the caller leaves.
struct Open<'a>(&'a Workers);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.close();
        while self.0.is_busy() {
            thread::park_timeout(WAIT);
        }
    }
}

/// Tells the caller that a helper is done, however it left.
struct Leaving<'a>(&'a Workers);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.shared.stop();
        }
        self.0.busy.fetch_sub(1, Ordering::Release);
        self.0.caller.unpark();
    }
}

/// Look some time for what comes soon; whether it came.
fn patiently(came: impl Fn() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        hint::spin_loop();
        came()
    })
}

/// Lock, also after a panic elsewhere: what is locked here is whole at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error to report: one that says more than that the run was stopped.
fn worse(first: Result<()>, second: Result<()>) -> Result<()> {
    let says_more = |result: &Result<()>| result.as_ref().is_err_and(|error: &Error| error.kind() != Kind::Cancelled);
    if first.is_ok() || (!says_more(&first) && says_more(&second)) { second } else { first }
}

#[cfg(test)]
mod tests;
