//! `pysnn.h` on `pysnn_micro`: all memory is the caller's. The header says what each function does, and what its pointers must point to.

#![cfg_attr(not(feature = "std"), no_std)]

use core::{ptr, slice};

use pysnn_abi::{ABI, Error, Info, Status};
use pysnn_micro::{Fault, Model, Session};

/// A model in the caller's memory.
pub type OpenModel = Model<'static>;
/// A session there; its words and maps lie behind it.
pub type OpenSession = Session<'static, 'static>;

/// What a function comes to; its messages are not made before the caller wants them.
type Outcome<T> = Result<T, Fault<'static>>;

/// Nothing here can panic; if it does, the processor stops rather than go on.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Tell the caller how a function ended.
///
/// # Safety
///
/// `error` is null, or may be written.
unsafe fn told(error: *mut Error, outcome: Outcome<()>) -> Status {
    let fault = outcome.err().unwrap_or(Fault::new(Status::Ok, ""));
    // SAFETY: the caller's promise.
    if let Some(error) = unsafe { error.as_mut() } {
        *error = fault.error();
    }
    fault.status
}

fn wrong(status: Status, what: &'static str) -> Fault<'static> {
    Fault::new(status, what)
}

fn missing() -> Fault<'static> {
    wrong(Status::Argument, "a pointer is NULL, or not aligned")
}

/// Some values.
///
/// # Safety
///
/// The pointer is null, or points to so many values that nothing writes.
unsafe fn values<'a, T>(pointer: *const T, count: usize) -> Outcome<&'a [T]> {
    match count {
        0 => Ok(&[]),
        _ if pointer.is_null() || !pointer.is_aligned() || count > isize::MAX as usize / size_of::<T>() => {
            Err(missing())
        }
        // SAFETY: the caller's promise, and no slice is too long.
        _ => Ok(unsafe { slice::from_raw_parts(pointer, count) }),
    }
}

/// The same, to write.
///
/// # Safety
///
/// The pointer is null, or points to so many values that nothing else reads or writes.
unsafe fn values_mut<'a, T>(pointer: *mut T, count: usize) -> Outcome<&'a mut [T]> {
    match count {
        0 => Ok(&mut []),
        _ if pointer.is_null() || !pointer.is_aligned() || count > isize::MAX as usize / size_of::<T>() => {
            Err(missing())
        }
        // SAFETY: the caller's promise, and no slice is too long.
        _ => Ok(unsafe { slice::from_raw_parts_mut(pointer, count) }),
    }
}

/// The caller's memory, if it is as large and as aligned as it must be.
#[allow(clippy::cast_ptr_alignment, reason = "the address has been looked at")]
fn room<T>(memory: *mut u8, bytes: usize, needed: usize) -> Outcome<*mut T> {
    if memory.is_null() || bytes < needed || !memory.addr().is_multiple_of(8) {
        return Err(wrong(Status::Memory, "the memory is smaller than pysnn_probe says, or not aligned"));
    }
    Ok(memory.cast())
}

/// Bytes of a session in the caller's memory.
fn session_bytes(model: &OpenModel) -> usize {
    size_of::<OpenSession>() + model.info().stream_bytes
}

/// Begin a session in the caller's memory.
///
/// # Safety
///
/// The model stays, and the memory is null or has so many bytes that nothing else reads or writes.
unsafe fn begin(model: &'static OpenModel, memory: *mut u8, bytes: usize) -> Outcome<*mut OpenSession> {
    let session = room::<OpenSession>(memory, bytes, session_bytes(model))?;
    let [words, counts] = Session::room(model);
    let words_begin = session.wrapping_add(1).cast::<i32>();
    let counts_begin = words_begin.wrapping_add(words).cast::<u8>();
    // SAFETY: the memory has been seen to hold a session, the words behind it and the counts behind these; a session's size is a multiple
    // of a word's alignment, and zeros are words.
    unsafe {
        ptr::write_bytes(words_begin, 0, words);
        ptr::write_bytes(counts_begin, 0, counts);
        let words = slice::from_raw_parts_mut(words_begin, words);
        let counts = slice::from_raw_parts_mut(counts_begin, counts);
        session.write(Session::start(model, words, counts)?);
    }
    Ok(session)
}

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
    let probe = || {
        // SAFETY: the caller's promise.
        let (info, plan) = unsafe { (info.as_mut().ok_or_else(missing)?, values(plan, bytes)?) };
        if info.size < size_of::<Info>() {
            return Err(wrong(Status::Argument, "info.size is smaller than the library's"));
        }
        let model = Model::open(plan)?;
        let found = model.info();
        let stream_bytes = size_of::<OpenSession>() + found.stream_bytes;
        *info = Info { size: info.size, stream_bytes, ..found };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, probe()) }
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
    let open = || {
        // SAFETY: the caller's promise.
        let (model, plan) = unsafe { (model.as_mut().ok_or_else(missing)?, values(plan, bytes)?) };
        *model = ptr::null_mut();
        let opened = Model::open(plan)?;
        let place = room::<OpenModel>(memory, memory_bytes, size_of::<OpenModel>())?;
        // SAFETY: the memory has been seen to be large and aligned enough.
        unsafe { place.write(opened) };
        *model = place;
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, open()) }
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
        match wanted {
            0 => return Err(wrong(Status::Unsupported, "events enter: PYSNN_STREAM alone")),
            1 => {}
            _ => return Err(wrong(Status::Argument, "an unknown use; expected PYSNN_RUNS or PYSNN_STREAM")),
        }
        // SAFETY: the caller's promise.
        *session = unsafe { begin(model, memory, memory_bytes)? };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { told(error, start()) }
}

/// End a session: nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn pysnn_end(_session: *mut OpenSession) {}

/// Work on a session.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
unsafe fn on(
    session: *mut OpenSession,
    error: *mut Error,
    body: impl FnOnce(&mut OpenSession) -> Outcome<()>,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { told(error, session.as_mut().ok_or_else(missing).and_then(body)) }
}

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

fn only_events(_: &mut OpenSession) -> Outcome<()> {
    Err(wrong(Status::Argument, "events enter this network: pysnn_step_events"))
}

/// Refuse values.
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
    // SAFETY: the caller's promise.
    unsafe { on(session, error, only_events) }
}

/// Refuse values.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_input_u8(
    session: *mut OpenSession,
    _values: *const u8,
    _count: usize,
    error: *mut Error,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, only_events) }
}

/// Refuse steps without events.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pysnn_steps(session: *mut OpenSession, _steps: u32, error: *mut Error) -> Status {
    // SAFETY: the caller's promise.
    unsafe { on(session, error, only_events) }
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
        told(error, session.as_ref().ok_or_else(missing).and_then(give))
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
        told(error, session.as_ref().ok_or_else(missing).and_then(save))
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
            let session = begin(model, memory, memory_bytes)?;
            session.as_mut().ok_or_else(missing)?.verify()
        };
        told(error, model.as_ref().ok_or_else(missing).and_then(verify))
    }
}
