//! The backward pass through all layers, and the sum over samples in a fixed order.

use super::back::{Back, Way, by_input, by_weight, joined};
use super::blocks::{LANES, Weights};
use super::by_row::Dense;
use super::pass::{GROUP, GroupPass, earliest};
use super::plan::{Layer, Neuron, Plan};
use super::rule::Rule;
use super::spikes::{Lists, Sites, row_offsets, site_base};
use crate::control::{Tick, Watch};
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};
use crate::threads::{Team, share, with_team};

/// Times and gradient of a layer's neurons as [`Back`] takes them.
#[derive(Debug, Clone, Default)]
struct Prepared {
    times: Vec<f32>,
    gradient: Vec<f32>,
}

/// What one group of samples gives in the backward pass.
pub(super) struct GroupBack {
    layers: Vec<Prepared>,
    /// For each layer of more than one site: the gradient by its weights, block by block.
    sums: Vec<Vec<Vec<f32>>>,
    /// By the times of the network's input.
    pub(super) inputs: Vec<f32>,
}

/// One backward pass, as all its tasks see it.
#[derive(Clone, Copy)]
pub(super) struct Backward<'a> {
    pub(super) plan: &'a Plan,
    pub(super) level: Level,
    pub(super) weights: &'a [Option<Weights<'a>>],
    pub(super) rule: Rule<'a>,
    pub(super) groups: &'a [GroupPass],
    /// The network's input times.
    pub(super) inputs: &'a [f32],
}

