//! `pysnn.h` on the engine of pysnn-core. The header says what each function does, and what its pointers must point to.

mod failure;
mod guard;
mod model;
mod session;
mod state;

use std::sync::Arc;

use pysnn_abi::{ABI, Error, Info, Status, Use};
use pysnn_core::exported::Samples;

use failure::{Failure, Outcome};
use guard::{exclusive, guarded, shared, values, values_mut};
pub use model::Model;
pub use session::Session;

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
    unsafe {
        guarded(error, || {
            let model = exclusive(model, "model")?;
            *model = std::ptr::null_mut();
            *model = Box::into_raw(Box::new(Arc::new(Model::open(values(plan, bytes, "plan")?)?)));
            Ok(())
        })
    }
}

/// Drop what `Box::into_raw` made.
///
/// # Safety
///
/// The pointer is null, or one of `Box::into_raw` that is not used any more.
unsafe fn give_up<T>(pointer: *mut T) {
    if !pointer.is_null() {
        let end = || {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(pointer) });
            Ok(())
        };
        // SAFETY: null is allowed.
        unsafe { guarded(std::ptr::null_mut(), end) };
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

/// Begin a session.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_start(
    model: *const Arc<Model>,
    wanted: u32,
    _memory: *mut u8,
    _memory_bytes: usize,
    session: *mut *mut Session,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        guarded(error, || {
            let session = exclusive(session, "session")?;
            *session = std::ptr::null_mut();
            let wanted = match wanted {
                0 => Use::Runs,
                1 => Use::Stream,
                other => return Err(Failure::argument(format!("use {other}; expected PYSNN_RUNS or PYSNN_STREAM"))),
            };
            *session = Box::into_raw(Box::new(Session::start(shared(model, "model")?, wanted)?));
            Ok(())
        })
    }
}

/// End a session.
///
/// # Safety
///
/// The session is null, or one of `pysnn_start` that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_end(session: *mut Session) {
    // SAFETY: the caller's promise.
    unsafe { give_up(session) }
}

/// Work on a session; a panic ends it.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
unsafe fn on(session: *mut Session, error: *mut Error, body: impl FnOnce(&mut Session) -> Outcome<()>) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        guarded(error, || {
            let session = exclusive(session, "session")?;
            if session.broken {
                return Err(Failure::new(Status::Internal, "this session met an internal error before: end it"));
            }
            session.broken = true;
            let outcome = body(session);
            session.broken = false;
            outcome
        })
    }
}

/// Go back to the start.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_reset(session: *mut Session, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, Session::reset) }
}

/// Set what enters.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_input_f32(
    session: *mut Session,
    given: *const f32,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.set(Samples::Single(values(given, count, "values")?), count)) }
}

/// Set what enters.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_input_u8(
    session: *mut Session,
    given: *const u8,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.set(Samples::Bytes(values(given, count, "values")?), count)) }
}

/// Take some steps.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_steps(session: *mut Session, steps: u32, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.steps(steps)) }
}

/// Take one step with events.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_step_events(
    session: *mut Session,
    inputs: *const u32,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.step_events(values(inputs, count, "inputs")?)) }
}

/// Steps since the start.
///
/// # Safety
///
/// The session is null, or one of `pysnn_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_steps_done(session: *const Session) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { session.as_ref() }.map_or(0, Session::steps_done)
}

/// Give the scores.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_scores(
    session: *const Session,
    scores: *mut f32,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { guarded(error, || shared(session, "session")?.scores(values_mut(scores, count, "scores")?)) }
}

/// Write the state.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_save(session: *const Session, bytes: *mut u8, room: usize, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe { guarded(error, || shared(session, "session")?.save(values_mut(bytes, room, "bytes")?)) }
}

/// Go on from a state.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_load(
    session: *mut Session,
    bytes: *const u8,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.load(values(bytes, count, "bytes")?)) }
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
    unsafe { guarded(error, || shared(model, "model")?.verify()) }
}
