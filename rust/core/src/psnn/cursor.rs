//! Reading canonical JSON, piece by piece: no white space, one way to write each string and each number.

use super::format::{format_error, quote};
use crate::error::{Error, Result};

/// A place in the bytes of a header.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at byte `at`.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// How many bytes lie behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What lies before it.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The error that says what should stand here.
    pub(super) fn error(&self, expected: &str) -> Error {
        let found: Vec<u8> = self.rest().iter().copied().take(24).collect();
        let found = quote(&String::from_utf8_lossy(&found));
        format_error(format!("the header is not as it should be: at byte {} expected {expected}, got {found}", self.at))
    }

    /// Steps over `text` if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let here = self.rest().starts_with(text.as_bytes());
        if here {
            self.at += text.len();
        }
        here
    }

    /// Steps over `text`, which must stand here.
    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        if self.take(text) { Ok(()) } else { Err(self.error(text)) }
    }

    /// An unsigned integer of at most 64 bits.
    pub(super) fn integer(&mut self) -> Result<u64> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.rest().get(..digits).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
        let value = text.parse().map_err(|_| self.error("an unsigned integer of 64 bits"))?;
        if digits > 1 && text.starts_with('0') {
            return Err(self.error("a number without leading zeros"));
        }
        self.at += digits;
        Ok(value)
    }

    /// A string.
    pub(super) fn string(&mut self) -> Result<String> {
        self.expect("\"")?;
        let mut text = String::new();
        loop {
            let start = self.at;
            match self.next() {
                Some(b'"') => return Ok(text),
                Some(b'\\') => {
                    let Some(value) = self.escape() else {
                        self.at = start;
                        return Err(self.error("a canonical escape"));
                    };
                    text.push(value);
                }
                Some(byte @ b' '..=b'~') => text.push(char::from(byte)),
                _ => {
                    self.at = start;
                    return Err(self.error("a printable ASCII character"));
                }
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    /// What the escape stands for; its backslash lies behind the cursor.
    fn escape(&mut self) -> Option<char> {
        match self.next()? {
            b'"' => Some('"'),
            b'\\' => Some('\\'),
            b'b' => Some('\x08'),
            b'f' => Some('\x0c'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => self.unicode().filter(|value| !matches!(value, ' '..='~' | '\x08' | '\x0c' | '\n' | '\r' | '\t')),
            _ => None,
        }
    }

    /// A character from one UTF-16 unit or two; the first `\u` lies behind the cursor.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.unit()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit.into());
        }
        if !self.take("\\u") {
            return None;
        }
        char::decode_utf16([unit, self.unit()?]).next()?.ok()
    }

    /// Four hexadecimal digits in lower case: a UTF-16 unit.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, byte| match byte {
            b'0'..=b'9' => Some(unit << 4 | u16::from(byte - b'0')),
            b'a'..=b'f' => Some(unit << 4 | u16::from(byte - b'a' + 10)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    fn string(text: &str) -> Option<String> {
        let mut cursor = Cursor::new(text.as_bytes(), 0);
        cursor.string().ok().filter(|_| cursor.rest().is_empty())
    }

    #[test]
    fn reads_each_canonical_escape() {
        assert_eq!(
            string(r#""a\"\\\b\f\n\r\t\u0000\u007f\u00e9\ud83d\ude00""#).unwrap(),
            "a\"\\\x08\x0c\n\r\t\0\x7fé😀"
        );
    }

    #[test]
    fn refuses_every_other_way_to_write_a_string() {
        for text in [
            "",
            "\"",
            "a",
            "\"\\",
            "\"\\\"",
            "\"\u{7f}\"",
            "\"é\"",
            "\"\n\"",
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u00E9""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\ude00""#,
            r#""\u+0e9""#,
            r#""\u00""#,
            r#""\x41""#,
        ] {
            assert_eq!(string(text), None, "{text}");
        }
    }

    #[test]
    fn reads_integers_up_to_64_bits_written_in_one_way() {
        let integer = |text: &str| Cursor::new(text.as_bytes(), 0).integer().ok();
        assert_eq!(integer("0]"), Some(0));
        assert_eq!(integer("18446744073709551615"), Some(u64::MAX));
        for text in ["", "-1", "+1", "01", "00", "18446744073709551616", "a"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }
}
