//! A run that every runtime must repeat to the bit.

use sha2::{Digest, Sha256};

use super::about::{About, Encoding, Interface};
use super::bytes::{damaged, u32_at, u64_at};
use super::entering::Entering;
use super::input::Samples;
use super::layout::{about, dtype};
use crate::clocked::{Outputs, Program, Request, check_potentials};
use crate::error::{Error, Kind as Fault, Result};
use crate::plan::{Body, Plan, Shape};

/// The steps of a golden run, at most: verifying a file from anyone must end soon.
const MOST_STEPS: usize = 4096;

/// What enters.
#[derive(Debug, Clone, PartialEq)]
pub enum GoldenInput {
    /// Values `(samples, ...)`, or frames `(steps, samples, ...)`, uint8 already over 255.
    Single(Vec<f32>),
    /// The same, where the input has scaling.
    Double(Vec<f64>),
    /// Counts `(steps, samples, ...)`.
    Counts(Vec<u8>),
    /// Pictures `(samples, C, H, W)`.
    Pictures(Vec<u8>),
}

/// What the neurons of one operation, or of one layer of single spikes, did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSpikes {
    /// The number of the operation or layer.
    pub op: usize,
    /// Spikes of each sample.
    pub totals: Vec<u64>,
    /// SHA-256 of the counts of all neurons, int32, `(samples, C, H, W)`.
    pub digest: [u8; 32],
}

/// A run, and what came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// How many samples.
    pub samples: usize,
    /// How many steps.
    pub steps: usize,
    /// What enters.
    pub input: GoldenInput,
    /// `(samples, classes)`.
    pub scores: Vec<f32>,
    /// One entry for each operation with neurons.
    pub spikes: Vec<LayerSpikes>,
}

/// Read the three sections of a golden run.
pub(super) fn read(plan: &Plan, about: &About, shape: Shape, record: &[u8], sections: [&[u8]; 3]) -> Result<Golden> {
    let [samples, steps] = [about::GOLDEN_SAMPLES, about::GOLDEN_STEPS].map(|at| u32_at(record, at) as usize);
    if samples == 0 || !(1..=MOST_STEPS).contains(&steps) {
        return Err(damaged(format!(
            "a golden run of {samples} samples and {steps} steps; expected 1 or more, and 1 to {MOST_STEPS}"
        )));
    }
    let ops = plan.ops();
    let rows = if about.encoding.is_by_step() { samples.checked_mul(steps) } else { Some(samples) };
    let values = rows.and_then(|rows| rows.checked_mul(shape.size()));
    let [input, scores, spikes] = sections;
    let input = read_input(input, u32_at(record, about::GOLDEN_TYPE), values, about.encoding)?;
    let classes = ops.last().map_or(0, |op| op.spec.shape.size());
    if samples.checked_mul(4 * classes) != Some(scores.len()) {
        return Err(damaged(format!("{} bytes of golden scores for {samples} samples of {classes}", scores.len())));
    }
    let scores = scores.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let spikes = read_spikes(&neurons(plan).collect::<Vec<_>>(), samples, spikes)?;
    Ok(Golden { samples, steps, input, scores, spikes })
}

