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

/// An empty vector with room, on large pages where the system has them: random access to hundreds of megabytes is else a page walk each.
pub(super) fn roomy<T>(len: usize) -> Vec<T> {
    let vector = Vec::with_capacity(len);
    #[cfg(target_os = "linux")]
    large_pages(vector.as_ptr() as usize, len * size_of::<T>());
    vector
}

/// Ask for large pages before memory is first touched.
#[cfg(target_os = "linux")]
fn large_pages(start: usize, bytes: usize) {
    const PAGE: usize = 1 << 21;
    const MADV_HUGEPAGE: i32 = 14;
    unsafe extern "C" {
        fn madvise(address: *mut std::ffi::c_void, length: usize, advice: i32) -> i32;
    }
    let (first, last) = (start.next_multiple_of(PAGE), (start + bytes) & !(PAGE - 1));
    if last > first {
        // SAFETY: whole pages inside an allocation of ours; this advice changes no contents, and a refusal does no harm.
        unsafe { madvise(std::ptr::without_provenance_mut(first), last - first, MADV_HUGEPAGE) };
    }
}
