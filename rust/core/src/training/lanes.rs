//! Values side by side, and sums for each channel: what passes over arrays have in common.

use crate::control::Tick;
use crate::error::Result;
use crate::simd::{Kernel, Level};
use crate::threads::{Team, share, with_team};

/// Values of a part of the work.
pub(super) const PART: usize = 1 << 13;
/// Values that are worked on side by side, in registers or close to them.
pub(super) const TILE: usize = 64;

/// A number in an array: float32, or the bits of a bfloat16.
pub trait Value: Copy + Send + Sync {
    /// Return it as float32.
    fn widened(self) -> f32;
    /// Round a finite float32 to the nearest, of two equally near ones to the even one.
    fn rounded(value: f32) -> Self;
}

impl Value for f32 {
    #[inline(always)]
    fn widened(self) -> f32 {
        self
    }

    #[inline(always)]
    fn rounded(value: f32) -> Self {
        value
    }
}

impl Value for u16 {
    #[inline(always)]
    fn widened(self) -> f32 {
        f32::from_bits(u32::from(self) << 16)
    }

    #[inline(always)]
    fn rounded(value: f32) -> Self {
        let bits = value.to_bits();
        ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as Self
    }
}

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

/// Run all parts, on as many threads as there are parts for.
pub(super) fn run_parts<K: Kernel + Send>(parts: Vec<K>, level: Level, threads: usize, tick: Tick<'_>) -> Result<()> {
    with_team(threads.min(parts.len()), tick, |team| run_on(team, parts, level))
}

/// Run all parts on a team.
pub(super) fn run_on<K: Kernel + Send>(team: &Team<'_>, parts: Vec<K>, level: Level) -> Result<()> {
    share(Some(team), team.watch(), parts, |part, _| {
        level.run(part);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bfloat16_is_rounded_to_the_nearest_even() {
        for (value, bits) in
            [(1.0, 0x3f80), (1.0 + 1.0 / 256.0, 0x3f80), (1.0 + 3.0 / 256.0, 0x3f82), (1.004, 0x3f81), (-2.5, 0xc020)]
        {
            assert_eq!(u16::rounded(value), bits, "{value}");
        }
        assert_eq!(0x3f81_u16.widened(), 1.007_812_5);
    }
}
