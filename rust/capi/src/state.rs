//! What a stream remembers, as bytes: a header of 56 bytes, and behind it the values of each operation that has any.
//!
//! Header: `PYSNNSTA`, version 1 and 0 (u32), the SHA-256 of the network's file, steps (u64). All numbers are little-endian.

use pysnn_abi::Status;
use pysnn_core::clocked::{Array, Stream, blank_state, state_bytes};
use pysnn_core::plan::Op;

use crate::failure::{Failure, Outcome};
use crate::model::Model;

const MAGIC: [u8; 8] = *b"PYSNNSTA";
const VERSION: [u8; 8] = 1_u64.to_le_bytes();
const HEADER: usize = 56;

/// How many bytes a state takes.
pub(crate) fn bytes(ops: &[Op]) -> usize {
    HEADER.saturating_add(state_bytes(ops))
}

/// Write the state of a stream.
pub(crate) fn save(model: &Model, stream: &Stream, target: &mut [u8]) -> Outcome<()> {
    let state = stream.state()?;
    let header = [&MAGIC[..], &VERSION, &model.digest, &stream.steps().to_le_bytes()].concat();
    let values = state.into_iter().flat_map(|(_, array)| match array {
        Array::Real(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>(),
        Array::Integer(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Array::Long(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Array::Bytes(values) => values,
    });
    for (to, from) in target.iter_mut().zip(header.into_iter().chain(values)) {
        *to = from;
    }
    Ok(())
}

/// Open a stream that goes on from a state of as many bytes as the model's have.
pub(crate) fn load(model: &Model, bytes: &[u8]) -> Outcome<Stream> {
    let wrong = |what: &str| Failure::new(Status::Data, format!("not a state of this network: {what}"));
    let (header, mut rest) = bytes.split_at(HEADER.min(bytes.len()));
    if header.get(..16) != Some(&[MAGIC, VERSION].concat()) {
        return Err(wrong("its first 16 bytes are others"));
    }
    if header.get(16..48) != Some(&model.digest) {
        return Err(wrong("it belongs to another file"));
    }
    let steps = header.get(48..).and_then(<[u8]>::first_chunk).map_or(0, |steps| u64::from_le_bytes(*steps));
    let ops = model.program.ops();
    if rest.len() != state_bytes(ops) {
        return Err(wrong(&format!("{} bytes; expected {}", bytes.len(), self::bytes(ops))));
    }
    let mut state = blank_state(ops)?;
    for (_, array) in &mut state {
        match array {
            Array::Real(values) => take(&mut rest, values, f32::from_le_bytes),
            Array::Integer(values) => take(&mut rest, values, i32::from_le_bytes),
            Array::Long(values) => take(&mut rest, values, i64::from_le_bytes),
            Array::Bytes(values) => take(&mut rest, values, u8::from_le_bytes),
        }
    }
    let views = state.iter().map(|(op, array)| (*op, array.view())).collect();
    Ok(Stream::new(model.program.clone(), 1, Some((views, steps)))?)
}

fn take<T, const N: usize>(bytes: &mut &[u8], values: &mut [T], read: impl Fn([u8; N]) -> T) {
    let (own, rest) = bytes.split_at(N * values.len());
    for (value, bytes) in values.iter_mut().zip(own.as_chunks().0) {
        *value = read(*bytes);
    }
    *bytes = rest;
}
