//! A run that every runtime must repeat to the bit: when every neuron fires, and what is decided.

use crate::error::Result;
use crate::exported::bytes::damaged;
use crate::exported::golden::{LayerSpikes, differs, layer_spikes, read_spikes};
use crate::first_spike::{Decided, Engine, Plan, Until};
use crate::plan::Shape;

/// A run, and what came out.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstSpikeGolden {
    /// How many samples.
    pub samples: usize,
    /// Values `(samples, ...)` from 0 to 1.
    pub input: Vec<f32>,
    /// Minus the times of output neurons, `(samples, classes)`.
    pub scores: Vec<f32>,
    /// The neuron of each sample's first output spike, -1 for none.
    pub winners: Vec<i32>,
    /// One entry for each layer; the digest is that of the times of all neurons, float32, `(samples, H, W, C)`.
    pub layers: Vec<LayerSpikes>,
}

/// Read the three sections of a golden run.
pub(super) fn read(plan: &Plan, shape: Shape, samples: usize, sections: [&[u8]; 3]) -> Result<FirstSpikeGolden> {
    let [input, scores, spikes] = sections;
    let classes = plan.out_size();
    if samples == 0 {
        return Err(damaged("a golden run of 0 samples; expected 1 or more"));
    }
    let sizes = [samples.checked_mul(4 * shape.size()), samples.checked_mul(4 * (classes + 1))];
    for (what, part, size) in [("input", input, sizes[0]), ("scores and winners", scores, sizes[1])] {
        if size != Some(part.len()) {
            return Err(damaged(format!(
                "{} bytes of golden {what} for {samples} samples; expected {size:?}",
                part.len()
            )));
        }
    }
    let (scores, winners) = scores.split_at(4 * samples * classes);
    Ok(FirstSpikeGolden {
        samples,
        input: values(input, f32::from_le_bytes),
        scores: values(scores, f32::from_le_bytes),
        winners: values(winners, i32::from_le_bytes),
        layers: read_spikes(&(0..plan.layers.len()).collect::<Vec<_>>(), samples, spikes)?,
    })
}

fn values<T>(bytes: &[u8], turn: fn([u8; 4]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| turn(*bytes)).collect()
}

impl FirstSpikeGolden {
    /// Run the times of its input, and compare every time, score and decision, to the bit.
    pub(super) fn verify(&self, engine: &Engine, weights: &[&[f32]], times: &[f32]) -> Result<()> {
        let found = engine.run(weights, times, Until::End, 1, &mut |_| true)?;
        for (wanted, layer) in self.layers.iter().zip(&engine.plan().layers) {
            let times: Vec<f32> = found.iter().flat_map(|sample| &sample.times[wanted.op]).copied().collect();
            let spikes = |time: &f32| u64::from(*time < f32::INFINITY);
            let found = layer_spikes(wanted.op, &times, self.samples, spikes, f32::to_le_bytes);
            if found != *wanted {
                let [ours, theirs] = [&found.totals, &wanted.totals];
                return Err(differs(format!(
                    "spikes of '{}': {theirs:?} in the file, {ours:?} here, or at other times",
                    layer.name
                )));
            }
        }
        let scores = found.iter().flat_map(Decided::scores);
        if let Some((at, (ours, theirs))) =
            scores.zip(&self.scores).enumerate().find(|(_, (ours, theirs))| ours != *theirs)
        {
            return Err(differs(format!("score {at}: {theirs} in the file, {ours} here")));
        }
        let decided = engine.run(weights, times, Until::Decision, 1, &mut |_| true)?;
        for (at, theirs) in self.winners.iter().enumerate() {
            let here = [found[at].winner, decided[at].winner];
            if let Some(ours) = here.into_iter().find(|ours| *ours != i64::from(*theirs)) {
                return Err(differs(format!("winner of sample {at}: {theirs} in the file, {ours} here")));
            }
        }
        Ok(())
    }
}
