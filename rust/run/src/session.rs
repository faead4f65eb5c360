//! A network, ready to run.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pysnn_core::clocked::{Input, Options, Program, Request, Stream, check_potentials};
use pysnn_core::exported::{Exported, Golden, Interface, Network};
use pysnn_core::plan::{Body, Readout};
use pysnn_core::simd::Level;

use crate::arguments::{Arguments, Command};
use crate::fault::{Fault, Outcome};

/// A network, ready to run.
pub(crate) struct Session {
    pub(crate) interface: Interface,
    /// The golden run, where it is checked or timed: others have its memory.
    pub(crate) golden: Option<Golden>,
    pub(crate) program: Arc<Program>,
    threads: usize,
    block: usize,
}

/// Read a network's file.
pub(crate) fn load(path: &Path) -> Outcome<Network> {
    let bytes = fs::read(path).map_err(|error| Fault::file(path, error))?;
    Network::from_bytes(&bytes).map_err(|error| Fault::file(path, error))
}

/// Threads of a run: those asked for, or as many as there are.
pub(crate) fn threads(arguments: &Arguments) -> usize {
    arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

impl Session {
    /// Make the network of the command line ready, and check its golden run where that is asked for.
    pub(crate) fn open(arguments: &Arguments, network: Exported) -> Outcome<Self> {
        let Exported { plan, interface, golden, .. } = network;
        let golden = (arguments.verify || arguments.command == Command::Bench).then_some(golden);
        let level = Level::named(arguments.simd.as_deref())?;
        let program = Arc::new(Program::new(plan, Options { counts: false, ..Options::from(level) })?);
        if let (true, Some(golden)) = (arguments.verify, &golden) {
            golden.verify(&program, &interface).map_err(|error| Fault::file(&arguments.network, error))?;
        }
        let (threads, block) = (threads(arguments), arguments.block.unwrap_or(0));
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
        check_potentials(self.program.ops(), steps, None)?;
        let request = Request {
            input,
            batch,
            steps,
            read_at: vec![steps],
            state: None,
            start: 0,
            threads: self.threads,
            block: self.block,
            count: false,
            count_by_step: false,
            probe: false,
            keep_state: false,
            record_spikes: Vec::new(),
            profile: false,
            record_potentials: Vec::new(),
        };
        Ok(self.program.run(&request, &mut |_| true)?.scores)
    }

    /// Open a stream of one sample.
    pub(crate) fn stream(&self) -> Outcome<Stream> {
        Ok(Stream::new(Arc::clone(&self.program), 1, None)?)
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
