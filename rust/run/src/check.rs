//! `pysnn-run check`: the golden run, at every SIMD level.

use pysnn_core::clocked::{Options, Program};
use pysnn_core::simd::Level;

use crate::arguments::Arguments;
use crate::fault::{Fault, Outcome};
use crate::info::peak_memory;
use crate::json::Object;
use crate::print;
use crate::session::load;

/// Run it.
pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let network = load(&arguments.network)?;
    let levels = match &arguments.simd {
        Some(name) => vec![Level::named(Some(name))?],
        None => Level::available(),
    };
    for level in &levels {
        let options = Options { counts: false, ..Options::from(*level) };
        Program::new(network.plan.clone(), options)
            .and_then(|program| network.golden.verify(&program, &network.interface))
            .map_err(|error| Fault::file(&arguments.network, format!("{error} (SIMD level {})", level.name())))?;
    }
    let names: Vec<String> = levels.iter().map(|level| format!("\"{}\"", level.name())).collect();
    let object = Object::new()
        .text("golden", "equal")
        .value("samples", network.golden.samples)
        .value("steps", network.golden.steps)
        .value("layers", network.golden.spikes.len())
        .list("simd_levels", names)
        .optional("peak_memory_bytes", peak_memory());
    print(&object.line())
}
