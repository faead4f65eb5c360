//! The forward pass: groups of samples go through all layers, each on its own.

use super::blocks::Weights;
use super::fire::Fire;
use super::plan::{Layer, Plan};
use super::spikes::{Lists, Sites, Sorter, row_offsets, site_base};
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

/// Compute one group.
pub(super) fn forward(
    plan: &Plan,
    level: Level,
    weights: &[Option<Weights<'_>>],
    inputs: &[f32],
    poll: &dyn Watch,
) -> Result<GroupPass> {
    let samples = inputs.len() / plan.in_size();
    let mut group = GroupPass { samples, layers: Vec::with_capacity(plan.layers.len()) };
    let mut sorter = Sorter::default();
    for (layer, weights) in plan.layers.iter().zip(weights) {
        poll.check()?;
        let below = group.layers.last().map_or(inputs, |layer| &layer.times);
        let mut pass = LayerPass {
            spikes: Lists::new(),
            times: vec![f32::INFINITY; samples * layer.out_size()],
            marks: vec![0.0; samples * layer.out_size()],
        };
        let Some(weights) = weights else {
            for (map, out) in below.chunks_exact(layer.in_size()).zip(pass.times.chunks_exact_mut(layer.out_size())) {
                earliest(layer, map, |_, neuron, time| out[neuron] = time);
            }
            group.layers.push(pass);
            continue;
        };
        for map in below.chunks_exact(layer.in_size()) {
            pass.spikes.push_map(map, &mut sorter);
        }
        if layer.is_dense() {
            let (lists, times, marks) = (&pass.spikes, &mut pass.times[..], &mut pass.marks[..]);
            Fire { weights, lists, times, marks }.run(level, plan.neuron, layer)?;
        } else {
            let (mut lists, sites) = (Lists::new(), Sites::new(layer));
            let rows = pass.times.chunks_exact_mut(layer.out_size()).zip(pass.marks.chunks_exact_mut(layer.out_size()));
            for (map, (times, marks)) in pass.spikes.iter().zip(rows) {
                poll.check()?;
                lists.share_out(map, &sites);
                Fire { weights, lists: &lists, times, marks }.run(level, plan.neuron, layer)?;
            }
        }
        group.layers.push(pass);
    }
    Ok(group)
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
