//! The functions of `pysnn.h`.

pub(crate) mod model;
pub(crate) mod session;

use std::ptr;

use crate::guard::guarded;

/// Drop what `Box::into_raw` made.
///
/// # Safety
///
/// The pointer is null, or one of `Box::into_raw` that is not used any more.
pub(crate) unsafe fn give_up<T>(pointer: *mut T) {
    if !pointer.is_null() {
        let end = || {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(pointer) });
            Ok(())
        };
        // SAFETY: null is allowed.
        unsafe { guarded(ptr::null_mut(), end) };
    }
}
