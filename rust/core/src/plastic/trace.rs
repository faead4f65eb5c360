//! Traces in the unit of an epoch: nothing is to be done between spikes.

use super::plan::Table;

/// What is smaller becomes 0 where an epoch ends.
const FLUSH: f32 = 1e-30;

/// One value, brought to the unit of the next epoch.
#[inline(always)]
pub(super) fn renewed(z: f32, epoch: f32) -> f32 {
    let next = z * epoch;
    if next.abs() < FLUSH { 0.0 } else { next }
}

/// Bring values to the unit of the epoch that starts with a step, if one does.
pub(super) fn renew(z: &mut [f32], table: &Table, step: i32) {
    if step > 0 && table.phase(step) == 0 {
        for z in z {
            *z = renewed(*z, table.epoch);
        }
    }
}

/// A spike of one neuron.
#[inline(always)]
pub(super) fn rise(z: &mut f32, up: f32, nearest: bool) {
    *z = if nearest { up } else { *z + up };
}
