//! Files built from a description, then edited: a sound one must be accepted with what was put in; an edited one must be
//! refused, or be what would be written.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pysnn_fuzz::{DTYPES, Tensors, assemble, check, header, seal};

/// Pieces that matter to the header's grammar.
const PIECES: [&str; 26] = [
    "",
    "\"",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "0",
    "-",
    "1",
    "18446744073709551615",
    "9223372036854775808,",
    ",18446744073709551615",
    "4294967296,4294967296,",
    ".0",
    "e9",
    " ",
    "\\u",
    "\\u0000",
    "\\ud83d\\ude00",
    "null",
    "\"a\":",
    "\"__metadata__\":",
    "\"format_version\":\"2\",",
    "\"F64\"",
];

#[derive(Arbitrary, Debug)]
struct Description {
    graph: String,
    tensors: Vec<(String, u8, Vec<u8>)>,
    edits: Vec<Edit>,
    body: Body,
    seal: bool,
}

/// Replaces `cut` bytes of the header's text by a piece.
#[derive(Arbitrary, Debug)]
struct Edit {
    at: u16,
    cut: u8,
    piece: u8,
}

#[derive(Arbitrary, Debug)]
enum Body {
    Whole,
    Short,
    Long,
}

fuzz_target!(|description: Description| {
    let graph: String = description.graph.chars().filter(char::is_ascii).collect();
    let tensors = tensors(&description.tensors);
    let size: u64 = tensors.values().map(|(_, size, shape)| size * shape.iter().product::<u64>()).sum();
    let mut body: Vec<u8> = (0..size).map(|i| i as u8).collect();
    match description.body {
        Body::Whole => {}
        Body::Short => body.truncate(body.len().saturating_sub(1)),
        Body::Long => body.push(0),
    }
    let whole = body.len() as u64 == size;
    let mut text = header(&graph, &tensors).into_bytes();
    for edit in &description.edits {
        let at = usize::from(edit.at) % (text.len() + 1);
        let end = (at + usize::from(edit.cut % 16)).min(text.len());
        text.splice(at..end, PIECES[usize::from(edit.piece) % PIECES.len()].bytes());
    }
    let mut data = assemble(&String::from_utf8_lossy(&text), &body);
    if description.seal {
        data = seal(data);
    }
    let found = check(&data);
    if !description.seal {
        assert!(found.is_none(), "accepted without its digest");
    } else if description.edits.is_empty() {
        assert_eq!(found.is_some(), whole);
        if let Some(found) = found {
            assert_eq!(found.graph, graph);
            assert_eq!(found.tensors.len(), tensors.len());
            assert!(found.tensors.iter().all(|tensor| tensors[&tensor.name].2 == tensor.shape));
        }
    }
});

/// Small tensors: at most 8 of them, of at most 8 axes and about a thousand values.
fn tensors(described: &[(String, u8, Vec<u8>)]) -> Tensors {
    let mut tensors = Tensors::new();
    for (name, dtype, axes) in described.iter().take(8).filter(|(name, _, _)| name != "__metadata__") {
        let (dtype, size) = DTYPES[usize::from(*dtype) % DTYPES.len()];
        let shape = axes
            .iter()
            .take(8)
            .map(|axis| if axes.len() > 3 { u64::from(axis % 2 + 1) } else { u64::from(axis % 10 + 1) });
        tensors.insert(name.clone(), (dtype, size, shape.collect()));
    }
    tensors
}
