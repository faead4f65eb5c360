//! JSON objects, one a line.

use std::fmt::Write;

/// An object under construction.
pub(crate) struct Object {
    text: String,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self { text: String::from("{") }
    }

    /// Add a text.
    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, &quoted(value))
    }

    /// Add a number, or what is JSON already.
    pub(crate) fn value(self, key: &str, value: impl std::fmt::Display) -> Self {
        self.raw(key, &value.to_string())
    }

    /// Add a number or null.
    pub(crate) fn optional(self, key: &str, value: Option<impl std::fmt::Display>) -> Self {
        self.raw(key, &value.map_or_else(|| "null".into(), |value| value.to_string()))
    }

    /// Add a list of numbers.
    pub(crate) fn list<T: std::fmt::Display>(self, key: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.raw(key, &format!("[{}]", values.join(", ")))
    }

    /// The object, and the end of its line.
    pub(crate) fn line(mut self) -> String {
        self.text.push_str("}\n");
        self.text
    }

    fn raw(mut self, key: &str, value: &str) -> Self {
        if self.text.len() > 1 {
            self.text.push_str(", ");
        }
        self.text.push_str(&quoted(key));
        self.text.push_str(": ");
        self.text.push_str(value);
        self
    }
}

/// A score: JSON has no infinity.
pub(crate) fn score(value: f32) -> String {
    if value.is_finite() { format!("{value}") } else { "null".into() }
}

fn quoted(text: &str) -> String {
    let mut found = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => found.push_str("\\\""),
            '\\' => found.push_str("\\\\"),
            character if (character as u32) < 0x20 => {
                // Writing to a string does not fail.
                let _ = write!(found, "\\u{:04x}", character as u32);
            }
            character => found.push(character),
        }
    }
    found.push('"');
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_json() {
        let object = Object::new().text("a\"b", "c\\\n").value("n", 3).optional("x", None::<u32>).list("l", [1, 2]);
        assert_eq!(object.line(), "{\"a\\\"b\": \"c\\\\\\u000a\", \"n\": 3, \"x\": null, \"l\": [1, 2]}\n");
        assert_eq!(score(f32::NEG_INFINITY), "null");
    }
}
