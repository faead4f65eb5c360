//! Values side by side, and sums for each channel: what backward passes over arrays have in common.

use super::integrate::{TILE, Value};

/// As many values as one round of a loop takes.
pub(super) type Lanes = [f32; TILE];

/// The sums that a part adds up side by side: one for each channel, or as many times that as fit into a tile.
pub(super) fn span(channels: usize) -> usize {
    channels.max(TILE / channels * channels)
}

/// Values of channels, again and again up to a span.
pub(super) fn spread(values: &[f32], span: usize) -> Vec<f32> {
    values.iter().copied().cycle().take(span).collect()
}

/// The sums of parts, each a span, added up for each channel.
pub(super) fn folded<'a>(spans: impl Iterator<Item = &'a [f32]>, channels: usize) -> Vec<f32> {
    let mut total = vec![0.0_f64; channels];
    for row in spans.flat_map(|span| span.chunks(channels)) {
        for (total, value) in total.iter_mut().zip(row) {
            *total += f64::from(*value);
        }
    }
    total.into_iter().map(|value| value as f32).collect()
}

/// Numbers of channels, others behind them.
#[inline(always)]
pub(super) fn numbers(values: &[f32], others: f32) -> Lanes {
    let mut found = [others; TILE];
    found[..values.len()].copy_from_slice(values);
    found
}

/// Values from one on, as many as are wanted and there; zeros behind them.
#[inline(always)]
pub(super) fn tile<T: Value>(values: &[T], from: usize, length: usize) -> [T; TILE] {
    // A full tile has a length that the compiler knows.
    if length == TILE
        && let Some(full) = values[from..].first_chunk()
    {
        return *full;
    }
    let mut found = [T::rounded(0.0); TILE];
    let to = from + length.min(values.len() - from);
    found[..to - from].copy_from_slice(&values[from..to]);
    found
}

/// Write a tile's first values from one place on, as many as are wanted and as there is room for.
#[inline(always)]
pub(super) fn put<T: Value>(values: [T; TILE], target: &mut [T], from: usize, length: usize) {
    let to = from + length.min(target.len() - from);
    let target = &mut target[from..to];
    match <&mut [T; TILE]>::try_from(&mut *target) {
        Ok(target) => *target = values,
        Err(_) => target.copy_from_slice(&values[..to - from]),
    }
}
