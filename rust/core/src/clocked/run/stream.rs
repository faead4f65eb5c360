//! Streams: a network that goes on from call to call, with what it remembers inside.

use std::mem;
use std::sync::{Arc, Mutex};

use crate::clocked::array::{Array, StateView};
use crate::clocked::limits::Proof;
use crate::clocked::maps::buffers::zeros;
use crate::clocked::request::{Input, Outputs, Request, state_kind, state_size};
use crate::clocked::run::program::{Program, array};
use crate::clocked::run::sample::Sample;
use crate::clocked::run::state::Memory;
use crate::clocked::run::workspace::Workspace;
use crate::control::{Poll, Shared};
use crate::error::{Error, Result};
use crate::plan::{MAX_BLOCK, Op};

/// A network that goes on step by step: the same spikes as one run of all the steps, and no array given or taken between them.
#[derive(Debug)]
pub struct Stream {
    program: Arc<Program>,
    batch: usize,
    /// Steps done.
    steps: u64,
    workspace: Workspace,
    /// What each sample remembers; the workspace has that of the one that runs.
    memories: Vec<Vec<Memory>>,
    /// Behind the last step, `(batch, K)`.
    scores: Vec<f32>,
    /// Room for the one read of a request.
    read_at: Vec<usize>,
    proof: Proof,
    /// A step has failed halfway: what is remembered is no state of the network.
    broken: bool,
}

