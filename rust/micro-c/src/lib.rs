//! `pysnn.h` on `pysnn_micro`: all memory is the caller's. The header says what each function does, and what its pointers must point to.

#![cfg_attr(not(feature = "std"), no_std)]

mod border;

use core::ptr;

use pysnn_abi::{ABI, Allocator, Error, Info, Status};
use pysnn_micro::{Fault, Model, Session};

use border::{ALLOCATOR, FLOATS, SIZE, USE, begin, missing, on, room, told, values, values_mut};
pub use border::{OpenModel, OpenSession};

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
    let mut found = None;
    let mut probe = || {
        // SAFETY: the caller's promise.
        let (info, plan) = unsafe { (info.as_mut().ok_or_else(missing)?, values(plan, bytes)?) };
        if info.size < size_of::<Info>() {
            return Err(Fault::new(&SIZE));
        }
        let model = found.insert(Model::find(plan)?);
        model.check()?;
        let found = model.info();
        let session = |bytes| if bytes == 0 { 0 } else { size_of::<OpenSession>() + bytes };
        let (runs_bytes, stream_bytes) = (session(found.runs_bytes), session(found.stream_bytes));
        *info = Info { size: info.size, runs_bytes, stream_bytes, ..found };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, probe(), found.as_ref()) }
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
    memory: *mut u8,
    memory_bytes: usize,
    model: *mut *mut OpenModel,
    error: *mut Error,
) -> Status {
    let mut place: *mut OpenModel = ptr::null_mut();
    let mut open = || {
        // SAFETY: the caller's promise.
        let (model, plan) = unsafe { (model.as_mut().ok_or_else(missing)?, values(plan, bytes)?) };
        *model = ptr::null_mut();
        let found = Model::find(plan)?;
        place = room::<OpenModel>(memory, memory_bytes, size_of::<OpenModel>())?;
        // SAFETY: the memory has been seen to be large and aligned enough.
        unsafe {
            place.write(found);
            (*place).check()?;
        }
        *model = place;
        Ok(())
    };
    // SAFETY: the caller's promise; the place is null, or a model has been written there.
    unsafe { told(error, open(), place.as_ref()) }
}

/// Refuse an allocator.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_open_with(
    _plan: *const u8,
    _bytes: usize,
    _allocator: *const Allocator,
    model: *mut *mut OpenModel,
    error: *mut Error,
) -> Status {
    let refuse = || {
        // SAFETY: the caller's promise.
        *unsafe { model.as_mut() }.ok_or_else(missing)? = ptr::null_mut();
        Err(Fault::new(&ALLOCATOR))
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, refuse(), None) }
}

/// End a model: nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn pysnn_close(_model: *mut OpenModel) {}

/// Begin a session.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_start(
    model: *const OpenModel,
    wanted: u32,
    memory: *mut u8,
    memory_bytes: usize,
    session: *mut *mut OpenSession,
    error: *mut Error,
) -> Status {
    let start = || {
        // SAFETY: the caller's promise.
        let (session, model) = unsafe { (session.as_mut().ok_or_else(missing)?, model.as_ref().ok_or_else(missing)?) };
        *session = ptr::null_mut();
        if wanted > 1 {
            return Err(Fault::new(&USE));
        }
        // SAFETY: the caller's promise.
        *session = unsafe { begin(model, wanted == 1, memory, memory_bytes)? };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, start(), model.as_ref()) }
}

/// End a session: nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn pysnn_end(_session: *mut OpenSession) {}

/// Go back to the start.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_reset(session: *mut OpenSession, error: *mut Error) -> Status {
    let reset = |session: &mut OpenSession| {
        session.reset();
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { on(session, error, reset) }
}

/// Refuse values of float32.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_input_f32(
    session: *mut OpenSession,
    _values: *const f32,
    _count: usize,
    error: *mut Error,
) -> Status {
    let refuse = |_: &mut OpenSession| Err(Fault::new(&FLOATS));
    // SAFETY: the caller's promise.
    unsafe { on(session, error, refuse) }
}

/// Set a picture.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_input_u8(
    session: *mut OpenSession,
    picture: *const u8,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.picture(values(picture, count)?)) }
}

/// Take steps with the picture that has been set.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_steps(session: *mut OpenSession, steps: u32, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.run(steps)) }
}

/// Take one step with events.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_step_events(
    session: *mut OpenSession,
    inputs: *const u32,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.step(values(inputs, count)?)) }
}

/// Steps since the start.
///
/// # Safety
///
/// The session is null, or one of `pysnn_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_steps_done(session: *const OpenSession) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { session.as_ref() }.map_or(0, Session::steps)
}

/// Give the scores.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_scores(
    session: *const OpenSession,
    scores: *mut f32,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let give = |session: &OpenSession| session.scores(values_mut(scores, count)?);
        told(error, session.as_ref().ok_or_else(missing).and_then(give), None)
    }
}

/// Write the state.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_save(
    session: *const OpenSession,
    bytes: *mut u8,
    room: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let save = |session: &OpenSession| session.save(values_mut(bytes, room)?);
        told(error, session.as_ref().ok_or_else(missing).and_then(save), None)
    }
}

/// Go on from a state.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_load(
    session: *mut OpenSession,
    bytes: *const u8,
    count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, |session| session.load(values(bytes, count)?)) }
}

/// Repeat the golden run.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_verify(
    model: *const OpenModel,
    memory: *mut u8,
    memory_bytes: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise; the session begun here ends with this function.
    unsafe {
        let verify = |model| {
            let session = begin(model, model.info().runs_bytes == 0, memory, memory_bytes)?;
            session.as_mut().ok_or_else(missing)?.verify()
        };
        told(error, model.as_ref().ok_or_else(missing).and_then(verify), model.as_ref())
    }
}
