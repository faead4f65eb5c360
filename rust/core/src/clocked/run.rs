//! A run: samples shared out to threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::buffers::zeros;
use super::choice::Used;
use super::control::{Poll, Shared, Watch};
use super::program::Program;
use super::request::{Array, COUNT_FIELDS, Outputs, Probe, Request, StateKind, state_kind, state_size};
use super::sample::Sample;
use crate::error::{Error, Kind, Result};
use crate::plan::Body;

/// How often the calling thread looks up while it waits for others.
const WAIT: Duration = Duration::from_millis(20);

/// What the workers of a run share.
struct Job<'a> {
    program: &'a Program,
    request: &'a Request<'a>,
    block: usize,
    outputs: &'a Mutex<Outputs>,
    used: Mutex<Vec<Used>>,
    shared: &'a Shared,
    next: AtomicUsize,
    busy: AtomicUsize,
}

impl Program {
    /// Run.
    ///
    /// `tick` is called on this thread about ten times a second with the number of samples done; the run stops when it
    /// says `false`.
    ///
    /// # Errors
    ///
    /// The request does not fit the plan, an integer current leaves its range, memory is short, or `tick` said stop.
    pub fn run(&self, request: &Request<'_>, tick: &mut dyn FnMut(usize) -> bool) -> Result<Outputs> {
        request.check(&self.ops)?;
        let outputs = Mutex::new(self.empty_outputs(request)?);
        let shared = Shared::default();
        let job = Job {
            program: self,
            request,
            block: self.layout.block(request.block, request.steps),
            outputs: &outputs,
            used: Mutex::new(vec![Used::default(); self.ops.len()]),
            shared: &shared,
            next: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        };
        job.run(tick)?;
        let used = job.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut outputs = outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
        outputs.kernels = self.kernels.iter().zip(used).map(|(event, used)| used.word(event)).collect();
        Ok(outputs)
    }

    fn empty_outputs(&self, request: &Request<'_>) -> Result<Outputs> {
        let (reads, batch, ops) = (request.read_at.len(), request.batch, &self.ops);
        let rows = |op: usize, leading: usize| leading.saturating_mul(batch).saturating_mul(ops[op].spec.shape.size());
        let mut outputs = Outputs {
            scores: zeros(rows(ops.len() - 1, reads))?,
            counts: zeros(reads.saturating_mul(ops.len() * COUNT_FIELDS))?,
            ..Outputs::default()
        };
        for (number, op) in ops.iter().enumerate() {
            if let Some(kind) = state_kind(ops, op) {
                outputs.state.push((number, array(kind, batch.saturating_mul(state_size(ops, op)))?));
            }
            if request.record_spikes.contains(&number) {
                outputs.spikes.push((number, zeros(rows(number, request.steps))?));
            }
            let (true, Some(kind)) = (matches!(op.body, Body::Neuron(_)), state_kind(ops, op)) else { continue };
            if request.record_potentials.contains(&number) {
                outputs.potentials.push((number, array(kind, rows(number, request.steps))?));
            }
            if request.probe {
                let size = rows(number, reads);
                let probe = Probe {
                    current_sum: zeros(size)?,
                    current_square_sum: zeros(size)?,
                    potential: array(kind, size)?,
                    spikes: zeros(size)?,
                };
                outputs.probes.push((number, probe));
            }
        }
        Ok(outputs)
    }
}

fn array(kind: StateKind, size: usize) -> Result<Array> {
    Ok(match kind {
        StateKind::Real => Array::Real(zeros(size)?),
        StateKind::Integer => Array::Integer(zeros(size)?),
        StateKind::Long => Array::Long(zeros(size)?),
    })
}

impl Job<'_> {
    fn run(&self, tick: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let poll = Poll::calling(self.shared, tick);
        let others = self.request.threads.min(self.request.batch) - 1;
        if others == 0 {
            return self.work(&poll);
        }
        let caller = thread::current();
        thread::scope(|scope| {
            let mut workers = Vec::new();
            for _ in 0..others {
                self.busy.fetch_add(1, Ordering::Relaxed);
                let caller = caller.clone();
                let worker = thread::Builder::new().spawn_scoped(scope, move || {
                    let leaving = Leaving { busy: &self.busy, caller };
                    let result = self.work(&Poll::silent(self.shared));
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
            let mut result = self.work(&poll);
            while self.busy.load(Ordering::Acquire) > 0 {
                thread::park_timeout(WAIT);
                result = worse(result, poll.check());
            }
            for worker in workers {
                let other = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                result = worse(result, other);
            }
            result
        })
    }

    /// Take samples until there are none.
    fn work(&self, poll: &dyn Watch) -> Result<()> {
        let result = self.samples(poll);
        if result.is_err() {
            self.shared.stopped.store(true, Ordering::Relaxed);
        }
        result
    }

    fn samples(&self, poll: &dyn Watch) -> Result<()> {
        let mut workspace = self.program.borrow_workspace();
        workspace.prepare(self.program, self.request, self.block)?;
        loop {
            let sample = self.next.fetch_add(1, Ordering::Relaxed);
            if sample >= self.request.batch {
                break;
            }
            poll.check()?;
            let workspace = &mut workspace;
            let (program, request, outputs) = (self.program, self.request, self.outputs);
            Sample { program, request, outputs, poll, workspace, number: sample }.run(self.block)?;
            self.shared.done.fetch_add(1, Ordering::Relaxed);
        }
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        for (sum, count) in outputs.counts.iter_mut().zip(&workspace.counts) {
            *sum = sum.wrapping_add(*count);
        }
        drop(outputs);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for (all, own) in used.iter_mut().zip(&workspace.used) {
            *all = all.or(*own);
        }
        drop(used);
        self.program.return_workspace(workspace);
        Ok(())
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

/// The error to report: one that says more than that the run was stopped.
fn worse(first: Result<()>, second: Result<()>) -> Result<()> {
    let says_more = |result: &Result<()>| result.as_ref().is_err_and(|error: &Error| error.kind() != Kind::Cancelled);
    if first.is_ok() || (!says_more(&first) && says_more(&second)) { second } else { first }
}
