//! Arrays of NumPy: read one after the other, written whole.

use std::io::Read;

/// The longest header that is read.
const LONGEST: usize = 1 << 16;
/// Whole numbers that float64 holds.
const EXACT: i64 = 1 << 53;

/// Types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Values of an array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Bytes(Vec<u8>),
    Single(Vec<f32>),
    Double(Vec<f64>),
}

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

impl Dtype {
    /// Bytes of a value.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "|b1" => Self::Bool,
            "|u1" => Self::U8,
            "|i1" => Self::I8,
            "<u2" => Self::U16,
            "<i2" => Self::I16,
            "<u4" => Self::U32,
            "<i4" => Self::I32,
            "<u8" => Self::U64,
            "<i8" => Self::I64,
            "<f4" => Self::F32,
            "<f8" => Self::F64,
            _ => return None,
        })
    }

    /// The values of some bytes.
    pub(crate) fn values(self, bytes: Vec<u8>) -> Result<Values, String> {
        macro_rules! doubles {
            ($type:ty) => {
                bytes.as_chunks().0.iter().map(|bytes| f64::from(<$type>::from_le_bytes(*bytes))).collect()
            };
        }
        Ok(Values::Double(match self {
            Self::U8 => return Ok(Values::Bytes(bytes)),
            Self::F32 => {
                return Ok(Values::Single(
                    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
                ));
            }
            Self::Bool => bytes.iter().map(|&byte| f64::from(u8::from(byte != 0))).collect(),
            Self::I8 => doubles!(i8),
            Self::U16 => doubles!(u16),
            Self::I16 => doubles!(i16),
            Self::U32 => doubles!(u32),
            Self::I32 => doubles!(i32),
            Self::F64 => doubles!(f64),
            Self::U64 | Self::I64 => {
                let chunks = bytes.as_chunks().0.iter();
                let numbers = chunks.map(|bytes| {
                    if self == Self::U64 {
                        i64::try_from(u64::from_le_bytes(*bytes)).unwrap_or(i64::MAX)
                    } else {
                        i64::from_le_bytes(*bytes)
                    }
                });
                numbers.map(exact).collect::<Result<_, _>>()?
            }
        }))
    }
}

fn exact(number: i64) -> Result<f64, String> {
    if number.unsigned_abs() <= EXACT.unsigned_abs() {
        return Ok(number as f64);
    }
    Err(format!("expected whole numbers of at most 2^53, got {number}"))
}

/// Read the header of an array.
pub(crate) fn read_header(reader: &mut dyn Read) -> Result<Header, String> {
    let mut start = [0; 8];
    fill(reader, &mut start)?;
    if &start[..6] != b"\x93NUMPY" {
        return Err("expected an array of NumPy (.npy)".into());
    }
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            fill(reader, &mut length)?;
            usize::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0; 4];
            fill(reader, &mut length)?;
            u32::from_le_bytes(length) as usize
        }
        version => return Err(format!("version {version} of .npy; expected 1 to 3")),
    };
    if length > LONGEST {
        return Err(format!("a header of {length} bytes; expected at most {LONGEST}"));
    }
    let mut text = vec![0; length];
    fill(reader, &mut text)?;
    parse(&String::from_utf8_lossy(&text))
}

fn fill(reader: &mut dyn Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "truncated".into(),
        _ => error.to_string(),
    })
}

/// Read `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse(text: &str) -> Result<Header, String> {
    let field = |name: &str| {
        let key = format!("'{name}':");
        text.find(&key).map(|at| text[at + key.len()..].trim_start())
    };
    let unreadable = || format!("a header that says no type, order and shape: {}", text.trim());
    let descr = field("descr").and_then(|rest| rest.strip_prefix('\'')).and_then(|rest| rest.split('\'').next());
    let descr = descr.ok_or_else(unreadable)?;
    let dtype = Dtype::named(descr)
        .ok_or_else(|| format!("values of type '{descr}'; expected little-endian whole numbers, float32 or float64"))?;
    if !field("fortran_order").ok_or_else(unreadable)?.starts_with("False") {
        return Err("an array in Fortran order; expected C order (numpy.ascontiguousarray)".into());
    }
    let inside = field("shape").and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.split_once(')'));
    let sizes = inside.ok_or_else(unreadable)?.0.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape = sizes.map(|size| size.parse().map_err(|_| unreadable())).collect::<Result<Vec<usize>, _>>()?;
    let bytes = shape.iter().try_fold(dtype.size(), |product, &size| product.checked_mul(size));
    if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(format!("an array of shape {shape:?}, which no memory holds"));
    }
    Ok(Header { dtype, shape })
}

/// The bytes of a file with an array.
pub(crate) fn encode(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}", sizes.join(", "));
    // The data begin at a multiple of 64, behind 10 bytes, the text and the end of its line.
    text.push_str(&" ".repeat((64 - (11 + text.len()) % 64) % 64));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for shape in [vec![3], vec![2, 5], vec![0, 1, 2]] {
            let bytes = encode("<f4", &shape, &[1, 2, 3]);
            let mut reader = &bytes[..];
            assert_eq!(read_header(&mut reader).unwrap(), Header { dtype: Dtype::F32, shape });
            assert_eq!((reader, (bytes.len() - 3) % 64), (&[1, 2, 3][..], 0));
        }
    }

    #[test]
    fn headers_that_lie_are_refused() {
        for (text, wrong) in [
            ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "type '>f4'"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "type '|O'"),
            ("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "Fortran"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "no type"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }", "memory"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "no type"),
            ("", "no type"),
        ] {
            assert!(parse(text).unwrap_err().contains(wrong), "{text}");
        }
        assert!(read_header(&mut &b"\x93NUMPY\x01\x00\xff\xff"[..]).unwrap_err().contains("truncated"));
        assert!(read_header(&mut &b"PK\x03\x04\x00\x00\x00\x00"[..]).unwrap_err().contains("expected an array"));
    }

    #[test]
    fn values_of_every_type() {
        let double = |dtype: Dtype, bytes: &[u8]| match dtype.values(bytes.to_vec()).unwrap() {
            Values::Double(values) => values,
            _ => Vec::new(),
        };
        assert_eq!(double(Dtype::I8, &[255]), [-1.0]);
        assert_eq!(double(Dtype::Bool, &[2, 0]), [1.0, 0.0]);
        assert_eq!(double(Dtype::U16, &[1, 1]), [257.0]);
        assert_eq!(double(Dtype::I64, &(-7_i64).to_le_bytes()), [-7.0]);
        assert!(Dtype::U64.values(u64::MAX.to_le_bytes().to_vec()).is_err());
    }
}
