//! Networks of single spikes: one spike a neuron at most, so that a sample is one run and there is nothing to go on from.

use std::time::Instant;

use pysnn_core::exported::ExportedFirstSpike;
use pysnn_core::first_spike::{Engine, Neuron, Until};
use pysnn_core::simd::Level;

use crate::arguments::{Arguments, Command};
use crate::batches::Batches;
use crate::bench::time;
use crate::check::{at_levels, say};
use crate::fault::{Fault, Outcome};
use crate::infer::{Found, source};
use crate::info::hexadecimal;
use crate::json::Object;
use crate::layout::single_laid_out;
use crate::print;
use crate::session::threads;

/// Run a command.
pub(crate) fn run(arguments: &Arguments, network: &ExportedFirstSpike) -> Outcome<()> {
    if arguments.steps.is_some() || arguments.block.is_some() {
        let what = "--steps and --block: a network of single spikes has its own number of steps; leave them out";
        return Err(Fault::Usage(what.into()));
    }
    match arguments.command {
        Command::Info => info(arguments, network),
        Command::Check => {
            let levels = at_levels(arguments, &|level| network.verify(&network.engine(level)))?;
            say(network.golden.samples, network.steps(), network.golden.layers.len(), levels)
        }
        Command::Infer => infer(arguments, network),
        Command::Bench => bench(arguments, network),
        _ => {
            let what = "stream: a network of single spikes is run sample by sample and has no state; infer runs it";
            Err(Fault::Usage(what.into()))
        }
    }
}

fn info(arguments: &Arguments, network: &ExportedFirstSpike) -> Outcome<()> {
    let layers = &network.plan.layers;
    let spiking = layers.iter().filter(|layer| layer.threshold.is_some());
    let shape = network.interface.shape;
    let shape = [shape.channels, shape.height, shape.width];
    let about = &network.interface.about;
    let object = Object::new()
        .text("precision", "float32")
        .text("neuron", if network.plan.neuron == Neuron::Ramp { "ramp" } else { "step" })
        .text("coding", network.coding.name())
        .list("input", &shape[..about.axes.min(3)])
        .value("classes", network.plan.out_size())
        .optional("steps", network.steps())
        .value("layers", layers.len())
        .value("neurons", spiking.map(|layer| layer.output.iter().product::<usize>()).sum::<usize>())
        .value("weights", network.weights.iter().map(Vec::len).sum::<usize>())
        .value("golden_samples", network.golden.samples)
        .text("sha256", &hexadecimal(&network.digest))
        .text("source_sha256", &hexadecimal(&about.source))
        .text("simd", Level::named(arguments.simd.as_deref())?.name());
    print(&object.line())
}

fn engine(arguments: &Arguments, network: &ExportedFirstSpike) -> Outcome<Engine> {
    let engine = network.engine(Level::named(arguments.simd.as_deref())?);
    if arguments.verify {
        network.verify(&engine).map_err(|error| Fault::file(&arguments.network, error))?;
    }
    Ok(engine)
}

fn infer(arguments: &Arguments, network: &ExportedFirstSpike) -> Outcome<()> {
    let (engine, weights) = (engine(arguments, network)?, network.weights());
    let threads = threads(arguments);
    let mut batches = Batches::open(source(arguments)?, arguments.raw, &network.interface, single_laid_out)?;
    let mut found = Found::new(network.plan.out_size());
    let started = Instant::now();
    while let Some(batch) = batches.next(&network.interface, arguments.batch, 1)? {
        let times = network.times(&batch.entering.values, found.predictions.len())?;
        let until = if arguments.scores.is_some() { Until::End } else { Until::Decision };
        for sample in engine.run(&weights, &times, until, threads, &mut |_| true)? {
            found.predictions.push(sample.winner);
            found.scores.extend(sample.scores());
        }
    }
    found.give(arguments, network.steps(), started.elapsed().as_secs_f64())
}

/// Time decisions, which stop at the first output spike.
fn bench(arguments: &Arguments, network: &ExportedFirstSpike) -> Outcome<()> {
    let (engine, weights, threads) = (engine(arguments, network)?, network.weights(), threads(arguments));
    let mut given = Vec::new();
    let mut samples = 0;
    if let Some(source) = &arguments.input {
        let mut batches = Batches::open(source, arguments.raw, &network.interface, single_laid_out)?;
        while let Some(batch) = batches.next(&network.interface, arguments.batch, 1)? {
            given.push(network.times(&batch.entering.values, samples)?);
            samples += batch.samples;
        }
    } else {
        given.push(network.times(&network.golden.input, 0)?);
        samples = network.golden.samples;
    }
    time(samples, network.steps(), engine.level(), &mut || {
        given
            .iter()
            .try_for_each(|times| Ok(engine.run(&weights, times, Until::Decision, threads, &mut |_| true).map(drop)?))
    })
}
