//! `pysnn-run info`: what is in a file.

use std::fmt::Write;
use std::fs;

use pysnn_core::exported::Exported;
use pysnn_core::plan::{Body, Precision, Weights};
use pysnn_core::simd::Level;

use crate::arguments::Arguments;
use crate::fault::Outcome;
use crate::json::Object;
use crate::print;

/// Run it.
pub(crate) fn run(arguments: &Arguments, network: &Exported) -> Outcome<()> {
    let (mut neurons, mut weights) = (0, 0);
    for op in network.plan.ops() {
        match &op.body {
            Body::Neuron(_) => neurons += op.spec.shape.size(),
            Body::Conv(conv) => {
                weights += match &conv.weights {
                    Weights::Real(weight, _) => weight.len(),
                    Weights::Integer(weight, _) => weight.len(),
                };
            }
            _ => {}
        }
    }
    let shape = network.interface.shape;
    let shape = [shape.channels, shape.height, shape.width];
    let precision = if network.plan.precision() == Precision::Int8 { "int8" } else { "float32" };
    let object = Object::new()
        .text("precision", precision)
        .text("coding", network.interface.about.encoding.name())
        .list("input", &shape[..network.interface.about.axes.min(3)])
        .value("classes", network.plan.ops().last().map_or(0, |op| op.spec.shape.size()))
        .optional("steps", network.interface.about.steps)
        .optional("dt", network.interface.about.dt)
        .value("seed", network.interface.about.seed)
        .value("operations", network.plan.ops().len())
        .value("neurons", neurons)
        .value("weights", weights)
        .value("golden_samples", network.golden.samples)
        .value("golden_steps", network.golden.steps)
        .text("sha256", &hexadecimal(&network.digest))
        .text("source_sha256", &hexadecimal(&network.interface.about.source))
        .text("simd", Level::named(arguments.simd.as_deref())?.name());
    print(&object.line())
}

/// The largest resident memory so far, in bytes, where the system says it.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| 1024 * kilobytes)
}

/// Bytes as text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
