//! Programs, and their runs: samples shared out to threads.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::clocked::array::{Array, StateKind};
use crate::clocked::maps::buffers::zeros;
use crate::clocked::profile::PARTS;
use crate::clocked::program::compiled::{Compiled, Options};
use crate::clocked::request::{COUNT_FIELDS, Outputs, Probe, Request, state_kind, state_size};
use crate::clocked::run::sample::Sample;
use crate::clocked::run::tally::counts_steps;
use crate::clocked::run::workspace::Workspace;
use crate::clocked::synapses::choice::Used;
use crate::control::Watch;
use crate::error::{Error, Result};
use crate::plan::{Body, Op, Plan};
use crate::simd::Level;
use crate::threads::{Team, with_team};

/// A plan that can be run, many times and from several threads.
#[derive(Debug)]
pub struct Program {
    pub(crate) compiled: Compiled,
    /// Workspaces of earlier runs.
    idle: Mutex<Vec<Workspace>>,
}

/// What the workers of a run share.
struct Job<'a> {
    program: &'a Program,
    request: &'a Request<'a>,
    block: usize,
    outputs: &'a Mutex<Outputs>,
    used: Mutex<Vec<Used>>,
}

impl Program {
    /// Make a plan ready.
    ///
    /// # Errors
    ///
    /// The plan's maps need more memory than the engine asks for.
    pub fn new(plan: Plan, options: impl Into<Options>) -> Result<Self> {
        Ok(Self { compiled: Compiled::new(plan, options.into())?, idle: Mutex::new(Vec::new()) })
    }

    /// The SIMD level that it runs at.
    #[must_use]
    pub fn level(&self) -> Level {
        self.compiled.level
    }

    /// The operations, without their arrays.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.compiled.ops
    }

    /// A workspace of an earlier run, or a new one.
    fn borrow_workspace(&self) -> Workspace {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Workspace::new(&self.compiled))
    }

    /// Keep a workspace for the next run.
    fn return_workspace(&self, workspace: Workspace) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    }

    /// Run.
    ///
    /// `tick` is called on this thread about ten times a second with the number of samples done; the run stops when it
    /// says `false`.
    ///
    /// # Errors
    ///
    /// The request does not fit the plan, an integer current leaves its range, memory is short, or `tick` said stop.
    pub fn run(&self, request: &Request<'_>, tick: &mut dyn FnMut(usize) -> bool) -> Result<Outputs> {
        request.check(&self.compiled.ops)?;
        if request.count && !self.compiled.counts {
            return Err(Error::data("operations cannot be counted: the program was made without it"));
        }
        let outputs = Mutex::new(self.empty_outputs(request)?);
        let job = Job {
            program: self,
            request,
            block: self.compiled.layout.block(request.block, request.steps),
            outputs: &outputs,
            used: Mutex::new(vec![Used::default(); self.compiled.ops.len()]),
        };
        with_team(self.threads(request), tick, |team| job.run(team))?;
        let used = job.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut outputs = outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
        outputs.kernels = self.compiled.kernels.iter().zip(used).map(|(event, used)| used.word(event)).collect();
        Ok(outputs)
    }

    /// Threads that a run keeps busy: small ones are done before others have started.
    fn threads(&self, request: &Request<'_>) -> usize {
        let work = self.compiled.work.nanoseconds(request.batch, request.steps);
        request.threads.min(1 + (work / self.compiled.thread_work.max(1.0)) as usize)
    }

    fn empty_outputs(&self, request: &Request<'_>) -> Result<Outputs> {
        let (reads, batch, ops) = (request.read_at.len(), request.batch, &self.compiled.ops);
        let rows = |op: usize, leading: usize| leading.saturating_mul(batch).saturating_mul(ops[op].spec.shape.size());
        let mut outputs = Outputs {
            scores: zeros(rows(ops.len() - 1, reads))?,
            counts: zeros(reads.saturating_mul(ops.len() * COUNT_FIELDS))?,
            by_sample: zeros(if request.count { reads.saturating_mul(ops.len()).saturating_mul(batch) } else { 0 })?,
            profile: zeros(if request.profile { (ops.len() + 1) * PARTS.len() } else { 0 })?,
            ..Outputs::default()
        };
        for (number, op) in ops.iter().enumerate() {
            let given = |kind: &StateKind| request.keep_state || matches!(kind, StateKind::Real);
            if let Some(kind) = state_kind(ops, op).filter(given) {
                outputs.state.push((number, array(kind, batch.saturating_mul(state_size(ops, op)))?));
            }
            if counts_steps(&self.compiled, request, number) {
                outputs.by_step.push((number, zeros(request.steps.saturating_mul(op.spec.shape.size()))?));
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

/// Zeros of a kind of state.
pub(crate) fn array(kind: StateKind, size: usize) -> Result<Array> {
    Ok(match kind {
        StateKind::Real => Array::Real(zeros(size)?),
        StateKind::Integer => Array::Integer(zeros(size)?),
        StateKind::Long => Array::Long(zeros(size)?),
        StateKind::Bytes => Array::Bytes(zeros(size)?),
    })
}

impl Job<'_> {
    /// Each thread takes samples of its own. What is left over for less than half of them goes through one after the other,
    /// each shared by all threads.
    fn run(&self, team: &Team<'_>) -> Result<()> {
        let (batch, threads) = (self.request.batch, team.threads());
        // Each thread measures its own samples.
        let left = if self.request.profile { 0 } else { batch % threads };
        let apart = if threads > 1 && 2 * left <= threads { batch - left } else { batch };
        if apart > 0 {
            let next = AtomicUsize::new(0);
            let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&sample| sample < apart);
            team.together(&|watch| self.samples(iter::from_fn(take), watch, None))?;
        }
        if apart < batch { self.samples(apart..batch, team.watch(), Some(team)) } else { Ok(()) }
    }

    fn samples(&self, numbers: impl Iterator<Item = usize>, poll: &dyn Watch, team: Option<&Team<'_>>) -> Result<()> {
        let mut workspace = self.program.borrow_workspace();
        workspace.share_potentials(self.request.forgets_potentials(self.block));
        workspace.prepare(&self.program.compiled, self.request, self.block)?;
        for number in numbers {
            poll.check()?;
            let workspace = &mut workspace;
            let (program, request, outputs) = (&self.program.compiled, self.request, self.outputs);
            Sample { program, request, outputs, poll, team, workspace, number }.run(self.block)?;
            workspace.tally.close(program, request, self.block, outputs);
            poll.done();
        }
        workspace.tally.empty(&self.program.compiled, self.request, self.block, self.outputs);
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        for (sum, count) in outputs.counts.iter_mut().zip(&workspace.counts) {
            *sum = sum.wrapping_add(*count);
        }
        workspace.profile.add_to(&mut outputs.profile);
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
