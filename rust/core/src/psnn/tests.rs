use super::read;
use crate::error::Kind;

const SMALL: &[u8] = include_bytes!("../../../../tests/golden/small.psnn");

fn refusal(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err();
    assert_eq!(error.kind(), Kind::FileFormat);
    error.message().to_owned()
}

#[test]
fn a_sound_file_is_read() {
    let found = read(SMALL).unwrap();
    assert!(found.graph.starts_with("{\"edges\":[[\"in\",\"conv\"]"));
    let weight = found.tensors.iter().find(|tensor| tensor.name == "conv.weight").unwrap();
    assert_eq!((weight.dtype.name(), weight.shape.as_slice(), weight.length), ("F32", [2, 1, 3, 3].as_slice(), 72));
    assert_eq!(SMALL[weight.offset..][..4], (-9.0_f32 / 8.0).to_le_bytes());
    assert_eq!(found.tensors.last().map(|last| last.offset + last.length), Some(SMALL.len()));
}

#[test]
fn every_truncation_is_refused() {
    for size in 0..SMALL.len() {
        refusal(&SMALL[..size]);
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let mut bytes = SMALL.to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            refusal(&bytes);
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn messages_say_what_is_wrong() {
    let altered = |find: &str, write: &str| {
        let at = SMALL.windows(find.len()).position(|window| window == find.as_bytes()).unwrap();
        [&SMALL[..at], write.as_bytes(), &SMALL[at + find.len()..]].concat()
    };
    for (bytes, message) in [
        (b"PK\x03\x04".to_vec(), "truncated: 4 bytes"),
        (vec![0; 100], "not a .psnn file"),
        (
            [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
            "not a .psnn file: its first 8 bytes ask for a header of 18446",
        ),
        ([SMALL, b"\0"].concat(), "trailing bytes"),
        (SMALL[..SMALL.len() - 1].to_vec(), "truncated: its tensors end at byte"),
        (altered("\"format_version\":\"1\"", "\"format_version\":\"2\""), "newer pysnn (format 2, this one reads 1)"),
        (altered("\"shape\":[2,1,3,3]", "\"shape\":[2,1,3,4]"), "tensor 'conv.weight': F32 of shape [2, 1, 3, 4]"),
        (altered("\"F32\",\"shape\":[2,1,3,3]", "\"F99\",\"shape\":[2,1,3,3]"), "unknown dtype 'F99'"),
    ] {
        assert!(refusal(&bytes).contains(message), "{}", refusal(&bytes));
    }
}
