//! Any bytes: no panic, no hang, and nothing accepted that would not be written. Half of the mutations are sealed
//! again, so that the fuzzer gets past the digest.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use pysnn_fuzz::{assemble, check, seal};

fuzz_target!(|data: &[u8]| {
    check(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mutated = match seed % 4 {
        0 => return fuzzer_mutate(data, size, max_size),
        1 => {
            let size = fuzzer_mutate(data, size, max_size);
            seal(data[..size].to_vec())
        }
        part => mutate_part(&data[..size], max_size, part == 2),
    };
    let size = mutated.len().min(max_size);
    data[..size].copy_from_slice(&mutated[..size]);
    size
});

/// Mutates the header's text, or the tensors' bytes; length, padding and digest are put right.
fn mutate_part(data: &[u8], max_size: usize, header: bool) -> Vec<u8> {
    let length = data.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
    let end = usize::try_from(length).map_or(data.len(), |length| length.saturating_add(8).min(data.len()));
    let mut text =
        String::from_utf8_lossy(data.get(8..end).unwrap_or_default()).trim_end_matches(' ').to_owned().into_bytes();
    let mut body = data[end..].to_vec();
    let part = if header { &mut text } else { &mut body };
    let size = part.len();
    part.resize(max_size.max(size), 0);
    let size = fuzzer_mutate(part, size, max_size.max(size));
    part.truncate(size);
    seal(assemble(&String::from_utf8_lossy(&text), &body))
}
