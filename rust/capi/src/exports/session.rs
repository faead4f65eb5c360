//! Functions on sessions.

use std::ptr;
use std::sync::Arc;

use pysnn_abi::{Error, Status, Use};
use pysnn_core::exported::Samples;

use crate::exports::give_up;
use crate::failure::{Failure, Outcome};
use crate::guard::{exclusive, guarded, shared, values, values_mut};
use crate::memory;
use crate::model::Model;
use crate::session::Session;

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
            *session = ptr::null_mut();
            let wanted = match wanted {
                0 => Use::Runs,
                1 => Use::Stream,
                other => return Err(Failure::argument(format!("use {other}; expected PYSNN_RUNS or PYSNN_STREAM"))),
            };
            let model = shared(model, "model")?;
            let started = memory::with(model.allocator, || Ok(Box::new(Session::start(model, wanted)?)))?;
            *session = Box::into_raw(started);
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
            let outcome = memory::with(session.allocator(), || body(session));
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
    unsafe {
        guarded(error, || {
            let (session, bytes) = (shared(session, "session")?, values_mut(bytes, room, "bytes")?);
            memory::with(session.allocator(), || session.save(bytes))
        })
    }
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
