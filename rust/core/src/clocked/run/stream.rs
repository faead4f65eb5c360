//! Streams: a network that goes on from call to call, with what it remembers inside.

use std::mem;
use std::sync::{Arc, Mutex};

use crate::clocked::array::{Array, StateView};
use crate::clocked::limits::Proof;
use crate::clocked::request::{Input, Outputs, Request, state_kind, state_size};
use crate::clocked::run::program::{Program, array};
use crate::clocked::run::sample::Sample;
use crate::clocked::run::state::Memory;
use crate::clocked::run::workspace::Workspace;
use crate::error::{Error, Result};
use crate::threads::with_team;

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
    proof: Proof,
    /// A step has failed halfway: what is remembered is no state of the network.
    broken: bool,
}

/// Steps of a batch without anything that only a person reads.
fn request(input: Input<'_>, batch: usize, steps: usize, start: u64) -> Request<'_> {
    Request {
        input,
        batch,
        steps,
        read_at: vec![steps],
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
        let wanted = Request { state, ..request(Input::Constant(&[]), batch, 1, steps) };
        wanted.check_beginning(&compiled.ops)?;
        let mut workspace = Workspace::new(compiled);
        let memories =
            (0..batch).map(|sample| begun(&program, &mut workspace, &wanted, sample)).collect::<Result<_>>()?;
        Ok(Self { batch, steps, workspace, memories, proof: Proof::default(), broken: false, program })
    }

    /// Start again.
    ///
    /// # Errors
    ///
    /// Memory is short.
    pub fn restart(&mut self) -> Result<()> {
        let wanted = request(Input::Constant(&[]), self.batch, 1, 0);
        for memory in &mut self.memories {
            *memory = begun(&self.program, &mut self.workspace, &wanted, 0)?;
        }
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

    /// Take some steps, and return the scores behind them, `(batch, K)`.
    ///
    /// `tick` is as for [`Program::run`].
    ///
    /// # Errors
    ///
    /// The input does not fit, a potential could leave its range or has left it, or `tick` said stop. Behind the last two the stream ends.
    pub fn advance(&mut self, input: Input<'_>, steps: usize, tick: &mut dyn FnMut(usize) -> bool) -> Result<Vec<f32>> {
        self.check_whole()?;
        let request = request(input, self.batch, steps, self.steps);
        request.check(&self.program.compiled.ops)?;
        self.cover(steps)?;
        let scores = self.take(&request, tick);
        self.broken = scores.is_err();
        self.steps += steps as u64;
        scores
    }

    fn take(&mut self, request: &Request<'_>, tick: &mut dyn FnMut(usize) -> bool) -> Result<Vec<f32>> {
        let program = &self.program.compiled;
        let block = program.layout.block(0, request.steps);
        self.workspace.widen(program, block)?;
        let (outputs, mut scores) = (Mutex::new(Outputs::default()), Vec::new());
        with_team(1, tick, |team| {
            for (number, memory) in self.memories.iter_mut().enumerate() {
                let workspace = &mut self.workspace;
                mem::swap(&mut workspace.memory, memory);
                workspace.list.source = None;
                workspace.words.source = None;
                workspace.padded.source = None;
                workspace.reals.source = None;
                let (outputs, poll) = (&outputs, team.watch());
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
                scores.extend_from_slice(&workspace.scores);
            }
            Ok(scores)
        })
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
        let state = self.state()?;
        let views: Vec<_> = state.iter().map(|(op, array)| (*op, array.view())).collect();
        self.proof = Proof::new(&self.program.compiled.ops, steps, Some(&views))?;
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
