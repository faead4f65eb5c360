//! `pysnn-run bench`: milliseconds a sample.

use std::time::Instant;

use pysnn_core::exported::{Exported, Golden};
use pysnn_core::simd::Level;

use crate::arguments::Arguments;
use crate::batches::{Batch, Batches};
use crate::fault::{Fault, Outcome};
use crate::info::peak_memory;
use crate::json::Object;
use crate::layout::laid_out;
use crate::print;
use crate::session::Session;

/// Runs, at most, and seconds that are enough.
const MOST_RUNS: usize = 50;
const ENOUGH: f64 = 2.0;

/// Run it.
pub(crate) fn run(arguments: &Arguments, network: Exported) -> Outcome<()> {
    let session = Session::open(arguments, network)?;
    let golden = session.golden.as_ref().ok_or_else(|| Fault::Usage("no golden run to time".into()))?;
    let own = if arguments.input.is_some() { session.interface.about.steps } else { None };
    // Data that have steps of their own have that many.
    let fixed = arguments.input.is_none() && session.interface.about.encoding.is_by_step();
    let asked = if fixed { None } else { arguments.steps };
    let steps = asked.or(own).unwrap_or(golden.steps);
    let batches = given(&session, golden, arguments, steps)?;
    let samples = batches.iter().map(|batch| batch.samples).sum();
    let level = session.program.level();
    time(samples, Some(steps), level, &mut || {
        batches.iter().try_for_each(|batch| session.run(batch.entering.input(), batch.samples, steps).map(drop))
    })
}

/// Time runs of so many samples, and print what they took.
pub(crate) fn time(
    samples: usize,
    steps: Option<usize>,
    level: Level,
    run: &mut dyn FnMut() -> Outcome<()>,
) -> Outcome<()> {
    let mut seconds: Vec<f64> = Vec::new();
    while seconds.len() < MOST_RUNS && (seconds.len() < 3 || seconds.iter().sum::<f64>() < ENOUGH) {
        let started = Instant::now();
        run()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let per_sample = |seconds: f64| format!("{:.6}", 1e3 * seconds / samples as f64);
    let object = Object::new()
        .value("samples", samples)
        .optional("steps", steps)
        .value("runs", seconds.len())
        .value("ms_per_sample", per_sample(seconds[seconds.len() / 2]))
        .value("ms_per_sample_least", per_sample(seconds[0]))
        .text("simd", level.name())
        .optional("peak_memory_bytes", peak_memory());
    print(&object.line())
}

/// The samples of `--input`, or the golden ones.
fn given(session: &Session, golden: &Golden, arguments: &Arguments, steps: usize) -> Outcome<Vec<Batch>> {
    let interface = &session.interface;
    let Some(source) = &arguments.input else {
        return Ok(vec![Batch { samples: golden.samples, entering: golden.entering(interface)? }]);
    };
    let mut batches = Batches::open(source, arguments.raw, interface, laid_out)?;
    let mut found = Vec::new();
    while let Some(batch) = batches.next(interface, arguments.batch, steps)? {
        found.push(batch);
    }
    Ok(found)
}