impl Backward<'_> {
    /// Take one group of samples from the gradient by its output times to the input.
    pub(super) fn group(&self, number: usize, gradient: &[f32], poll: &dyn Watch) -> Result<GroupBack> {
        let pass = &self.groups[number];
        let count = self.plan.layers.len();
        let mut back =
            GroupBack { layers: vec![Prepared::default(); count], sums: vec![Vec::new(); count], inputs: Vec::new() };
        let mut gradient = gradient.to_vec();
        for (index, layer) in self.plan.layers.iter().enumerate().rev() {
            poll.check()?;
            let wanted = index > 0 || self.rule.inputs;
            let mut below = vec![0.0; if wanted { pass.samples * layer.in_size() } else { 0 }];
            if self.weights[index].is_some() {
                back.layers[index] = self.prepare(&pass.layers[index].times, &pass.layers[index].marks, gradient);
                self.through_weights(index, pass, &mut back, &mut below, poll)?;
            } else if wanted {
                let maps = self.below(number, pass, index);
                let rows = gradient.chunks_exact(layer.out_size()).zip(below.chunks_exact_mut(layer.in_size()));
                for (map, (gradient, below)) in maps.chunks_exact(layer.in_size()).zip(rows) {
                    earliest(layer, map, |input, output, _| below[input] += gradient[output]);
                }
            }
            gradient = below;
        }
        back.inputs = gradient;
        Ok(back)
    }

    /// Times and gradients in the form that [`Back`] takes.
    fn prepare(&self, times: &[f32], marks: &[f32], mut gradient: Vec<f32>) -> Prepared {
        let mut times = times.to_vec();
        match self.plan.neuron {
            Neuron::Ramp => {
                let least = self.rule.min_slope;
                self.level.run(OverSlopes { times: &mut times, gradient: &mut gradient, marks, least });
            }
            Neuron::Step { steps, .. } => {
                for time in &mut times {
                    *time = if *time < f32::INFINITY { *time } else { steps as f32 };
                }
            }
        }
        Prepared { times, gradient }
    }

    /// The weights of a layer that has some.
    fn weights_of(&self, index: usize) -> Result<&Weights<'_>> {
        let name = || Error::internal(format!("layer '{}' has no weights", self.plan.layers[index].name));
        self.weights[index].as_ref().ok_or_else(name)
    }

    fn way(&self) -> Way<'_> {
        match self.plan.neuron {
            Neuron::Ramp => Way::Ramp,
            Neuron::Step { steps, .. } => Way::Step { kernel: self.rule.step_kernel, steps },
        }
    }

    fn through_weights(
        &self,
        index: usize,
        pass: &GroupPass,
        back: &mut GroupBack,
        below: &mut [f32],
        poll: &dyn Watch,
    ) -> Result<()> {
        let layer = &self.plan.layers[index];
        let weights = self.weights_of(index)?;
        let spikes = &pass.layers[index].spikes;
        let Prepared { times, gradient } = &back.layers[index];
        if layer.is_dense() {
            if !below.is_empty() {
                let all = Back { way: self.way(), lists: spikes, times, gradient };
                let size = layer.in_size();
                by_input(self.level, all, weights, |sample, row, value| below[sample * size + row as usize] += value)?;
            }
            return Ok(());
        }
        let mut sums = empty_sums(layer, weights);
        let offsets = row_offsets(layer);
        let (mut lists, sites) = (Lists::new(), Sites::new(layer));
        for (sample, map) in spikes.iter().enumerate() {
            poll.check()?;
            lists.share_out(map, &sites);
            let range = sample * layer.out_size()..(sample + 1) * layer.out_size();
            let (times, gradient) = (&times[range.clone()], &gradient[range]);
            let all = Back { way: self.way(), lists: &lists, times, gradient };
            for (number, sum) in sums.iter_mut().enumerate() {
                by_weight(self.level, all, &weights.block(number), weights.columns(), sum)?;
            }
            if let Some(below) = below.get_mut(sample * layer.in_size()..(sample + 1) * layer.in_size()) {
                by_input(self.level, all, weights, |site, row, value| {
                    below[(site_base(layer, site) + offsets[row as usize]) as usize] += value;
                })?;
            }
        }
        back.sums[index] = sums;
        Ok(())
    }

    /// The gradients by the weights, summed over the samples.
    pub(super) fn weights(&self, backs: &[GroupBack], threads: usize, tick: Tick<'_>) -> Result<Vec<Vec<f32>>> {
        with_team(threads, tick, |team| {
            let weighted = (0..self.plan.layers.len()).filter(|&index| self.weights[index].is_some());
            weighted.map(|index| self.total(backs, index, team)).collect()
        })
    }

    /// The gradients by the weights of one layer.
    fn total(&self, backs: &[GroupBack], index: usize, team: &Team<'_>) -> Result<Vec<f32>> {
        let (layer, weights) = (&self.plan.layers[index], self.weights_of(index)?);
        if layer.is_dense() && matches!(self.plan.neuron, Neuron::Ramp) {
            let mut total = vec![0.0; layer.rows() * layer.columns()];
            self.by_row(backs, index, team, &mut total)?;
            return Ok(total);
        }
        let mut blocks = vec![Vec::new(); weights.blocks()];
        share(Some(team), team.watch(), blocks.iter_mut().enumerate(), |(number, total), poll| {
            *total = self.block(backs, index, number, poll)?;
            Ok(())
        })?;
        Ok(joined(weights, &blocks, layer.rows()))
    }

    /// A layer of ramps at one site: samples ascending.
    fn by_row(&self, backs: &[GroupBack], index: usize, team: &Team<'_>, total: &mut [f32]) -> Result<()> {
        let layer = &self.plan.layers[index];
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for (number, (back, pass)) in backs.iter().zip(self.groups).enumerate() {
            let Prepared { times, gradient } = &back.layers[index];
            above.extend(times.chunks_exact(layer.columns()).zip(gradient.chunks_exact(layer.columns())));
            below.extend(self.below(number, pass, index).chunks_exact(layer.in_size()));
        }
        Dense { below: &below, above: &above, columns: layer.columns() }.sum(self.level, team, total)
    }

    /// The times of the layer below, or the input, of one group of samples.
    fn below<'a>(&'a self, number: usize, pass: &'a GroupPass, index: usize) -> &'a [f32] {
        match index {
            0 => group_of(self.inputs, number, self.plan.in_size()),
            _ => &pass.layers[index - 1].times,
        }
    }

    /// One block: samples ascending where there is one site, else the sums of groups ascending.
    fn block(&self, backs: &[GroupBack], index: usize, number: usize, poll: &dyn Watch) -> Result<Vec<f32>> {
        let layer = &self.plan.layers[index];
        let weights = self.weights_of(index)?;
        let block = weights.block(number);
        let mut total = vec![0.0; layer.rows() * block.lanes() * LANES];
        for (back, pass) in backs.iter().zip(self.groups) {
            poll.check()?;
            if layer.is_dense() {
                let Prepared { times, gradient } = &back.layers[index];
                let all = Back { way: self.way(), lists: &pass.layers[index].spikes, times, gradient };
                by_weight(self.level, all, &block, weights.columns(), &mut total)?;
            } else {
                for (total, sum) in total.iter_mut().zip(&back.sums[index][number]) {
                    *total += sum;
                }
            }
        }
        Ok(total)
    }
}

/// The gradients of ramps that fired are divided by their slopes; the others count for nothing.
struct OverSlopes<'a> {
    times: &'a mut [f32],
    gradient: &'a mut [f32],
    marks: &'a [f32],
    least: f32,
}

impl Kernel for OverSlopes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((time, gradient), mark) in self.times.iter_mut().zip(self.gradient).zip(self.marks) {
            let slope = if *mark > self.least { *mark } else { self.least };
            let fired = *time < f32::INFINITY;
            *gradient = if fired { *gradient / slope } else { 0.0 };
            *time = if fired { *time } else { 0.0 };
        }
    }
}

fn empty_sums(layer: &Layer, weights: &Weights<'_>) -> Vec<Vec<f32>> {
    (0..weights.blocks()).map(|number| vec![0.0; layer.rows() * weights.block(number).lanes() * LANES]).collect()
}

/// The samples of a group in an array of `size` values a sample.
pub(super) fn group_of(values: &[f32], group: usize, size: usize) -> &[f32] {
    let start = (group * GROUP * size).min(values.len());
    &values[start..(start + GROUP * size).min(values.len())]
}
