//! Converts YAML to JSON, so that the readers of JSON read both.
//!
//! The document goes from the parser into text value by value, and is never held as values.

use std::fmt;
use std::io::Write as _;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::problem::{Code, Problem};

/// The largest YAML report that is read, bytes. Reading YAML is slow and needs the text in memory; tools with larger
/// reports write JSON too.
pub(crate) const MAX_BYTES: usize = 12 * 1024 * 1024;

/// The most JSON that a YAML report may become, bytes. References to a value are written out each time, so a small
/// document may stand for one of any size.
const MAX_JSON: usize = 16 * 1024 * 1024;

/// Deepest nesting that is read. Reports stay below 16.
const MAX_DEPTH: usize = 64;

/// Converts a YAML document. Infinities and NaN become Python's words for them, which the JSON parser accepts.
pub(crate) fn json(text: &str, source: &str) -> Result<Vec<u8>, Problem> {
    let mut json = Vec::with_capacity(text.len());
    let options = serde_saphyr::options! {
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: 8_000_000,
            max_events: 16_000_000,
            max_total_scalar_bytes: MAX_BYTES,
        },
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        Value(&mut json).deserialize(deserializer)
    })
    .map_err(|error| {
        // Only the first line of the parser's message, because the rest quotes the document.
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or("not YAML").to_owned();
        Problem {
            source: source.to_owned(),
            code: Code::Malformed,
            path: None,
            message: format!(
                "expected a report as YAML; {reason}. The benchmark was stopped while writing, or the file was changed: \
                 export or copy it again."
            ),
        }
    })?;
    Ok(json)
}

/// Writes the value that is deserialized into it.
struct Value<'w>(&'w mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Value<'_> {
    fn put<E: Error>(self, text: fmt::Arguments<'_>) -> Result<(), E> {
        self.0.write_fmt(text).map_err(E::custom)?;
        fits(self.0)
    }
}

fn fits<E: Error>(json: &[u8]) -> Result<(), E> {
    if json.len() <= MAX_JSON {
        return Ok(());
    }
    Err(E::custom(format_args!("it stands for more than {MAX_JSON} bytes with its references written out")))
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(format_args!("{value}"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.put(format_args!("{value}"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.put(format_args!("{value}"))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<(), E> {
        self.put(format_args!("{value}"))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<(), E> {
        self.put(format_args!("{value}"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if value.is_nan() {
            self.put(format_args!("NaN"))
        } else if value.is_infinite() {
            self.put(format_args!("{}", if value > 0.0 { "Infinity" } else { "-Infinity" }))
        } else {
            // The shortest text that is read back as the same number.
            self.put(format_args!("{value:?}"))
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        serde_json::to_writer(&mut *self.0, value).map_err(E::custom)?;
        fits(self.0)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(format_args!("null"))
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let out = self.0;
        out.push(b'[');
        let mut first = true;
        loop {
            let before = out.len();
            if !first {
                out.push(b',');
            }
            first = false;
            if items.next_element_seed(Value(out))?.is_none() {
                out.truncate(before);
                break;
            }
        }
        out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let out = self.0;
        out.push(b'{');
        let mut first = true;
        while let Some(key) = entries.next_key::<String>()? {
            if !first {
                out.push(b',');
            }
            first = false;
            serde_json::to_writer(&mut *out, &key).map_err(A::Error::custom)?;
            out.push(b':');
            entries.next_value_seed(Value(out))?;
        }
        out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_document() {
        let cases = [
            ("a: 1\nb: [1.5, 'x', \"2\", null, true]\n", r#"{"a":1,"b":[1.5,"x","2",null,true]}"#),
            ("- a:\n  - 7.129972800612e-06\n  -  .inf\n- {}\n- []\n", r#"[{"a":[7.129972800612e-6,Infinity]},{},[]]"#),
            (
                "version: '0.1'\nother: 0.2.1\nat: 2025-11-05T18:00:42Z\n",
                r#"{"version":"0.1","other":"0.2.1","at":"2025-11-05T18:00:42Z"}"#,
            ),
            ("x: &a {n: 1}\ny: *a\n", r#"{"x":{"n":1},"y":{"n":1}}"#),
            ("7: seven\n", r#"{"7":"seven"}"#),
        ];
        for (yaml, expected) in cases {
            let found = json(yaml, "a.yaml").map(|json| String::from_utf8_lossy(&json).into_owned());
            assert_eq!(found.as_deref().ok(), Some(expected), "{yaml} {found:?}");
        }
        for broken in ["a: [1, 2", "a: b: c"] {
            assert_eq!(json(broken, "a.yaml").map_err(|problem| problem.code).err(), Some(Code::Malformed), "{broken}");
        }
    }
}
