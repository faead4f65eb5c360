//! Proofs that no potential and no cumulative count leaves int32 in the steps to come: those of `pysnn_core`, step for step.

use crate::model::Model;
use crate::op::{Kind, Op};

/// The longest proof, in steps.
const LONGEST: u64 = 1 << 24;
const INT32: u64 = i32::MAX as u64;
/// A decay of 1.
const WHOLE: u64 = 1 << 30;

/// For how many steps, `steps` at least, nothing leaves int32, `magnitude` being the largest value that each operation remembers.
///
/// # Errors
///
/// The operation that could leave it in `steps`.
pub(crate) fn prove(model: &Model<'_>, steps: u64, magnitude: &dyn Fn(usize) -> u64) -> Result<u64, usize> {
    let beyond = |steps: u64| {
        (0..model.count()).find(|&number| {
            let reach = reach(model, model.op(number), steps);
            reach > 0 && magnitude(number).saturating_add(reach) > INT32
        })
    };
    if let Some(number) = beyond(steps) {
        return Err(number);
    }
    let (mut known, mut over) = (steps, LONGEST.max(steps) + 1);
    while over - known > known / 8 + 1 {
        let middle = known + (over - known) / 2;
        if beyond(middle).is_none() { known = middle } else { over = middle }
    }
    Ok(known)
}

/// How far a value can go from where it starts.
fn reach<'a>(model: &Model<'a>, op: Op<'a>, steps: u64) -> u64 {
    match op.kind() {
        Kind::MaxPool => steps * op.most() as u64,
        Kind::Neuron => {
            let neurons = model.neurons(op);
            let edge = neurons.threshold.largest().max(neurons.v_reset.largest());
            let Some([decay, drive]) = neurons.leak else {
                return edge.saturating_add(steps.saturating_mul(neurons.max_current));
            };
            let inflow = neurons.max_current + drive.largest() + 1;
            let longest = match WHOLE.saturating_sub(decay.largest()) {
                0 => steps,
                leaks => steps.min(WHOLE.div_ceil(leaks)),
            };
            edge.saturating_add(longest.saturating_mul(inflow))
        }
        _ => 0,
    }
}
