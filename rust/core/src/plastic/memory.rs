//! What processors and systems are told of large arrays: no result depends on it.

/// Weights that stay in the cache of a core: nothing is fetched ahead.
pub(super) const NEAR: usize = 1 << 19;
/// Of the next row and column, how much is fetched ahead at most.
pub(super) const AHEAD_ROW: usize = 512;
/// A cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Have the lines of a part of a slice on their way.
#[inline(always)]
#[allow(unused_variables, reason = "other machines do without")]
pub(super) fn prefetch<T>(slice: &[T], from: usize, to: usize) {
    #[cfg(target_arch = "x86_64")]
    for at in (from..to).step_by(LINE / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_add(at).cast()) };
    }
}
