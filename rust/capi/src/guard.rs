//! The border: pointers are looked at here, and no panic crosses it.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use pysnn_abi::{Error, Status};

use crate::failure::{Failure, Outcome};

/// Run the body of a function, and tell its caller how it ended.
///
/// # Safety
///
/// `error` is null, or may be written.
pub(crate) unsafe fn guarded(error: *mut Error, body: impl FnOnce() -> Outcome<()>) -> Status {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // To drop what was thrown could panic again.
        mem::forget(payload);
        Err(Failure::new(Status::Internal, "an internal error of pysnn; please report it"))
    });
    let told = match outcome {
        Ok(()) => Error::new(Status::Ok, &[]),
        Err(failure) => failure.error(),
    };
    // SAFETY: the caller's promise.
    if let Some(error) = unsafe { error.as_mut() } {
        *error = told;
    }
    told.status
}

fn missing(name: &str) -> Failure {
    Failure::argument(format!("{name} is NULL"))
}

/// What a pointer points to.
///
/// # Safety
///
/// It is null, or points to a value that nothing else writes.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T, name: &str) -> Outcome<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| missing(name))
}

/// The same, to write.
///
/// # Safety
///
/// It is null, or points to a value that nothing else reads or writes.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T, name: &str) -> Outcome<&'a mut T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| missing(name))
}

/// Some values.
///
/// # Safety
///
/// The pointer is null, or points to so many values that nothing writes.
pub(crate) unsafe fn values<'a, T>(pointer: *const T, count: usize, name: &str) -> Outcome<&'a [T]> {
    check(pointer, count, name)?;
    // SAFETY: the caller's promise, and no slice is too long.
    Ok(if count == 0 { &[] } else { unsafe { slice::from_raw_parts(pointer, count) } })
}

/// The same, to write.
///
/// # Safety
///
/// The pointer is null, or points to so many values that nothing else reads or writes.
pub(crate) unsafe fn values_mut<'a, T>(pointer: *mut T, count: usize, name: &str) -> Outcome<&'a mut [T]> {
    check(pointer, count, name)?;
    // SAFETY: the caller's promise, and no slice is too long.
    Ok(if count == 0 { &mut [] } else { unsafe { slice::from_raw_parts_mut(pointer, count) } })
}

fn check<T>(pointer: *const T, count: usize, name: &str) -> Outcome<()> {
    let fits = count.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    match (count, pointer.is_null()) {
        (0, _) => Ok(()),
        (_, true) => Err(missing(name)),
        _ if !pointer.is_aligned() => Err(Failure::argument(format!("{name} is not aligned"))),
        _ if !fits => Err(Failure::argument(format!("{name}: {count} values do not fit into memory"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        let mut error = Error::new(Status::Ok, &[]);
        // SAFETY: a value of this function's own.
        let status = unsafe { guarded(&raw mut error, || panic!("on purpose")) };
        assert_eq!((status, error.status), (Status::Internal, Status::Internal));
        assert!(error.message.starts_with(b"an internal error"));
        // SAFETY: null is allowed.
        assert_eq!(unsafe { guarded(std::ptr::null_mut(), || panic!("on purpose")) }, Status::Internal);
    }

    #[test]
    fn pointers_are_looked_at() {
        // SAFETY: nothing is read through them.
        unsafe {
            assert!(values::<u32>(std::ptr::null(), 1, "x").is_err());
            assert!(values::<u32>(std::ptr::null(), 0, "x").is_ok_and(<[u32]>::is_empty));
            assert!(values(std::ptr::without_provenance::<u32>(5), 1, "x").is_err());
            assert!(values_mut(std::ptr::without_provenance_mut::<u32>(8), usize::MAX / 2, "x").is_err());
            assert!(
                shared::<u32>(std::ptr::null(), "x").is_err() && exclusive::<u32>(std::ptr::null_mut(), "x").is_err()
            );
        }
    }
}
