//! Label matchers, which select series.

use std::fmt;

use super::labels;

/// What a label must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Exactly this text; an absent label counts as the empty text.
    Is(String),
    /// One of these texts. If there are none, the label must be empty or absent.
    OneOf(Vec<String>),
}

impl Condition {
    /// The texts that the label may have.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        match self {
            Self::Is(text) => std::slice::from_ref(text),
            Self::OneOf(texts) => texts,
        }
    }

    /// Whether a label with this text meets the condition.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let texts = self.texts();
        texts.iter().any(|one| one == text) || texts.is_empty() && text.is_empty()
    }
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matcher {
    /// The label; our own name for it if it has several.
    pub label: String,
    /// What it must be.
    pub condition: Condition,
}

/// `label="value"`, with escapes.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_condition(f, &self.label, &self.condition)
    }
}

fn write_condition(f: &mut impl fmt::Write, label: &str, condition: &Condition) -> fmt::Result {
    match condition {
        Condition::Is(text) => write_matcher(f, label, "=", text),
        Condition::OneOf(texts) => {
            let literals: Vec<String> = texts.iter().map(|text| literal(text)).collect();
            write_matcher(f, label, "=~", &literals.join("|"))
        }
    }
}

fn write_matcher(f: &mut impl fmt::Write, label: &str, op: &str, value: &str) -> fmt::Result {
    let first = |char: char| char.is_ascii_alphabetic() || char == '_';
    if label.starts_with(first) && label.chars().all(|char| first(char) || char.is_ascii_digit()) {
        f.write_str(label)?;
    } else {
        // Prometheus 3 accepts any name in quotes and older versions refuse it; either way a name cannot change the
        // expression.
        write_quoted(f, label)?;
    }
    f.write_str(op)?;
    write_quoted(f, value)
}

/// Writes a text as a PromQL string. Only this function does that, and no text can end the string early.
fn write_quoted(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for char in text.chars() {
        match char {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// A regular expression that matches exactly this text.
fn literal(text: &str) -> String {
    let mut expression = String::with_capacity(text.len());
    for char in text.chars() {
        // RE2 accepts a backslash only before ASCII punctuation.
        if char.is_ascii_punctuation() && !matches!(char, '_' | '-' | ':' | '/') {
            expression.push('\\');
        }
        expression.push(char);
    }
    expression
}

/// Conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selector {
    matchers: Vec<Matcher>,
}

impl Selector {
    /// Selects all series.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// This selector with one more condition.
    #[must_use]
    pub fn with(mut self, label: impl Into<String>, condition: Condition) -> Self {
        self.matchers.push(Matcher { label: label.into(), condition });
        self
    }

    /// This selector with the condition `label="value"`.
    #[must_use]
    pub fn equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(label, Condition::Is(value.into()))
    }

    /// This selector with the condition that a label has one of these values, each taken literally. Without values the
    /// label must be empty or absent.
    #[must_use]
    pub fn any_of(self, label: impl Into<String>, values: &[&str]) -> Self {
        self.with(label, Condition::OneOf(values.iter().map(|value| (*value).to_owned()).collect()))
    }

    /// The conditions.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The selectors, without braces, that together select each series once. There are several if a label has several
    /// names. A series is judged by the name with precedence among those that it has.
    pub(super) fn alternatives(&self, only: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
        let mut alternatives = vec![only.to_owned()];
        for matcher in &self.matchers {
            let names = labels::names(&matcher.label, &exists);
            alternatives = alternatives
                .into_iter()
                .flat_map(|before| {
                    (0..names.len()).map({
                        let names = &names;
                        move |index| with_name(&before, matcher, names, index)
                    })
                })
                .collect();
        }
        alternatives
    }
}

/// The conditions so far, and this one on one of its label's names. All names with higher precedence must be absent.
/// The name itself must be present, unless it is the last one.
fn with_name(before: &str, matcher: &Matcher, names: &[&str], index: usize) -> String {
    let mut text = before.to_owned();
    let mut add = |label: &str, write: &dyn Fn(&mut String, &str) -> fmt::Result| {
        if !text.is_empty() {
            text.push(',');
        }
        // Writing to a string does not fail.
        let written = write(&mut text, label);
        debug_assert!(written.is_ok(), "a string takes everything");
    };
    for earlier in &names[..index] {
        add(earlier, &|text, label| write_matcher(text, label, "=", ""));
    }
    add(names[index], &|text, label| write_condition(text, label, &matcher.condition));
    if index + 1 < names.len() {
        add(names[index], &|text, label| write_matcher(text, label, "!=", ""));
    }
    text
}

/// `{a="b",c=~"d"}`; empty braces for all series.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, matcher) in self.matchers.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            matcher.fmt(f)?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_matched_as_they_are() {
        for (values, expected) in [
            (&["127.0.0.1:8101", "a+b"][..], r#"{l=~"127\\.0\\.0\\.1:8101|a\\+b"}"#),
            // RE2 refuses a backslash before anything but ASCII punctuation.
            (&["a·b é"], r#"{l=~"a·b é"}"#),
            (&["a\"} or up{b=\""], r#"{l=~"a\\\"\\} or up\\{b\\=\\\""}"#),
            (&[], r#"{l=~""}"#),
        ] {
            assert_eq!(Selector::all().any_of("l", values).to_string(), expected);
        }
    }

    #[test]
    fn a_name_that_is_none_is_a_quoted_text() {
        for (label, expected) in [
            ("model_name", r#"{model_name="v"}"#),
            ("_1", r#"{_1="v"}"#),
            ("1", r#"{"1"="v"}"#),
            ("k8s.pod", r#"{"k8s.pod"="v"}"#),
            (r#"a="b"} or up{c"#, r#"{"a=\"b\"} or up{c"="v"}"#),
            ("", r#"{""="v"}"#),
        ] {
            assert_eq!(Selector::all().equal(label, "v").to_string(), expected);
        }
    }

    /// Reads a PromQL string back; returns it and the rest of the text.
    fn read_quoted(text: &str) -> (String, &str) {
        let mut found = String::new();
        let mut chars = text.strip_prefix('"').unwrap().char_indices();
        loop {
            match chars.next().unwrap() {
                (at, '"') => return (found, &text[at + 2..]),
                (_, '\\') => match chars.next().unwrap().1 {
                    'n' => found.push('\n'),
                    other => found.push(other),
                },
                (_, other) => {
                    assert_ne!(other, '\n', "no string has a line end in it");
                    found.push(other);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_value_ends_its_string(value in any::<String>(), label in "[^a-z]{1,8}") {
            let text = Selector::all().equal("l", value.as_str()).to_string();
            prop_assert_eq!(read_quoted(&text["{l=".len()..]), (value.clone(), "}"));
            let text = Selector::all().equal(label.as_str(), value.as_str()).to_string();
            if text.starts_with("{\"") {
                let (name, rest) = read_quoted(&text[1..]);
                prop_assert_eq!((name, read_quoted(&rest[1..])), (label, (value, "}")));
            }
        }
    }
}
