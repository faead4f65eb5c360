//! What a file holds, and where.

use std::cmp::Reverse;

use sha2::{Digest, Sha256};

use super::format::{DIGEST_LENGTH, MAX_HEADER, format_error, quote};
use super::header::{self, Entry, Header};
use crate::error::Result;

/// The type of a tensor's values, little-endian in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 16-bit signed integer.
    I16,
    /// 32-bit signed integer.
    I32,
    /// 64-bit signed integer.
    I64,
    /// 8-bit signed integer.
    I8,
    /// 16-bit unsigned integer.
    U16,
    /// 32-bit unsigned integer.
    U32,
    /// 64-bit unsigned integer.
    U64,
    /// 8-bit unsigned integer.
    U8,
}

/// Every dtype with its name in a file and its size in bytes.
const DTYPES: [(Dtype, &str, u64); 10] = [
    (Dtype::F32, "F32", 4),
    (Dtype::F64, "F64", 8),
    (Dtype::I16, "I16", 2),
    (Dtype::I32, "I32", 4),
    (Dtype::I64, "I64", 8),
    (Dtype::I8, "I8", 1),
    (Dtype::U16, "U16", 2),
    (Dtype::U32, "U32", 4),
    (Dtype::U64, "U64", 8),
    (Dtype::U8, "U8", 1),
];

impl Dtype {
    fn from_name(name: &str) -> Option<(Self, u64)> {
        DTYPES.iter().find(|(_, known, _)| *known == name).map(|&(dtype, _, size)| (dtype, size))
    }

    /// Its name in a file.
    #[must_use]
    pub fn name(self) -> &'static str {
        DTYPES.iter().find(|(dtype, _, _)| *dtype == self).map_or("", |&(_, name, _)| name)
    }
}

/// One tensor: `length` bytes at `offset` from the start of the file, C order. Both lie within the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub dtype: Dtype,
    /// Its axes, none of them empty.
    pub shape: Vec<u64>,
    /// Where its bytes start.
    pub offset: usize,
    /// How many there are.
    pub length: usize,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The graph's JSON text, ASCII.
    pub graph: String,
    /// The digest that the file gives for itself, and has.
    pub sha256: String,
    /// The tensors, in the order of their bytes.
    pub tensors: Vec<Tensor>,
}

/// Reads a file's bytes, every one of them checked.
pub fn read(bytes: &[u8]) -> Result<Container> {
    let start = header_end(bytes)?;
    let Header { graph, sha256, digest_at, entries } = header::parse(bytes.get(..start).unwrap_or_default())?;
    let tensors = place(entries, start)?;
    let end = tensors.last().map_or(start, |tensor| tensor.offset + tensor.length);
    if end != bytes.len() {
        let what = if end > bytes.len() { "truncated" } else { "trailing bytes" };
        return Err(format_error(format!("{what}: its tensors end at byte {end}, the file at {}", bytes.len())));
    }
    let found = digest(bytes, digest_at);
    if found != sha256 {
        return Err(format_error(format!(
            "damaged or altered: the file says SHA-256 {sha256}, its bytes have {found}"
        )));
    }
    Ok(Container { graph, sha256, tensors })
}

/// The SHA-256 of `bytes` with the 64 bytes from `at` on replaced by the digit 0, in hexadecimal.
fn digest(bytes: &[u8], at: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes.get(..at).unwrap_or_default());
    hash.update([b'0'; DIGEST_LENGTH]);
    hash.update(bytes.get(at + DIGEST_LENGTH..).unwrap_or_default());
    hash.finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|d| char::from_digit(d.into(), 16))
        .collect()
}

/// Where the header ends and the tensors start.
fn header_end(bytes: &[u8]) -> Result<usize> {
    let Some(first) = bytes.first_chunk::<8>() else {
        return Err(format_error(format!("truncated: {} bytes, the header's length alone takes 8", bytes.len())));
    };
    if bytes.get(8).is_some_and(|&byte| byte != b'{') {
        return Err(format_error("not a .psnn file: there is no JSON object at byte 8"));
    }
    let length = u64::from_le_bytes(*first);
    match usize::try_from(length) {
        Ok(length) if length > MAX_HEADER => {}
        Ok(length) if 8 + length > bytes.len() => {
            let size = bytes.len();
            return Err(format_error(format!("truncated: a header of {length} bytes does not fit into {size}")));
        }
        Ok(length) => return Ok(8 + length),
        Err(_) => {}
    }
    Err(format_error(format!(
        "not a .psnn file: its first 8 bytes ask for a header of {length}, the limit is {MAX_HEADER}"
    )))
}

/// Checks that the tensors follow one another in their order, from `start` on, without holes or overlaps.
fn place(entries: Vec<Entry>, start: usize) -> Result<Vec<Tensor>> {
    let mut typed = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some((dtype, size)) = Dtype::from_name(&entry.dtype) else {
            return Err(entry.error(&format!("unknown dtype {}", quote(&entry.dtype))));
        };
        typed.push((Reverse(size), dtype, entry));
    }
    // Wide types first, so that all are aligned without holes; the sort is stable, and the entries come by name.
    typed.sort_by_key(|(size, _, _)| *size);
    let mut position = 0;
    let mut tensors = Vec::with_capacity(typed.len());
    for (Reverse(size), dtype, entry) in typed {
        let length = entry.shape.iter().try_fold(size, |length, &axis| length.checked_mul(axis));
        let end = length.and_then(|length| length.checked_add(position));
        if entry.offsets.0 != position || Some(entry.offsets.1) != end {
            return Err(entry.error(&format!(
                "{} of shape {:?} has its place at bytes {position} to {}, data_offsets says {} to {}",
                entry.dtype,
                entry.shape,
                end.map_or_else(|| "past 2^64".to_owned(), |end| end.to_string()),
                entry.offsets.0,
                entry.offsets.1,
            )));
        }
        let past = || entry.error("it ends past what a file can have");
        let offset =
            usize::try_from(position).ok().and_then(|position| position.checked_add(start)).ok_or_else(past)?;
        let last = usize::try_from(entry.offsets.1).ok().and_then(|end| end.checked_add(start)).ok_or_else(past)?;
        position = entry.offsets.1;
        tensors.push(Tensor { name: entry.name, dtype, shape: entry.shape, offset, length: last - offset });
    }
    Ok(tensors)
}
