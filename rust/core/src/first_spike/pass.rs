//! The forward pass: groups of samples go through all layers, each on its own.

use super::blocks::Weights;
use super::fire::{Fire, Part};
use super::plan::{Layer, Plan};
use super::sorter::Sorter;
use super::spikes::{Lists, Sites, row_offsets, site_base};
use crate::control::Watch;
use crate::error::Result;
use crate::simd::Level;

/// Samples that go through the layers together.
pub(super) const GROUP: usize = 16;

/// What one layer has for one group of samples: rows of a map, one a sample.
#[derive(Debug)]
pub(super) struct LayerPass {
    /// The spikes that come in, in order, a list a sample.
    pub(super) spikes: Lists,
    pub(super) times: Vec<f32>,
    pub(super) marks: Vec<f32>,
}

/// A group of samples.
#[derive(Debug)]
pub(super) struct GroupPass {
    pub(super) samples: usize,
    pub(super) layers: Vec<LayerPass>,
}

/// Compute some groups: those of a dense layer go through a block of weights together, while it is in the cache.
pub(super) fn forward(
    plan: &Plan,
    level: Level,
    weights: &[Option<Weights<'_>>],
    inputs: &[f32],
    poll: &dyn Watch,
) -> Result<Vec<GroupPass>> {
    let inputs: Vec<&[f32]> = inputs.chunks(GROUP * plan.in_size()).collect();
    let empty = |inputs: &&[f32]| GroupPass { samples: inputs.len() / plan.in_size(), layers: Vec::new() };
    let mut groups: Vec<GroupPass> = inputs.iter().map(empty).collect();
    let mut sorter = Sorter::default();
    for (layer, weights) in plan.layers.iter().zip(weights) {
        poll.check()?;
        for (group, inputs) in groups.iter_mut().zip(&inputs) {
            let below = group.layers.last().map_or(*inputs, |layer| &layer.times);
            let mut pass = LayerPass {
                spikes: Lists::new(),
                times: vec![f32::INFINITY; group.samples * layer.out_size()],
                marks: vec![0.0; group.samples * layer.out_size()],
            };
            for (map, out) in below.chunks_exact(layer.in_size()).zip(pass.times.chunks_exact_mut(layer.out_size())) {
                if weights.is_some() {
                    pass.spikes.push_map(map, &mut sorter);
                } else {
                    earliest(layer, map, |_, neuron, time| out[neuron] = time);
                }
            }
            group.layers.push(pass);
        }
        if let Some(weights) = weights {
            let passes = groups.iter_mut().filter_map(|group| group.layers.last_mut());
            fire(plan, level, (layer, weights), passes, poll)?;
        }
    }
    Ok(groups)
}

/// The spikes of a layer with weights, from those that come in.
fn fire<'a>(
    plan: &Plan,
    level: Level,
    (layer, weights): (&Layer, &Weights<'_>),
    passes: impl Iterator<Item = &'a mut LayerPass>,
    poll: &dyn Watch,
) -> Result<()> {
    let part = |LayerPass { spikes, times, marks }: &'a mut LayerPass| Part { lists: spikes, times, marks };
    if layer.is_dense() {
        return Fire { weights, parts: passes.map(part).collect() }.run(level, plan.neuron, layer);
    }
    let (mut shared, sites) = (Lists::new(), Sites::new(layer));
    for Part { lists, times, marks } in passes.map(part) {
        let rows = times.chunks_exact_mut(layer.out_size()).zip(marks.chunks_exact_mut(layer.out_size()));
        for (map, (times, marks)) in lists.iter().zip(rows) {
            poll.check()?;
            shared.share_out(map, &sites);
            let parts = vec![Part { lists: &shared, times, marks }];
            Fire { weights, parts }.run(level, plan.neuron, layer)?;
        }
    }
    Ok(())
}

/// The earliest spike of each window of a pool: `give(input, output, time)`; of equal ones the first in the window.
pub(super) fn earliest(layer: &Layer, map: &[f32], mut give: impl FnMut(usize, usize, f32)) {
    let channels = layer.columns();
    let offsets = row_offsets(layer);
    for site in 0..layer.sites() {
        let base = site_base(layer, site);
        let inside = inside(layer, site);
        for channel in 0..channels {
            let mut first = (0, f32::INFINITY);
            for tap in inside.iter().map(|tap| tap * channels + channel) {
                let input = (base + offsets[tap]) as usize;
                if map[input] < first.1 {
                    first = (input, map[input]);
                }
            }
            if first.1 < f32::INFINITY {
                give(first.0, site * channels + channel, first.1);
            }
        }
    }
}

/// The taps of a site's window that do not lie in the padding.
fn inside(layer: &Layer, site: usize) -> Vec<usize> {
    let (oy, ox) = (site / layer.output[1], site % layer.output[1]);
    let y = layer.window.taps(0, oy, layer.input[0]);
    let x = layer.window.taps(1, ox, layer.input[1]);
    let width = layer.window.kernel[1];
    let rows = y.first..y.first + y.count;
    rows.flat_map(|ky| (x.first..x.first + x.count).map(move |kx| ky * width + kx)).collect()
}
