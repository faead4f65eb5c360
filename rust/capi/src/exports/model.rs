//! Functions on files and models.

use std::ptr;
use std::sync::Arc;

use pysnn_abi::{ABI, Allocator, Error, Info, Status};

use crate::exports::give_up;
use crate::failure::{Failure, Outcome};
use crate::guard::{exclusive, guarded, shared, values};
use crate::memory::{self, Given};
use crate::model::{self, Model};

/// The version of the interface.
#[unsafe(no_mangle)]
pub extern "C" fn pysnn_abi() -> u32 {
    ABI
}

/// Say what is in a file.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_probe(plan: *const u8, bytes: usize, info: *mut Info, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        guarded(error, || {
            let info = exclusive(info, "info")?;
            if info.size < size_of::<Info>() {
                return Err(Failure::argument(format!("info.size is {}; expected {}", info.size, size_of::<Info>())));
            }
            let found = model::info(&model::read(values(plan, bytes, "plan")?)?);
            *info = Info { size: info.size, ..found };
            Ok(())
        })
    }
}

/// Make a model of a file, whose memory comes from an allocator or from the system.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
unsafe fn opened(plan: *const u8, bytes: usize, allocator: Option<Given>, model: *mut *mut Arc<Model>) -> Outcome<()> {
    // SAFETY: the caller's promise.
    let (model, plan) = unsafe { (exclusive(model, "model")?, values(plan, bytes, "plan")?) };
    *model = ptr::null_mut();
    *model = memory::with(allocator, || Ok(Box::new(Model::open(plan, allocator)?))).map(Box::into_raw)?;
    Ok(())
}

/// Make a model of a file.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_open(
    plan: *const u8,
    bytes: usize,
    _memory: *mut u8,
    _memory_bytes: usize,
    model: *mut *mut Arc<Model>,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { guarded(error, || opened(plan, bytes, None, model)) }
}

/// Make a model of a file, with an allocator of the caller's.
///
/// # Safety
///
/// Pointers are null, or point to what the header says, and the allocator does what it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_open_with(
    plan: *const u8,
    bytes: usize,
    allocator: *const Allocator,
    model: *mut *mut Arc<Model>,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        guarded(error, || {
            let allocator = Given::new(shared(allocator, "allocator")?)?;
            opened(plan, bytes, Some(allocator), model)
        })
    }
}

/// End a model.
///
/// # Safety
///
/// The model is null, or one of `pysnn_open` that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_close(model: *mut Arc<Model>) {
    // SAFETY: the caller's promise.
    unsafe { give_up(model) }
}

/// Repeat the golden run.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_verify(
    model: *const Arc<Model>,
    _memory: *mut u8,
    _memory_bytes: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        guarded(error, || {
            let model = shared(model, "model")?;
            memory::with(model.allocator, || model.verify())
        })
    }
}
