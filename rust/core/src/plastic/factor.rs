//! How much of a change a weight takes.

use super::plan::Power;

/// A factor by the weight; a type each, so that loops are compiled for it.
pub(super) trait Factor: Copy {
    fn of(self, w: f32) -> f32;
}

/// 1.
#[derive(Clone, Copy)]
pub(super) struct One;

/// `w / w_max`.
#[derive(Clone, Copy)]
pub(super) struct Weight {
    pub(super) inverse: f32,
}

/// `1 - w / w_max`.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) w_max: f32,
    pub(super) inverse: f32,
}

/// A factor to a power.
#[derive(Clone, Copy)]
pub(super) struct Powered<'a, F> {
    pub(super) base: F,
    pub(super) table: &'a Power,
}

impl Factor for One {
    #[inline(always)]
    fn of(self, _: f32) -> f32 {
        1.0
    }
}

impl Factor for Weight {
    #[inline(always)]
    fn of(self, w: f32) -> f32 {
        w * self.inverse
    }
}

impl Factor for Room {
    #[inline(always)]
    fn of(self, w: f32) -> f32 {
        (self.w_max - w) * self.inverse
    }
}

impl<F: Factor> Factor for Powered<'_, F> {
    #[inline(always)]
    fn of(self, w: f32) -> f32 {
        let bits = self.base.of(w).to_bits();
        let at = (bits >> 13 & 1023) as usize;
        let part = (bits & 0x1FFF) as f32 * (1.0 / 8192.0);
        let low = self.table.mantissas[at];
        self.table.exponents[(bits >> 23 & 255) as usize] * (low + part * (self.table.mantissas[at + 1] - low))
    }
}

/// A weight behind an event.
#[inline(always)]
pub(super) fn changed<F: Factor>(w: f32, change: f32, offset: f32, split: bool, factor: F, w_max: f32) -> f32 {
    let f = factor.of(w);
    if split {
        let half = (w + change * f).max(0.0).min(w_max);
        return (half + offset * f).max(0.0).min(w_max);
    }
    (w + (change + offset) * f).max(0.0).min(w_max)
}
