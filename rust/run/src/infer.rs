//! `pysnn-run infer`: samples in, scores and classes out.

use std::time::Instant;

use pysnn_core::exported::Exported;

use crate::arguments::{Arguments, Source};
use crate::aside;
use crate::batches::Batches;
use crate::fault::{Fault, Outcome};
use crate::info::peak_memory;
use crate::json::Object;
use crate::layout::laid_out;
use crate::npy::encode;
use crate::print;
use crate::session::Session;

/// Check what is asked for, before anything is read or computed, and return where data come from.
pub(crate) fn source(arguments: &Arguments) -> Outcome<&Source> {
    let source = arguments.input.as_ref().ok_or_else(|| Fault::Usage("expected --input X.npy".into()))?;
    let mut outputs = [&arguments.scores, &arguments.predictions].into_iter().flatten();
    outputs.try_for_each(|path| aside::check(path))?;
    if arguments.scores.is_some() && arguments.scores == arguments.predictions {
        return Err(Fault::Usage("--scores and --predictions: expected two files, got one".into()));
    }
    Ok(source)
}

/// Run it.
pub(crate) fn run(arguments: &Arguments, network: Exported) -> Outcome<()> {
    let source = source(arguments)?;
    let session = Session::open(arguments, network)?;
    let steps = session.steps(arguments)?;
    let mut batches = Batches::open(source, arguments.raw, &session.interface, laid_out)?;
    let mut found = Found::new(session.program.ops().last().map_or(1, |op| op.spec.shape.size()));
    let started = Instant::now();
    while let Some(batch) = batches.next(&session.interface, arguments.batch, steps)? {
        let scores = session.run(batch.entering.input(), batch.samples, steps)?;
        found.predictions.extend(scores.chunks(found.classes).map(|scores| session.prediction(scores)));
        found.scores.extend(scores);
    }
    found.give(arguments, Some(steps), started.elapsed().as_secs_f64())
}

/// What came out.
pub(crate) struct Found {
    pub(crate) classes: usize,
    /// `(samples, classes)`.
    pub(crate) scores: Vec<f32>,
    pub(crate) predictions: Vec<i64>,
}

impl Found {
    /// Nothing yet.
    pub(crate) fn new(classes: usize) -> Self {
        Self { classes, scores: Vec::new(), predictions: Vec::new() }
    }

    /// Write and print it.
    pub(crate) fn give(self, arguments: &Arguments, steps: Option<usize>, seconds: f64) -> Outcome<()> {
        let Self { classes, scores, predictions } = self;
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
            .optional("steps", steps)
            .value("classes", classes)
            .value("ms_per_sample", format!("{:.6}", 1e3 * seconds / samples as f64))
            .optional("peak_memory_bytes", peak_memory());
        let written = arguments.scores.is_some() || arguments.predictions.is_some();
        print(&if written { object } else { object.list("predictions", predictions) }.line())
    }
}
