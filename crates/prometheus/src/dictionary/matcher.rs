//! Which series: label matchers.

use std::fmt;

use super::labels;

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        })
    }
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matcher {
    /// The label, by our name for it where it has several.
    pub label: String,
    /// How it is compared.
    pub op: Op,
    /// What it is compared with.
    pub value: String,
}

/// `label="value"`, with escapes.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_matcher(f, &self.label, self.op, &self.value)
    }
}

fn write_matcher(f: &mut impl fmt::Write, label: &str, op: Op, value: &str) -> fmt::Result {
    write!(f, "{label}{op}\"")?;
    for char in value.chars() {
        match char {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// Conditions that all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selector {
    matchers: Vec<Matcher>,
}

impl Selector {
    /// All series.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The same with one more condition.
    #[must_use]
    pub fn with(mut self, label: impl Into<String>, op: Op, value: impl Into<String>) -> Self {
        self.matchers.push(Matcher { label: label.into(), op, value: value.into() });
        self
    }

    /// The same with the condition `label="value"`.
    #[must_use]
    pub fn equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(label, Op::Equal, value)
    }

    /// The conditions.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The selectors, without braces, that together select the series once each: one, or several where a label of a
    /// condition has several names. A series is judged by the name that counts first among those it has.
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

/// The conditions so far and this one, by one of its label's names: those before it must be absent, and, when there is
/// more than one, it must be there, unless it is the last.
fn with_name(before: &str, matcher: &Matcher, names: &[&str], index: usize) -> String {
    let mut text = before.to_owned();
    let mut add = |label: &str, op: Op, value: &str| {
        if !text.is_empty() {
            text.push(',');
        }
        // Writing to a string does not fail.
        let written = write_matcher(&mut text, label, op, value);
        debug_assert!(written.is_ok(), "a string takes everything");
    };
    for earlier in &names[..index] {
        add(earlier, Op::Equal, "");
    }
    add(names[index], matcher.op, &matcher.value);
    if index + 1 < names.len() {
        add(names[index], Op::NotEqual, "");
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
