//! `pysnn-run infer`: samples in, scores and classes out.

use std::time::Instant;

use crate::arguments::Arguments;
use crate::aside;
use crate::batches::Batches;
use crate::fault::{Fault, Outcome};
use crate::info::peak_memory;
use crate::json::Object;
use crate::npy::encode;
use crate::print;
use crate::session::Session;

/// Run it.
pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let source = arguments.input.as_ref().ok_or_else(|| Fault::Usage("expected --input X.npy".into()))?;
    let mut outputs = [&arguments.scores, &arguments.predictions].into_iter().flatten();
    outputs.try_for_each(|path| aside::check(path))?;
    if arguments.scores.is_some() && arguments.scores == arguments.predictions {
        return Err(Fault::Usage("--scores and --predictions: expected two files, got one".into()));
    }
    let session = Session::open(arguments)?;
    let steps = session.steps(arguments)?;
    let mut batches = Batches::open(source, arguments.raw, &session.interface)?;
    let classes = session.program.ops().last().map_or(1, |op| op.spec.shape.size());
    let (mut scores, mut predictions) = (Vec::new(), Vec::new());
    let started = Instant::now();
    while let Some(batch) = batches.next(&session.interface, arguments.batch, steps)? {
        let found = session.run(batch.entering.input(), batch.samples, steps)?;
        predictions.extend(found.chunks(classes).map(|scores| session.prediction(scores)));
        scores.extend(found);
    }
    let seconds = started.elapsed().as_secs_f64();
    let samples = predictions.len();
    if let Some(path) = &arguments.scores {
        let bytes: Vec<u8> = scores.iter().flat_map(|score| score.to_le_bytes()).collect();
        aside::write(path, &encode("<f4", &[samples, classes], &bytes))?;
    }
    if let Some(path) = &arguments.predictions {
        let bytes: Vec<u8> = predictions.iter().flat_map(|class| class.to_le_bytes()).collect();
        aside::write(path, &encode("<i8", &[samples], &bytes))?;
    }
    let object = Object::new()
        .value("samples", samples)
        .value("steps", steps)
        .value("classes", classes)
        .value("ms_per_sample", format!("{:.6}", 1e3 * seconds / samples as f64))
        .optional("peak_memory_bytes", peak_memory());
    let written = arguments.scores.is_some() || arguments.predictions.is_some();
    print(&if written { object } else { object.list("predictions", predictions) }.line())
}
