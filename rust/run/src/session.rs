//! A network, ready to run.

use std::fs;
use std::path::Path;

use pysnn_core::clocked::{Array, Input, Options, Outputs, Program, Proof, Request, StateView};
use pysnn_core::exported::{Exported, Golden, Interface};
use pysnn_core::plan::{Body, Readout};
use pysnn_core::simd::Level;

use crate::arguments::Arguments;
use crate::fault::{Fault, Outcome};

/// A network, ready to run.
pub(crate) struct Session {
    pub(crate) interface: Interface,
    pub(crate) golden: Golden,
    pub(crate) program: Program,
    threads: usize,
    block: usize,
}

/// Where a stream stands.
#[derive(Default)]
pub(crate) struct Running {
    state: Option<Vec<(usize, Array)>>,
    /// Steps behind it.
    pub(crate) steps: u64,
    proof: Proof,
}

/// Read a network's file.
pub(crate) fn load(path: &Path) -> Outcome<Exported> {
    let bytes = fs::read(path).map_err(|error| Fault::file(path, error))?;
    Exported::from_bytes(&bytes).map_err(|error| Fault::file(path, error))
}

impl Session {
    /// Read the network of the command line, and check its golden run where that is asked for.
    pub(crate) fn open(arguments: &Arguments) -> Outcome<Self> {
        let Exported { plan, interface, golden, .. } = load(&arguments.network)?;
        let level = Level::named(arguments.simd.as_deref())?;
        let program = Program::new(plan, Options { counts: false, ..Options::from(level) })?;
        if arguments.verify {
            golden.verify(&program, &interface).map_err(|error| Fault::file(&arguments.network, error))?;
        }
        let there = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (threads, block) = (arguments.threads.unwrap_or(there), arguments.block.unwrap_or(0));
        Ok(Self { interface, golden, program, threads, block })
    }

    /// Steps of a run: those asked for, or those that the file is meant for.
    pub(crate) fn steps(&self, arguments: &Arguments) -> Outcome<usize> {
        arguments.steps.or(self.interface.about.steps).ok_or_else(|| {
            let file = arguments.network.display();
            Fault::Usage(format!("--steps: '{file}' does not say for how many time-steps it is meant; give --steps T"))
        })
    }

    /// Run samples from the start.
    pub(crate) fn run(&self, input: Input<'_>, batch: usize, steps: usize) -> Outcome<Vec<f32>> {
        Proof::default().cover(self.program.ops(), steps, None)?;
        let request = Request { threads: self.threads, block: self.block, ..request(input, batch, steps) };
        Ok(self.program.run(&request, &mut |_| true)?.scores)
    }

    /// Run one sample's next steps, from where it stands.
    pub(crate) fn advance(&self, input: Input<'_>, steps: usize, running: &mut Running) -> Outcome<Vec<f32>> {
        let views: Option<Vec<_>> =
            running.state.as_ref().map(|state| state.iter().map(|(op, array)| (*op, view(array))).collect());
        running.proof.cover(self.program.ops(), steps, views.as_deref())?;
        let request = Request { state: views, start: running.steps, keep_state: true, ..request(input, 1, steps) };
        let Outputs { scores, state, .. } = self.program.run(&request, &mut |_| true)?;
        running.state = Some(state);
        running.steps += steps as u64;
        Ok(scores)
    }

    /// The class that scores predict; -1 where nothing has spiked.
    pub(crate) fn prediction(&self, scores: &[f32]) -> i64 {
        let readout = match self.program.ops().last().map(|op| &op.body) {
            Some(Body::Output(output)) => output.readout,
            _ => Readout::MeanCurrent,
        };
        let (mut winner, mut highest) = (0, f32::NEG_INFINITY);
        for (class, &score) in scores.iter().enumerate() {
            if score > highest {
                (winner, highest) = (class as i64, score);
            }
        }
        match readout {
            Readout::Count if highest == 0.0 => -1,
            Readout::FirstSpike if highest == f32::NEG_INFINITY => -1,
            _ => winner,
        }
    }
}

fn request(input: Input<'_>, batch: usize, steps: usize) -> Request<'_> {
    Request {
        input,
        batch,
        steps,
        read_at: vec![steps],
        state: None,
        start: 0,
        threads: 1,
        block: 0,
        count: false,
        count_by_step: false,
        probe: false,
        keep_state: false,
        record_spikes: Vec::new(),
        record_potentials: Vec::new(),
    }
}

fn view(array: &Array) -> StateView<'_> {
    match array {
        Array::Real(values) => StateView::Real(values),
        Array::Integer(values) => StateView::Integer(values),
        Array::Long(values) => StateView::Long(values),
        Array::Bytes(values) => StateView::Bytes(values),
    }
}
