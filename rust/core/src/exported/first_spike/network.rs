//! The section with the network: neurons, layers, weights.

use crate::container::aligned;
use crate::error::{Error, Result};
use crate::exported::bytes::{damaged, u32_at, zero};
use crate::exported::layout::single;
use crate::first_spike::{Layer, MAX_STEPS, Neuron, Plan};
use crate::plan::Window;

/// Neurons in all, those of a site in whole blocks, and taps of a window times windows, or times channels, at most: what an engine sets
/// up for a sample, whatever the file's length.
const MOST: usize = 1 << 26;
/// Neurons of a site that an engine takes together.
const BLOCK: usize = 64;

/// Read it.
pub(super) fn read(bytes: &[u8]) -> Result<(Plan, Vec<Vec<f32>>)> {
    let count = u32_at(bytes, single::LAYERS) as usize;
    let behind = count.checked_mul(single::LAYER).and_then(|size| size.checked_add(single::HEAD));
    let Some((behind, records)) = behind.and_then(|end| Some((end, bytes.get(single::HEAD..end)?))) else {
        return Err(damaged(format!("{} bytes of a network of {count} layers; expected more", bytes.len())));
    };
    zero(bytes, single::RESERVED)?;
    let layers = records.chunks_exact(single::LAYER).enumerate().map(|(number, record)| layer(number, record));
    let plan = Plan::new(neuron(bytes)?, layers.collect::<Result<_>>()?)?;
    check_size(&plan)?;
    let weights = read_weights(&plan, bytes, behind)?;
    Ok((plan, weights))
}

fn neuron(bytes: &[u8]) -> Result<Neuron> {
    let [kind, above, steps] = [single::NEURON, single::ABOVE, single::STEPS].map(|at| u32_at(bytes, at) as usize);
    match (kind, above, steps) {
        (1, 0, 0) => Ok(Neuron::Ramp),
        (2, 0 | 1, 1..=MAX_STEPS) => Ok(Neuron::Step { strict: above == 1, steps }),
        _ => Err(damaged(format!(
            "neuron {kind}, comparison {above}, {steps} steps; expected 1, 0, 0 (ramp) or 2, 0 or 1, 1 to {MAX_STEPS} (step)"
        ))),
    }
}

fn layer(number: usize, record: &[u8]) -> Result<Layer> {
    let word = |number: usize| u32_at(record, 4 * number) as usize;
    let kind = match word(0) {
        1 => "dense",
        2 => "conv",
        3 => "earliestpool",
        other => return Err(damaged(format!("layer {}: kind {other}; expected 1 to 3", number + 1))),
    };
    let name = format!("{kind}{}", number + 1);
    let window = Window {
        kernel: [word(7), word(8)],
        stride: [word(9), word(10)],
        pads: [word(11), word(12), word(13), word(14)],
        dilation: [1; 2],
    };
    let (input, output) = ([1, 2, 3].map(word), [4, 5, 6].map(word));
    let whole = Window { kernel: [input[0], input[1]], stride: [1; 2], pads: [0; 4], dilation: [1; 2] };
    if kind == "dense" && window != whole {
        return Err(damaged(format!("layer '{name}': {window:?}; expected one window over its input of {input:?}")));
    }
    let bits = u32_at(record, 60);
    if kind == "earliestpool" && bits != 0 {
        return Err(damaged(format!("layer '{name}': a threshold; expected 0 for a pool")));
    }
    let threshold = (kind != "earliestpool").then_some(f32::from_bits(bits));
    Ok(Layer { name, input, output, window, threshold })
}

fn check_size(plan: &Plan) -> Result<()> {
    let mut neurons = 0_usize;
    for layer in &plan.layers {
        let [kh, kw] = layer.window.kernel;
        let taps = kh.checked_mul(kw).and_then(|taps| taps.checked_mul(layer.sites().max(layer.input[2])));
        neurons = layer.columns().next_multiple_of(BLOCK).saturating_mul(layer.sites()).saturating_add(neurons);
        if neurons > MOST || taps.is_none_or(|taps| taps > MOST) {
            let name = &layer.name;
            return Err(Error::capacity(format!(
                "layer '{name}': expected at most {MOST} neurons up to here, in blocks of {BLOCK} a site, and {MOST} taps of its windows or channels"
            )));
        }
    }
    Ok(())
}

/// The weights of each layer, from a place on, each at the next multiple of 64.
fn read_weights(plan: &Plan, bytes: &[u8], mut at: usize) -> Result<Vec<Vec<f32>>> {
    let mut found = Vec::new();
    for layer in plan.layers.iter().filter(|layer| layer.threshold.is_some()) {
        let (begin, size) = (aligned(at), 4 * layer.rows() * layer.columns());
        let end = begin.checked_add(size);
        let Some((end, part)) = end.and_then(|end| Some((end, bytes.get(begin..end)?))) else {
            let (name, there) = (&layer.name, bytes.len().saturating_sub(begin));
            return Err(damaged(format!("layer '{name}': {there} bytes of weights; expected {size}")));
        };
        zero(bytes, at..begin)?;
        let weights: Vec<f32> = part.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(damaged(format!("layer '{}': a weight of {weight}; expected finite ones", layer.name)));
        }
        found.push(weights);
        at = end;
    }
    if at == bytes.len() {
        return Ok(found);
    }
    Err(damaged(format!("{} bytes of a network; expected {at}, where its weights end", bytes.len())))
}
