//! What a caller sees: a plan made ready, forward and backward passes, decisions.

use super::backward::{Backward, group_of};
use super::blocks::Weights;
use super::decide::{Decided, Decisions, Until, decide};
use super::pass::{GROUP, GroupPass, forward};
use super::plan::{Neuron, Plan};
use super::rule::Rule;
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::Level;
use crate::threads::share_out;

/// Values in the maps of one pass, at most.
const MAX_PASS: usize = 1 << 28;

/// What a backward pass starts from.
#[derive(Debug, Clone, Copy)]
pub struct BackwardInputs<'a> {
    /// The forward pass, made with the same weights.
    pub tape: &'a Tape,
    /// By the output times, batch x output neurons.
    pub gradient: &'a [f32],
    /// How times depend on weights.
    pub rule: Rule<'a>,
}

/// Gradients by the weights of each layer that has some, and by the input times (empty if not wanted).
#[derive(Debug)]
pub struct Gradients {
    /// Rows x columns.
    pub weights: Vec<Vec<f32>>,
    /// Batch x input neurons.
    pub inputs: Vec<f32>,
}

/// What a forward pass keeps for the backward pass.
#[derive(Debug)]
pub struct Tape {
    inputs: Vec<f32>,
    groups: Vec<GroupPass>,
    batch: usize,
}

impl Tape {
    /// Samples.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The times of a layer, one row a sample; empty for a layer that is not there.
    #[must_use]
    pub fn times(&self, layer: usize) -> Vec<f32> {
        let parts = self.groups.iter().filter_map(|group| group.layers.get(layer));
        parts.flat_map(|layer| layer.times.iter().copied()).collect()
    }

    /// The slopes (ramp) or potentials (step) at which the neurons of a layer fired.
    #[must_use]
    pub fn marks(&self, layer: usize) -> Vec<f32> {
        let parts = self.groups.iter().filter_map(|group| group.layers.get(layer));
        parts.flat_map(|layer| layer.marks.iter().copied()).collect()
    }

    /// How many samples each neuron of a layer fired in.
    #[must_use]
    pub fn spikes(&self, layer: usize) -> Vec<i64> {
        let mut counts = Vec::new();
        for group in &self.groups {
            let Some(pass) = group.layers.get(layer) else { continue };
            counts.resize(pass.times.len() / group.samples.max(1), 0);
            for map in pass.times.chunks_exact(counts.len().max(1)) {
                for (count, &time) in counts.iter_mut().zip(map) {
                    *count += i64::from(time < f32::INFINITY);
                }
            }
        }
        counts
    }
}

/// Groups of samples that go through the forward pass together, at most.
const TOGETHER: usize = 8;

/// Lists of spikes for which it pays to copy a layer's weights.
const MANY: usize = 16;

/// A plan made ready for a SIMD level.
#[derive(Debug)]
pub struct Engine {
    plan: Plan,
    level: Level,
}

