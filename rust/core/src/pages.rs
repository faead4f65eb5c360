//! Large arrays on large pages: no result depends on it.

/// An empty vector with room, on large pages where the system has them: each page of 4 KB that is read first or at random is else looked up in memory.
pub(crate) fn roomy<T>(len: usize) -> Vec<T> {
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
