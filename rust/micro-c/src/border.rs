//! The border: pointers are looked at here, and places in the caller's memory are found.

use core::{ptr, slice};

use pysnn_abi::{Error, Status};
use pysnn_micro::{Fault, Model, Sentence, Session};

/// A model in the caller's memory.
pub type OpenModel = Model<'static>;
/// A session there; its words and maps lie behind it.
pub type OpenSession = Session<'static, 'static>;

/// What a function comes to; its messages are not made before the caller wants them.
pub(crate) type Outcome<T> = Result<T, Fault>;

/// Nothing here can panic; if it does, the processor stops rather than go on.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Tell the caller how a function ended that is about a model.
///
/// # Safety
///
/// `error` is null, or may be written.
#[inline(never)]
pub(crate) unsafe fn told(error: *mut Error, outcome: Outcome<()>, model: Option<&Model<'_>>) -> Status {
    let fault = outcome.err().unwrap_or(Fault::new(&DONE));
    // SAFETY: the caller's promise.
    if let Some(error) = unsafe { error.as_mut() } {
        *error = fault.error(model);
    }
    fault.status()
}

const fn sentence(status: Status, text: &'static str) -> Sentence {
    Sentence { status, text }
}

pub(crate) static SIZE: Sentence = sentence(Status::Argument, "info.size is smaller than the library's");
pub(crate) static ALLOCATOR: Sentence =
    sentence(Status::Unsupported, "all memory is the caller's: pysnn_probe and pysnn_open");
pub(crate) static USE: Sentence = sentence(Status::Argument, "an unknown use; expected PYSNN_RUNS or PYSNN_STREAM");
pub(crate) static FLOATS: Sentence =
    sentence(Status::Argument, "no float32 enters: pysnn_step_events or pysnn_input_u8");
static DONE: Sentence = sentence(Status::Ok, "");
static MISSING: Sentence = sentence(Status::Argument, "a pointer is NULL, or not aligned");
static MEMORY: Sentence = sentence(Status::Memory, "the memory is smaller than pysnn_probe says, or not aligned");

pub(crate) fn missing() -> Fault {
    Fault::new(&MISSING)
}

/// Some values.
///
/// # Safety
///
/// The pointer is null, or points to so many values that nothing writes.
pub(crate) unsafe fn values<'a, T>(pointer: *const T, count: usize) -> Outcome<&'a [T]> {
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
pub(crate) unsafe fn values_mut<'a, T>(pointer: *mut T, count: usize) -> Outcome<&'a mut [T]> {
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
pub(crate) fn room<T>(memory: *mut u8, bytes: usize, needed: usize) -> Outcome<*mut T> {
    if memory.is_null() || bytes < needed || !memory.addr().is_multiple_of(8) {
        return Err(Fault::new(&MEMORY));
    }
    Ok(memory.cast())
}

/// Bytes of a session in the caller's memory.
pub(crate) fn session_bytes(room: [usize; 2]) -> usize {
    size_of::<OpenSession>() + 4 * room[0] + room[1]
}

/// Begin a session in the caller's memory.
///
/// # Safety
///
/// The model stays, and the memory is null or has so many bytes that nothing else reads or writes.
pub(crate) unsafe fn begin(
    model: &'static OpenModel,
    goes_on: bool,
    memory: *mut u8,
    bytes: usize,
) -> Outcome<*mut OpenSession> {
    let [words, counts] = Session::room(model, goes_on);
    let session = room::<OpenSession>(memory, bytes, session_bytes([words, counts]))?;
    let words_begin = session.wrapping_add(1).cast::<i32>();
    let counts_begin = words_begin.wrapping_add(words).cast::<u8>();
    // SAFETY: the memory has been seen to hold a session, the words behind it and the counts behind these; a session's size is a multiple
    // of a word's alignment, and zeros are words.
    unsafe {
        ptr::write_bytes(words_begin, 0, words);
        ptr::write_bytes(counts_begin, 0, counts);
        let words = slice::from_raw_parts_mut(words_begin, words);
        let counts = slice::from_raw_parts_mut(counts_begin, counts);
        session.write(Session::start(model, goes_on, words, counts)?);
    }
    Ok(session)
}

/// Work on a session.
///
/// # Safety
///
/// Pointers are null, or point to what the header says.
pub(crate) unsafe fn on(
    session: *mut OpenSession,
    error: *mut Error,
    body: impl FnOnce(&mut OpenSession) -> Outcome<()>,
) -> Status {
    // SAFETY: the caller's promise.
    unsafe {
        let outcome = session.as_mut().ok_or_else(missing).and_then(body);
        told(error, outcome, session.as_ref().map(Session::model))
    }
}