impl Engine {
    /// Make a plan ready.
    #[must_use]
    pub fn new(plan: Plan, level: Level) -> Self {
        Self { plan, level }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The level that it runs at.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Compute the spike times of every layer.
    ///
    /// # Errors
    ///
    /// Arrays do not fit the plan, a time is negative or NaN, or `tick` said stop.
    pub fn forward(&self, weights: &[&[f32]], inputs: &[f32], threads: usize, tick: Tick<'_>) -> Result<Tape> {
        let batch = self.check_inputs(inputs)?;
        let weights = self.weights(weights, batch)?;
        let values = self.plan.layers.iter().map(|layer| layer.out_size() + layer.in_size());
        if values.fold(0, usize::saturating_add).saturating_mul(batch) > MAX_PASS {
            return Err(Error::capacity(format!("a pass of {batch} samples: more than {MAX_PASS} spike times")));
        }
        let together = batch.div_ceil(GROUP * threads.max(1)).clamp(1, TOGETHER);
        let parts: Vec<&[f32]> = inputs.chunks(together * GROUP * self.plan.in_size()).collect();
        let groups = share_out(parts.len(), threads, tick, |part, poll| {
            forward(&self.plan, self.level, &weights, parts[part], poll)
        })?;
        Ok(Tape { inputs: inputs.to_vec(), groups: groups.into_iter().flatten().collect(), batch })
    }

    /// Go back from the gradient by the output times, with the weights of the forward pass.
    ///
    /// # Errors
    ///
    /// Arrays do not fit the plan or the tape, or `tick` said stop.
    pub fn backward(
        &self,
        weights: &[&[f32]],
        given: &BackwardInputs<'_>,
        threads: usize,
        tick: Tick<'_>,
    ) -> Result<Gradients> {
        let BackwardInputs { tape, gradient, rule } = *given;
        let weights = self.weights(weights, 0)?;
        self.check_tape(tape)?;
        let expected = tape.batch * self.plan.out_size();
        if gradient.len() != expected {
            return Err(Error::data(format!("gradient: expected {expected} values, got {}", gradient.len())));
        }
        if let Neuron::Step { steps, .. } = self.plan.neuron
            && rule.step_kernel.len() != 2 * steps + 1
        {
            let (expected, got) = (2 * steps + 1, rule.step_kernel.len());
            return Err(Error::data(format!("step_kernel: expected {expected} values, got {got}")));
        }
        let (plan, level) = (&self.plan, self.level);
        let way = Backward { plan, level, weights: &weights, rule, groups: &tape.groups, inputs: &tape.inputs };
        let backs = share_out(tape.groups.len(), threads, tick, |group, poll| {
            way.group(group, group_of(gradient, group, plan.out_size()), poll)
        })?;
        let sums = way.weights(&backs, threads, tick)?;
        Ok(Gradients { weights: sums, inputs: backs.into_iter().flat_map(|back| back.inputs).collect() })
    }

    /// Compute each sample up to its first output spike.
    ///
    /// # Errors
    ///
    /// As [`Engine::forward`].
    pub fn decide(&self, weights: &[&[f32]], inputs: &[f32], threads: usize, tick: Tick<'_>) -> Result<Decisions> {
        let found = self.run(weights, inputs, Until::Decision, threads, tick)?;
        Ok(found.into_iter().map(|sample| (sample.winner, sample.time)).collect())
    }

    /// Compute each sample as far as is wanted, all layers together, window of time by window of time: the bits of [`Engine::forward`].
    ///
    /// # Errors
    ///
    /// As [`Engine::forward`].
    pub fn run(
        &self,
        weights: &[&[f32]],
        inputs: &[f32],
        until: Until,
        threads: usize,
        tick: Tick<'_>,
    ) -> Result<Vec<Decided>> {
        let batch = self.check_inputs(inputs)?;
        let weights = self.weights(weights, batch)?;
        let groups = share_out(batch.div_ceil(GROUP), threads, tick, |group, poll| {
            decide((&self.plan, self.level), &weights, group_of(inputs, group, self.plan.in_size()), until, poll)
        })?;
        Ok(groups.into_iter().flatten().collect())
    }

    /// Weights for each layer, for so many samples; `None` for a pool.
    fn weights<'a>(&self, weights: &[&'a [f32]], samples: usize) -> Result<Vec<Option<Weights<'a>>>> {
        let mut given = weights.iter();
        let mut found = Vec::new();
        for layer in &self.plan.layers {
            if layer.threshold.is_none() {
                found.push(None);
                continue;
            }
            let expected = layer.rows() * layer.columns();
            let weight = given
                .next()
                .filter(|weight| weight.len() == expected)
                .ok_or_else(|| Error::data(format!("weights of layer '{}': expected {expected} values", layer.name)))?;
            found.push(Some(Weights::new(self.level, weight, layer.columns(), samples * layer.sites() >= MANY)));
        }
        if given.next().is_some() {
            return Err(Error::data("weights: more arrays than layers with weights"));
        }
        Ok(found)
    }

    fn check_inputs(&self, inputs: &[f32]) -> Result<usize> {
        let size = self.plan.in_size();
        if !inputs.len().is_multiple_of(size) {
            return Err(Error::data(format!("times: expected rows of {size}, got {} values", inputs.len())));
        }
        let steps = if let Neuron::Step { steps, .. } = self.plan.neuron { Some(steps as f32) } else { None };
        let good = |&time: &f32| {
            time >= 0.0 && steps.is_none_or(|steps| time == f32::INFINITY || (time < steps && time.fract() == 0.0))
        };
        if let Some(place) = inputs.iter().position(|time| !good(time)) {
            let (sample, neuron) = (place / size, place % size);
            let expected = steps.map_or("0 or more".to_owned(), |steps| format!("0, 1, .. {}", steps - 1.0));
            return Err(Error::data(format!(
                "times: expected {expected}, or inf, got {} (sample {sample}, input {neuron})",
                inputs[place]
            )));
        }
        Ok(inputs.len() / size)
    }

    fn check_tape(&self, tape: &Tape) -> Result<()> {
        let fits = |group: &GroupPass| {
            group.layers.len() == self.plan.layers.len()
                && group.layers.iter().zip(&self.plan.layers).all(|(pass, layer)| {
                    pass.times.len() == group.samples * layer.out_size()
                        && (layer.threshold.is_none() || pass.spikes.len() == group.samples)
                })
        };
        if tape.inputs.len() == tape.batch * self.plan.in_size() && tape.groups.iter().all(fits) {
            return Ok(());
        }
        Err(Error::data("the pass was made by another network"))
    }
}
