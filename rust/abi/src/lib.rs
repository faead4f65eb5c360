//! The types of `pysnn.h`, for both libraries that implement it. `include/pysnn.h` says what they mean.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::c_void;

/// The version of the interface: it changes with every declaration. Programs that were compiled with version 1 run with version 2.
pub const ABI: u32 = 2;

/// Bytes of a message, with the 0 at its end.
pub const MESSAGE: usize = 200;

/// `pysnn_status`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// An argument is wrong.
    Argument = 1,
    /// The file is damaged, or not one of pysnn's.
    Format = 2,
    /// The file is of another version of the format.
    Version = 3,
    /// This library does not run such a network, or not so.
    Unsupported = 4,
    /// Memory is short.
    Memory = 5,
    /// Data are wrong.
    Data = 6,
    /// A potential could leave int32.
    Range = 7,
    /// The golden run differs.
    Golden = 8,
    /// A bug of pysnn.
    Internal = 9,
}

/// `pysnn_use`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// One run after the other, each from a fresh start.
    Runs = 0,
    /// Steps that go on.
    Stream = 1,
}

/// `pysnn_error`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Error {
    /// What the function returned.
    pub status: Status,
    /// A sentence, in UTF-8, with a 0 at its end.
    pub message: [u8; MESSAGE],
}

/// `pysnn_info`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Its size, which the caller sets.
    pub size: usize,
    /// Bytes of caller's memory of a model.
    pub model_bytes: usize,
    /// Of a session for runs.
    pub runs_bytes: usize,
    /// Of a session for a stream; 0 in both where that use is not supported.
    pub stream_bytes: usize,
    /// Bytes of a stream's state.
    pub state_bytes: usize,
    /// What addresses of caller's memory are multiples of.
    pub alignment: usize,
    /// The version of the file's format.
    pub format: u32,
    /// The shape of a sample.
    pub channels: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Scores.
    pub outputs: u32,
    /// Steps that the network is meant for, 0 where the file does not say.
    pub steps: u32,
    /// How data enter: as in the file.
    pub coding: u32,
    /// 0 float32, 1 int8.
    pub precision: u32,
    /// What scores are: as in the file.
    pub readout: u32,
    /// Steps of a first-spike window, which are one step here; 0 where there is none.
    pub window: u32,
}

/// `pysnn_allocator`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Allocator {
    /// What its functions are given.
    pub context: *mut c_void,
    /// Gives bytes at a multiple of an alignment, or null.
    pub allocate: Option<unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void>,
    /// Takes them back.
    pub release: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, usize, usize)>,
}

impl Error {
    /// An error with as much of some pieces of text, in UTF-8, as fits.
    #[must_use]
    pub fn new(status: Status, pieces: &[&[u8]]) -> Self {
        let mut message = [0; MESSAGE];
        let mut used = 0;
        for piece in pieces {
            let mut length = piece.len().min(MESSAGE - 1 - used);
            while length > 0 && piece.get(length).is_some_and(|byte| byte & 0xc0 == 0x80) {
                length -= 1;
            }
            for (to, from) in message.iter_mut().skip(used).zip(piece.iter().take(length)) {
                *to = *from;
            }
            used += length;
        }
        Self { status, message }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn long_messages_end_at_a_whole_character() {
        let error = Error::new(Status::Data, &[b"a", "\u{e9}".repeat(150).as_bytes()]);
        let end = error.message.iter().position(|&byte| byte == 0).unwrap();
        assert_eq!(end, MESSAGE - 1);
        assert!(core::str::from_utf8(&error.message[..end]).is_ok());
        assert_eq!(Error::new(Status::Ok, &[b"no ", b"fault"]).message[..9], *b"no fault\0");
    }
}
