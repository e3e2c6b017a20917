//! Reads small documents (deployments files, level tables) key by key, so that a wrong value loses only that value, and
//! a misspelt key is reported instead of ignored.

use serde_json::{Map, Value};

use crate::limits;
use crate::problem::{Code, Problem, Problems};

/// A mapping in a small document, with its path and the list of problems.
pub(crate) struct Fields<'d, 'p> {
    map: &'d Map<String, Value>,
    source: &'d str,
    path: String,
    problems: &'p mut Problems,
}

impl<'d, 'p> Fields<'d, 'p> {
    /// A view of `value`, which must be a mapping; otherwise a problem is added.
    pub(crate) fn of(
        value: &'d Value,
        source: &'d str,
        path: String,
        known: &[&str],
        problems: &'p mut Problems,
    ) -> Option<Self> {
        let Value::Object(map) = value else {
            let found = kind_of(value);
            problems.push(Problem {
                source: source.to_owned(),
                code: Code::WrongType,
                path: Some(path),
                message: format!(
                    "expected a mapping with some of the keys {}; found {found}. Write it as `key: value` lines.",
                    known.join(", ")
                ),
            });
            return None;
        };
        let mut fields = Self { map, source, path, problems };
        fields.name_unknown(known);
        Some(fields)
    }

    fn name_unknown(&mut self, known: &[&str]) {
        for key in self.map.keys() {
            if known.contains(&key.as_str()) {
                continue;
            }
            let advice = match nearest(key, known) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Correct or remove it.".to_owned(),
            };
            let path = self.path_of(key);
            self.problems.push(Problem {
                source: self.source.to_owned(),
                code: Code::UnknownKey,
                path: Some(path),
                message: format!("`{key}` is not a known key; the known ones are {}. {advice}", known.join(", ")),
            });
        }
    }

    /// The path of a key in this mapping.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Adds a problem with the value of `key`.
    pub(crate) fn note(&mut self, code: Code, key: &str, message: String) {
        let path = self.path_of(key);
        self.problems.push(Problem { source: self.source.to_owned(), code, path: Some(path), message });
    }

    /// The value of `key`, if it exists and is not null.
    pub(crate) fn get(&self, key: &str) -> Option<&'d Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A nested mapping.
    pub(crate) fn nested(&mut self, key: &str, known: &[&str]) -> Option<Fields<'d, '_>> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        let path = self.path_of(key);
        Fields::of(value, self.source, path, known, self.problems)
    }

    /// A text. A number is taken as it is written, because `name: 7` is a plausible name.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::String(_) => None,
            Value::Number(number) => Some(number.to_string()),
            other => {
                let found = kind_of(other);
                self.note(
                    Code::WrongType,
                    key,
                    format!("expected text; found {found}. Write `{key}: \"…\"` or remove it."),
                );
                None
            }
        }
    }

    /// A number that is zero or more. Text that spells a number is accepted, because forms send text.
    pub(crate) fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.get(key)?;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=limits::LARGEST).contains(number));
        if number.is_none() {
            let found = shown(value);
            self.note(
                Code::BadValue,
                key,
                format!("expected a number that is zero or more; found {found}. Correct it or leave it out."),
            );
        }
        number
    }

    /// A whole number above zero.
    pub(crate) fn count(&mut self, key: &str) -> Option<u32> {
        let number = self.number(key)?;
        if number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            // In range and whole, as just checked.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Some(number as u32);
        }
        self.note(
            Code::BadValue,
            key,
            format!("expected a whole number of at least 1; found {number}. Correct it or leave it out."),
        );
        None
    }
}

/// The type of a value, in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// A value as a message may quote it: numbers and short texts only.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("`{text}`"),
        other => kind_of(other).to_owned(),
    }
}

/// The known word that `word` was most likely meant to be.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let (distance, near) = known.iter().map(|&candidate| (edits(word, candidate), candidate)).min()?;
    let letters = word.chars().count();
    (distance <= 2.max(letters / 3) && distance < letters).then_some(near)
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word() {
        let known = ["model", "quantization", "dollars_per_hour"];
        assert_eq!(nearest("modle", &known), Some("model"));
        assert_eq!(nearest("quantisation", &known), Some("quantization"));
        assert_eq!(nearest("dollar_per_hour", &known), Some("dollars_per_hour"));
        assert_eq!(nearest("colour", &known), None);
    }
}
