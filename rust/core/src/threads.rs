//! Tasks shared out to threads: results come in the order of the tasks, whoever did them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::clocked::control::{Poll, Shared, Tick, Watch};
use crate::error::{Error, Kind, Result};

/// How often the calling thread looks up while it waits for others.
const WAIT: Duration = Duration::from_millis(20);

/// Do tasks `0 .. tasks`; give their results in this order.
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
    let shared = Shared::default();
    let job = Job { tasks, next: AtomicUsize::new(0), busy: AtomicUsize::new(0), shared: &shared, work: &work };
    let mut done = job.run(threads, &Poll::calling(&shared, tick))?;
    done.sort_unstable_by_key(|(task, _)| *task);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

struct Job<'a, W> {
    tasks: usize,
    next: AtomicUsize,
    busy: AtomicUsize,
    shared: &'a Shared,
    work: &'a W,
}

impl<W> Job<'_, W> {
    fn run<T: Send>(&self, threads: usize, poll: &Poll<'_>) -> Result<Vec<(usize, T)>>
    where
        W: Fn(usize, &dyn Watch) -> Result<T> + Sync,
    {
        let others = threads.min(self.tasks).saturating_sub(1);
        if others == 0 {
            return self.take(poll);
        }
        let caller = thread::current();
        thread::scope(|scope| {
            let mut workers = Vec::new();
            for _ in 0..others {
                self.busy.fetch_add(1, Ordering::Relaxed);
                let caller = caller.clone();
                let worker = thread::Builder::new().spawn_scoped(scope, move || {
                    let leaving = Leaving { busy: &self.busy, caller };
                    let result = self.take(&Poll::silent(self.shared));
                    drop(leaving);
                    result
                });
                match worker {
                    Ok(worker) => workers.push(worker),
                    // Fewer threads do the same work.
                    Err(_) => {
                        self.busy.fetch_sub(1, Ordering::Relaxed);
                    }
                }
            }
            let mut result = self.take(poll);
            while self.busy.load(Ordering::Acquire) > 0 {
                thread::park_timeout(WAIT);
                result = both(result, poll.check().map(|()| Vec::new()));
            }
            for worker in workers {
                let other = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                result = both(result, other);
            }
            result
        })
    }

    /// Do tasks until there are none.
    fn take<T>(&self, poll: &dyn Watch) -> Result<Vec<(usize, T)>>
    where
        W: Fn(usize, &dyn Watch) -> Result<T>,
    {
        let mut done = Vec::new();
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= self.tasks {
                return Ok(done);
            }
            let result = poll.check().and_then(|()| (self.work)(task, poll));
            match result {
                Ok(result) => done.push((task, result)),
                Err(error) => {
                    self.shared.stopped.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            self.shared.done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Tells the caller that a worker has left, however it left.
struct Leaving<'a> {
    busy: &'a AtomicUsize,
    caller: thread::Thread,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, Ordering::Release);
        self.caller.unpark();
    }
}

/// What both did, or the error that says more than that the work was stopped.
fn both<T>(first: Result<Vec<T>>, second: Result<Vec<T>>) -> Result<Vec<T>> {
    let says_more = |error: &Error| error.kind() != Kind::Cancelled;
    match (first, second) {
        (Ok(mut first), Ok(second)) => {
            first.extend(second);
            Ok(first)
        }
        (Err(first), Err(second)) if says_more(&second) && !says_more(&first) => Err(second),
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 7] {
            let done = share_out(100, threads, &mut |_| true, |task, _| Ok(task * 3)).unwrap();
            assert_eq!(done, (0..100).map(|task| task * 3).collect::<Vec<_>>());
        }
        assert_eq!(share_out(0, 4, &mut |_| true, |task, _| Ok(task)).unwrap(), Vec::<usize>::new());
    }

    #[test]
    fn the_error_of_a_task_is_given() {
        for threads in [1, 3] {
            let failed =
                share_out(
                    50,
                    threads,
                    &mut |_| true,
                    |task, _| {
                        if task == 20 { Err(Error::data("task 20")) } else { Ok(()) }
                    },
                );
            assert_eq!(failed.unwrap_err().message(), "task 20");
        }
    }

    #[test]
    fn the_caller_can_stop_it() {
        for threads in [1, 2] {
            let stopped = share_out(1000, threads, &mut |_| false, |_, _| {
                thread::sleep(Duration::from_millis(1));
                Ok(())
            });
            assert_eq!(stopped.unwrap_err().kind(), Kind::Cancelled);
        }
    }
}
