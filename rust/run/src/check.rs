//! `pysnn-run check`: the golden run, at every SIMD level.

use pysnn_core::clocked::{Options, Program};
use pysnn_core::error::Result;
use pysnn_core::exported::Exported;
use pysnn_core::simd::Level;

use crate::arguments::Arguments;
use crate::fault::{Fault, Outcome};
use crate::info::peak_memory;
use crate::json::Object;
use crate::print;

/// Run it.
pub(crate) fn run(arguments: &Arguments, network: &Exported) -> Outcome<()> {
    let levels = at_levels(arguments, &|level| {
        let options = Options { counts: false, ..Options::from(level) };
        let program = Program::new(network.plan.clone(), options)?;
        network.golden.verify(&program, &network.interface)
    })?;
    let golden = &network.golden;
    say(golden.samples, Some(golden.steps), golden.spikes.len(), levels)
}

/// Do something at all levels, or at the one that is asked for, and return their names, quoted.
pub(crate) fn at_levels(arguments: &Arguments, verify: &dyn Fn(Level) -> Result<()>) -> Outcome<Vec<String>> {
    let levels = match &arguments.simd {
        Some(name) => vec![Level::named(Some(name))?],
        None => Level::available(),
    };
    for level in &levels {
        verify(*level)
            .map_err(|error| Fault::file(&arguments.network, format!("{error} (SIMD level {})", level.name())))?;
    }
    Ok(levels.iter().map(|level| format!("\"{}\"", level.name())).collect())
}

/// Print that all is equal.
pub(crate) fn say(samples: usize, steps: Option<usize>, layers: usize, levels: Vec<String>) -> Outcome<()> {
    let object = Object::new()
        .text("golden", "equal")
        .value("samples", samples)
        .optional("steps", steps)
        .value("layers", layers)
        .list("simd_levels", levels)
        .optional("peak_memory_bytes", peak_memory());
    print(&object.line())
}
