//! What the fuzz targets share: a writer of `.psnn` bytes that knows nothing of the reader, and what must hold for
//! every input.

use std::collections::BTreeMap;
use std::fmt::Write;

use pysnn_core::psnn::{self, Container};
use sha2::{Digest, Sha256};

/// A tensor by name: the name of its type, the size of a value, its shape.
pub type Tensors = BTreeMap<String, (&'static str, u64, Vec<u64>)>;

/// The types that a file may have.
pub const DTYPES: [(&str, u64); 10] = [
    ("F32", 4),
    ("F64", 8),
    ("I16", 2),
    ("I32", 4),
    ("I64", 8),
    ("I8", 1),
    ("U16", 2),
    ("U32", 4),
    ("U64", 8),
    ("U8", 1),
];

const KEY: &[u8] = b"\"sha256\":\"";

/// Reads `data` and checks what must hold whether it is refused or not.
pub fn check(data: &[u8]) -> Option<Container> {
    match psnn::read(data) {
        Ok(found) => {
            assert_eq!(rewrite(&found, data), data, "accepted, but it is not what would be written");
            Some(found)
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 2000, "no message for a person: {message}");
            None
        }
    }
}

/// Writes what was read, the tensors' bytes taken from `data`.
fn rewrite(found: &Container, data: &[u8]) -> Vec<u8> {
    let mut tensors = Tensors::new();
    let mut body = Vec::new();
    for tensor in &found.tensors {
        let (name, size) = DTYPES.iter().copied().find(|(name, _)| *name == tensor.dtype.name()).unwrap();
        assert_eq!(tensor.offset as u64 % size, 0, "{} is not aligned", tensor.name);
        body.extend_from_slice(&data[tensor.offset..][..tensor.length]);
        assert!(tensors.insert(tensor.name.clone(), (name, size, tensor.shape.clone())).is_none());
    }
    seal(assemble(&header(&found.graph, &tensors), &body))
}

/// The header's text for a graph and tensors, with zeros for the digest.
pub fn header(graph: &str, tensors: &Tensors) -> String {
    let mut order: Vec<&String> = tensors.keys().collect();
    order.sort_by_key(|name| std::cmp::Reverse(tensors[*name].1));
    let mut position = 0;
    let mut entries = BTreeMap::new();
    for name in order {
        let (dtype, size, shape) = &tensors[name];
        let end = position + size * shape.iter().product::<u64>();
        let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
        let shape = shape.join(",");
        let entry = format!(r#"{{"data_offsets":[{position},{end}],"dtype":"{dtype}","shape":[{shape}]}}"#);
        entries.insert(name.as_str(), entry);
        position = end;
    }
    let (graph, digest) = (escape(graph), "0".repeat(64));
    let metadata = format!(r#"{{"format":"psnn","format_version":"1","graph":"{graph}","sha256":"{digest}"}}"#);
    entries.insert("__metadata__", metadata);
    let listed: Vec<String> = entries.iter().map(|(name, entry)| format!(r#""{}":{entry}"#, escape(name))).collect();
    format!("{{{}}}", listed.join(","))
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for value in text.chars() {
        match value {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\x08' => escaped.push_str("\\b"),
            '\x0c' => escaped.push_str("\\f"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' '..='~' => escaped.push(value),
            _ => {
                for unit in value.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04x}").unwrap();
                }
            }
        }
    }
    escaped
}

/// A file from its header's text and its tensors' bytes, padded, not yet sealed.
pub fn assemble(header: &str, body: &[u8]) -> Vec<u8> {
    let length = (8 + header.len()).next_multiple_of(64) - 8;
    let mut data = (length as u64).to_le_bytes().to_vec();
    data.extend_from_slice(header.as_bytes());
    data.resize(8 + length, b' ');
    data.extend_from_slice(body);
    data
}

/// Puts the right digest where a file has one, however wrong the rest may be.
pub fn seal(mut data: Vec<u8>) -> Vec<u8> {
    let Some(at) = data.windows(KEY.len()).position(|window| window == KEY).map(|at| at + KEY.len()) else {
        return data;
    };
    if data.len() < at + 64 {
        return data;
    }
    data[at..at + 64].fill(b'0');
    let mut digest = String::new();
    for byte in Sha256::digest(&data) {
        write!(digest, "{byte:02x}").unwrap();
    }
    data[at..at + 64].copy_from_slice(digest.as_bytes());
    data
}

/// Give a plan's bytes a right digest, and a right length where that is wanted.
pub fn seal_plan(data: &mut [u8], length: bool) {
    if data.len() < 64 {
        return;
    }
    if length {
        let size = data.len() as u64;
        data[16..24].copy_from_slice(&size.to_le_bytes());
    }
    data[32..64].fill(0);
    let digest = Sha256::digest(&*data);
    data[32..64].copy_from_slice(&digest);
}

/// The same of an exported network: of the plan inside, if there is one, which begins at byte 192, and of the file.
pub fn seal_exported(data: &mut [u8], length: bool) {
    let stated = data.get(72..80).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    let end = usize::try_from(stated).ok().and_then(|stated| stated.checked_add(192));
    if let Some(plan) = end.and_then(|end| data.get_mut(192..end)).filter(|plan| plan.starts_with(b"PYSNNPLN")) {
        seal_plan(plan, length);
    }
    seal_plan(data, length);
}
