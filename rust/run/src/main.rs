//! `pysnn-run`: what an exported network computes, without Python.
//!
//! Exit codes as pysnn has them: 0 done, 1 something is wrong with a file or with data, 2 the command line is.

mod arguments;
mod aside;
mod batches;
mod bench;
mod check;
mod fault;
mod first_spike;
mod infer;
mod info;
mod json;
mod layout;
mod npy;
mod session;
mod stream;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use fault::{Fault, Outcome};
use pysnn_core::exported::Network;
use session::load;

const HELP: &str = "\
usage: pysnn-run COMMAND NET.plan [options]

A network that `pysnn export` has written, on data. Results have the bits of `pysnn run`.

commands
  info     say what is in the file, as one JSON object
  check    run the golden input at every SIMD level that this machine has, and compare every bit
  infer    run samples: --input X.npy, or - for stdin
  stream   run what comes line by line on stdin, one JSON object a line; the state is kept
  bench    time the golden input, or --input X.npy

options
  --input X.npy        samples (samples, ...), given spikes (steps, samples, ...); - is stdin
  --raw u8|f32|u32     plain values, little-endian, without a header; u32: a stream of events, for each step how many
                       and then their inputs
  --steps T            time-steps; those that the file is meant for by default
  --scores OUT.npy     write the scores, float32 (samples, classes)
  --predictions O.npy  write the predicted classes, int64 (samples)
  --every N            stream: a line of output after each N steps or frames (1)
  --reset              stream: each frame starts afresh
  --verify             run the golden input first, and refuse if a bit differs
  --threads N          threads; as many as there are by default (stream: 1)
  --batch N            samples at a time (256)
  --block N            time-steps at a time, 1 to 32 (as many as stay in the cache); fewer need less memory
  --simd LEVEL         baseline, avx2, avxvnni, avx512, amx, dotprod or i8mm, as far as the machine has it
  --version, --help
";

fn main() -> ExitCode {
    match Arguments::parse(std::env::args_os().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault::ReaderLeft) => ExitCode::FAILURE,
        Err(fault) => {
            // Whether anybody reads it must not matter.
            let _ = writeln!(std::io::stderr(), "pysnn-run: {fault}");
            ExitCode::from(fault.code())
        }
    }
}

fn run(arguments: &Arguments) -> Outcome<()> {
    match arguments.command {
        Command::Help => print(HELP),
        Command::Version => print(&format!("pysnn-run {}\n", env!("CARGO_PKG_VERSION"))),
        Command::Info | Command::Check | Command::Stream | Command::Bench => run_network(arguments),
        Command::Infer => infer::source(arguments).and_then(|_| run_network(arguments)),
    }
}

fn run_network(arguments: &Arguments) -> Outcome<()> {
    let network = match load(&arguments.network)? {
        Network::Clocked(network) => *network,
        Network::FirstSpike(network) => return first_spike::run(arguments, &network),
    };
    match arguments.command {
        Command::Info => info::run(arguments, &network),
        Command::Check => check::run(arguments, &network),
        Command::Infer => infer::run(arguments, network),
        Command::Stream => stream::run(arguments, network),
        Command::Bench => bench::run(arguments, network),
        Command::Help | Command::Version => Ok(()),
    }
}

/// Write text to stdout.
fn print(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Fault::output(&error))
}