/// Steps of a batch without anything that only a person reads.
fn request(input: Input<'_>, [batch, steps]: [usize; 2], start: u64, mut read_at: Vec<usize>) -> Request<'_> {
    read_at.clear();
    read_at.push(steps);
    Request {
        input,
        batch,
        steps,
        read_at,
        state: None,
        start,
        threads: 1,
        block: 0,
        count: false,
        count_by_step: false,
        probe: false,
        keep_state: true,
        record_spikes: Vec::new(),
        profile: false,
        record_potentials: Vec::new(),
    }
}

/// Bytes of what a network remembers of one sample.
#[must_use]
pub fn state_bytes(ops: &[Op]) -> usize {
    let of = |op| state_kind(ops, op).map_or(0, |kind| state_size(ops, op).saturating_mul(kind.bytes()));
    ops.iter().map(of).fold(0, usize::saturating_add)
}

/// Zeros in the form of what a network remembers of one sample, to be filled.
///
/// # Errors
///
/// Memory is short.
pub fn blank_state(ops: &[Op]) -> Result<Vec<(usize, Array)>> {
    let kinds = ops.iter().enumerate().filter_map(|(number, op)| state_kind(ops, op).map(|kind| (number, op, kind)));
    kinds.map(|(number, op, kind)| Ok((number, array(kind, state_size(ops, op))?))).collect()
}

/// What a sample remembers at its beginning.
fn begun(program: &Program, workspace: &mut Workspace, wanted: &Request<'_>, sample: usize) -> Result<Vec<Memory>> {
    let compiled = &program.compiled;
    workspace.prepare(compiled, wanted, compiled.layout.block(0, 1))?;
    workspace.begin(compiled, wanted, sample)?;
    Ok(mem::take(&mut workspace.memory))
}

impl Stream {
    /// Open a stream of a batch, from the start, or from a state and the steps behind it.
    ///
    /// # Errors
    ///
    /// The state is not one of this network and batch, or memory is short.
    pub fn new(program: Arc<Program>, batch: usize, state: Option<(Vec<(usize, StateView<'_>)>, u64)>) -> Result<Self> {
        let compiled = &program.compiled;
        let (state, steps) = state.map_or((None, 0), |(state, steps)| (Some(state), steps));
        let wanted = Request { state, ..request(Input::Constant(&[]), [batch, 1], steps, Vec::new()) };
        wanted.check_beginning(&compiled.ops)?;
        let mut workspace = Workspace::new(compiled);
        let memories =
            (0..batch).map(|sample| begun(&program, &mut workspace, &wanted, sample)).collect::<Result<_>>()?;
        let scores = zeros(batch.saturating_mul(compiled.ops.last().map_or(0, |op| op.spec.shape.size())))?;
        let read_at = Vec::with_capacity(1);
        Ok(Self { batch, steps, workspace, memories, scores, read_at, proof: Proof::default(), broken: false, program })
    }

    /// Make room for every step to come, whatever enters: from now on steps take no memory from the heap.
    ///
    /// # Errors
    ///
    /// Memory is short.
    pub fn make_room(&mut self) -> Result<()> {
        let compiled = &self.program.compiled;
        self.workspace.make_room(compiled, compiled.layout.block(0, MAX_BLOCK))
    }

    /// Start again.
    ///
    /// # Errors
    ///
    /// The network has nothing to remember where it must: a bug.
    pub fn restart(&mut self) -> Result<()> {
        let wanted = request(Input::Constant(&[]), [self.batch, 1], 0, mem::take(&mut self.read_at));
        let (compiled, workspace) = (&self.program.compiled, &mut self.workspace);
        for memory in &mut self.memories {
            mem::swap(&mut workspace.memory, memory);
            let begun = workspace.begin(compiled, &wanted, 0);
            mem::swap(&mut workspace.memory, memory);
            begun?;
        }
        self.read_at = wanted.read_at;
        (self.steps, self.proof, self.broken) = (0, Proof::default(), false);
        Ok(())
    }

    /// The program that it runs.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Samples.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Steps done so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The scores behind the last step, `(batch, K)`.
    #[must_use]
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Take some steps; behind them [`Self::scores`] has the scores.
    ///
    /// `tick` is as for [`Program::run`].
    ///
    /// # Errors
    ///
    /// The input does not fit, a potential could leave its range or has left it, or `tick` said stop. Behind the last two the stream ends.
    pub fn advance(&mut self, input: Input<'_>, steps: usize, tick: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        self.check_whole()?;
        let request = request(input, [self.batch, steps], self.steps, mem::take(&mut self.read_at));
        let mut done = request.check(&self.program.compiled.ops).and_then(|()| self.cover(steps));
        if done.is_ok() {
            done = self.take(&request, tick);
            self.broken = done.is_err();
            self.steps += steps as u64;
        }
        self.read_at = request.read_at;
        done
    }

    fn take(&mut self, request: &Request<'_>, tick: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let program = &self.program.compiled;
        let block = program.layout.block(0, request.steps);
        self.workspace.widen(program, block)?;
        let (outputs, shared) = (&Mutex::new(Outputs::default()), Shared::default());
        let poll = &Poll::calling(&shared, tick);
        let classes = self.scores.len() / self.batch;
        for (number, memory) in self.memories.iter_mut().enumerate() {
            let workspace = &mut self.workspace;
            mem::swap(&mut workspace.memory, memory);
            workspace.forget_inputs();
            let mut sample = Sample { program, request, outputs, poll, team: None, workspace, number };
            let advanced = sample.advance(block);
            mem::swap(&mut workspace.memory, memory);
            advanced?;
            if let Some(op) = memory.iter().position(|memory| !memory.is_finite()) {
                return Err(Error::data(format!(
                    "'{}': expected finite potentials, got one beyond float32; weights or data are too large",
                    program.ops[op].node
                )));
            }
            self.scores[number * classes..(number + 1) * classes].copy_from_slice(&workspace.scores);
        }
        Ok(())
    }

    fn check_whole(&self) -> Result<()> {
        if self.broken {
            Err(Error::data("the stream has ended: a step of it failed; open another one"))
        } else {
            Ok(())
        }
    }

    /// Prove that nothing leaves int32 in some more steps.
    fn cover(&mut self, steps: usize) -> Result<()> {
        if self.proof.spend(steps) {
            return Ok(());
        }
        let memories = &self.memories;
        let largest = |op: usize| memories.iter().map(|memory| memory[op].magnitude()).max();
        self.proof = Proof::new(&self.program.compiled.ops, steps, &largest)?;
        self.proof.spend(steps);
        Ok(())
    }

    /// What the network remembers, as a run gives it: of each operation that has a state `(batch, ...)`.
    ///
    /// # Errors
    ///
    /// A step has failed before, or memory is short.
    pub fn state(&self) -> Result<Vec<(usize, Array)>> {
        self.check_whole()?;
        let ops = &self.program.compiled.ops;
        let mut state = Vec::new();
        for (number, op) in ops.iter().enumerate() {
            let Some(kind) = state_kind(ops, op) else { continue };
            let size = state_size(ops, op);
            let mut values = array(kind, self.batch.saturating_mul(size))?;
            for (sample, memory) in self.memories.iter().enumerate() {
                memory[number].store(ops, op, &mut values, sample * size..(sample + 1) * size)?;
            }
            state.push((number, values));
        }
        Ok(state)
    }
}