fn read_input(bytes: &[u8], kind: u32, values: Option<usize>, encoding: Encoding) -> Result<GoldenInput> {
    let pictures = encoding == Encoding::Pixels;
    let bytewise = pictures || encoding.is_events();
    let size = match kind {
        dtype::F32 if !bytewise => 4,
        dtype::F64 if !bytewise => 8,
        dtype::U8 if bytewise => 1,
        other => return Err(damaged(format!("golden input of type {other}, which is not that of its coding"))),
    };
    if values.and_then(|values| values.checked_mul(size)) != Some(bytes.len()) {
        return Err(damaged(format!("{} bytes of golden input; expected {values:?} values of {size}", bytes.len())));
    }
    Ok(match kind {
        dtype::F32 => GoldenInput::Single(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        dtype::F64 => GoldenInput::Double(bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
        _ if pictures => GoldenInput::Pictures(bytes.to_vec()),
        _ => GoldenInput::Counts(bytes.to_vec()),
    })
}

/// Read what the neurons of the operations or layers with these numbers did.
pub(super) fn read_spikes(numbers: &[usize], samples: usize, bytes: &[u8]) -> Result<Vec<LayerSpikes>> {
    let size = samples.checked_mul(8).and_then(|totals| totals.checked_add(40));
    if size.and_then(|size| size.checked_mul(numbers.len())) != Some(bytes.len()) {
        return Err(damaged(format!("{} bytes of golden spikes for {} layers", bytes.len(), numbers.len())));
    }
    let records = bytes.chunks_exact(size.unwrap_or(40));
    records
        .zip(numbers)
        .map(|(record, &op)| {
            if u64_at(record, 0) != op as u64 {
                return Err(damaged(format!("golden spikes of operation {}; expected {op}", u64_at(record, 0))));
            }
            let (totals, digest) = record[8..].split_at(8 * samples);
            Ok(LayerSpikes {
                op,
                totals: totals.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect(),
                digest: digest.first_chunk().copied().unwrap_or_default(),
            })
        })
        .collect()
}

/// The operations with neurons.
fn neurons(plan: &Plan) -> impl Iterator<Item = usize> {
    plan.ops().iter().enumerate().filter(|(_, op)| matches!(op.body, Body::Neuron(_))).map(|(number, _)| number)
}

impl Golden {
    /// What enters.
    ///
    /// # Errors
    ///
    /// A value leaves float32.
    pub fn entering(&self, interface: &Interface) -> Result<Entering> {
        let (pixels, size) = (interface.shape.pixels(), interface.shape.size());
        let mut entering = Entering::new(interface.about.encoding, interface.about.seed);
        match &self.input {
            GoldenInput::Single(values) => {
                entering.values = interface.input.values(Samples::Single(values), pixels)?;
            }
            GoldenInput::Double(values) => {
                entering.values = interface.input.values(Samples::Double(values), pixels)?;
            }
            GoldenInput::Pictures(given) => {
                entering.pixels = vec![0; 2 * given.len()];
                interface.input.write_map(given, pixels, &mut entering.pixels)?;
            }
            GoldenInput::Counts(counts) => {
                for sample in 0..self.samples {
                    for step in 0..self.steps {
                        entering.push_counts(&counts[(step * self.samples + sample) * size..][..size]);
                    }
                }
            }
        }
        Ok(entering)
    }

    /// Run the input with a program made of the same network, and compare every score and the spikes of every layer, to the bit.
    ///
    /// # Errors
    ///
    /// The run fails, or something differs: the message names the first layer.
    pub fn verify(&self, program: &Program, interface: &Interface) -> Result<()> {
        let outputs = self.run(program, interface)?;
        let spikes = |count: &i32| u64::from(count.unsigned_abs());
        for wanted in &self.spikes {
            let found = outputs.probes.iter().find(|(op, _)| *op == wanted.op).map(|(_, probe)| &probe.spikes[..]);
            let found = layer_spikes(wanted.op, found.unwrap_or_default(), self.samples, spikes, i32::to_le_bytes);
            if found != *wanted {
                let node = program.ops().get(wanted.op).map_or("", |op| &op.node);
                let [ours, theirs] = [&found.totals, &wanted.totals];
                return Err(differs(format!(
                    "spikes of '{node}': {theirs:?} in the file, {ours:?} here, or of other neurons"
                )));
            }
        }
        let pairs = outputs.scores.iter().zip(&self.scores);
        if let Some((at, (ours, theirs))) = pairs.enumerate().find(|(_, (ours, theirs))| ours != theirs) {
            return Err(differs(format!("score {at}: {theirs} in the file, {ours} here")));
        }
        Ok(())
    }

    fn run(&self, program: &Program, interface: &Interface) -> Result<Outputs> {
        check_potentials(program.ops(), self.steps, None)?;
        let entering = self.entering(interface)?;
        let request = Request {
            input: entering.input(),
            batch: self.samples,
            steps: self.steps,
            read_at: vec![self.steps],
            state: None,
            start: 0,
            threads: 1,
            block: 0,
            count: false,
            count_by_step: false,
            probe: true,
            keep_state: false,
            record_spikes: Vec::new(),
            profile: false,
            record_potentials: Vec::new(),
        };
        program.run(&request, &mut |_| true)
    }
}

/// What the neurons of an operation or layer did, from a value of 4 bytes each, `(samples, ...)`.
pub(super) fn layer_spikes<T: Copy>(
    op: usize,
    values: &[T],
    samples: usize,
    spikes: impl Fn(&T) -> u64,
    bytes: impl Fn(T) -> [u8; 4],
) -> LayerSpikes {
    let size = values.len().checked_div(samples).unwrap_or(0).max(1);
    let totals = values.chunks(size).map(|row| row.iter().map(&spikes).sum()).collect();
    let mut hash = Sha256::new();
    for &value in values {
        hash.update(bytes(value));
    }
    LayerSpikes { op, totals, digest: hash.finalize().into() }
}

pub(super) fn differs(what: impl std::fmt::Display) -> Error {
    Error::new(Fault::FileFormat, format!("golden run: {what}"))
}
