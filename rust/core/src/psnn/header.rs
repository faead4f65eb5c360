//! The header: one canonical JSON object, padded with spaces.

use super::cursor::Cursor;
use super::format::{ALIGNMENT, DIGEST_LENGTH, FORMAT_VERSION, MAX_RANK, format_error, quote};
use crate::error::{Error, Result};

const METADATA: &str = "__metadata__";
/// What every `.psnn` file has, those of newer formats too.
const START: &[u8] = b"\"__metadata__\":{\"format\":\"psnn\",\"format_version\":\"";

/// What a header says.
pub(super) struct Header {
    /// The graph's JSON text.
    pub(super) graph: String,
    /// The digest that it gives.
    pub(super) sha256: String,
    /// Where that stands in the file.
    pub(super) digest_at: usize,
    /// The tensors, by name.
    pub(super) entries: Vec<Entry>,
}

/// What a header says about a tensor.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// The name of its type, not yet looked up: a newer file may have types that this reader does not know.
    pub(super) dtype: String,
    /// Its axes.
    pub(super) shape: Vec<u64>,
    /// Its first byte and the one behind its last, from the end of the header.
    pub(super) offsets: (u64, u64),
}

impl Entry {
    /// An error that names the tensor.
    pub(super) fn error(&self, problem: &str) -> Error {
        format_error(format!("tensor {}: {problem}", quote(&self.name)))
    }
}

/// The metadata's graph and digest, and the digest's place.
type Metadata = (String, String, usize);

/// Reads the first bytes of a file, up to the tensors.
pub(super) fn parse(bytes: &[u8]) -> Result<Header> {
    if !bytes.windows(START.len()).any(|window| window == START) {
        return Err(format_error("not a .psnn file: there is no \"format\":\"psnn\" in its metadata"));
    }
    let mut cursor = Cursor::new(bytes, 8);
    let mut metadata = None;
    let mut entries = Vec::new();
    let mut last: Option<String> = None;
    cursor.expect("{")?;
    loop {
        let name = cursor.string()?;
        if last.is_some_and(|last| last >= name) {
            return Err(cursor.error("keys that ascend and stand there once"));
        }
        cursor.expect(":")?;
        if name == METADATA {
            metadata = Some(parse_metadata(&mut cursor)?);
        } else {
            entries.push(parse_entry(&mut cursor, name.clone())?);
        }
        last = Some(name);
        if !cursor.take(",") {
            break;
        }
    }
    cursor.expect("}")?;
    if !bytes.len().is_multiple_of(ALIGNMENT)
        || cursor.rest().len() >= ALIGNMENT
        || cursor.rest().iter().any(|&b| b != b' ')
    {
        return Err(cursor.error("spaces up to the next multiple of 64"));
    }
    let Some((graph, sha256, digest_at)) = metadata else {
        return Err(format_error("not a .psnn file: there is no metadata"));
    };
    Ok(Header { graph, sha256, digest_at, entries })
}

fn parse_metadata(cursor: &mut Cursor<'_>) -> Result<Metadata> {
    cursor.expect("{\"format\":\"psnn\",\"format_version\":")?;
    check_version(&cursor.string()?)?;
    cursor.expect(",\"graph\":")?;
    let graph = cursor.string()?;
    if !graph.is_ascii() {
        return Err(format_error("the graph is not ASCII text"));
    }
    cursor.expect(",\"sha256\":")?;
    let digest_at = cursor.at() + 1;
    let sha256 = cursor.string()?;
    if sha256.len() != DIGEST_LENGTH || !sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        let found = quote(&sha256);
        return Err(format_error(format!("sha256: expected 64 hexadecimal digits in lower case, got {found}")));
    }
    cursor.expect("}")?;
    Ok((graph, sha256, digest_at))
}

fn check_version(version: &str) -> Result<()> {
    if version == FORMAT_VERSION {
        return Ok(());
    }
    if !version.is_empty() && !version.starts_with('0') && version.bytes().all(|byte| byte.is_ascii_digit()) {
        let version: String = version.chars().take(20).collect();
        return Err(format_error(format!(
            "written by a newer pysnn (format {version}, this one reads {FORMAT_VERSION}): upgrade pysnn"
        )));
    }
    Err(format_error(format!("format_version: expected '{FORMAT_VERSION}', got {}", quote(version))))
}

fn parse_entry(cursor: &mut Cursor<'_>, name: String) -> Result<Entry> {
    cursor.expect("{\"data_offsets\":[")?;
    let first = cursor.integer()?;
    cursor.expect(",")?;
    let end = cursor.integer()?;
    cursor.expect("],\"dtype\":")?;
    let dtype = cursor.string()?;
    cursor.expect(",\"shape\":[")?;
    let mut shape = Vec::new();
    if !cursor.take("]") {
        loop {
            let axis = cursor.integer()?;
            shape.push(axis);
            if axis == 0 || shape.len() > MAX_RANK {
                return Err(cursor.error("a shape of at most 8 positive integers"));
            }
            if !cursor.take(",") {
                break;
            }
        }
        cursor.expect("]")?;
    }
    cursor.expect("}")?;
    Ok(Entry { name, dtype, shape, offsets: (first, end) })
}
