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
    /// With what.
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

/// All of some conditions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selector {
    matchers: Vec<Matcher>,
}

/// A text is no list of label matchers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected label matchers such as namespace=\"prod\",pod=~\"chat-.*\", found {found} at character {at}")]
pub struct MatcherError {
    /// Where, counted in characters from 1.
    pub at: usize,
    /// What stands there.
    pub found: String,
}

impl Selector {
    /// All series.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// And this condition.
    #[must_use]
    pub fn with(mut self, label: impl Into<String>, op: Op, value: impl Into<String>) -> Self {
        self.matchers.push(Matcher { label: label.into(), op, value: value.into() });
        self
    }

    /// And `label="value"`.
    #[must_use]
    pub fn equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(label, Op::Equal, value)
    }

    /// And those conditions.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for matcher in &other.matchers {
            if !self.matchers.contains(matcher) {
                self.matchers.push(matcher.clone());
            }
        }
        self
    }

    /// The conditions.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Reads `namespace="prod", pod=~"chat-.*"`, with or without braces around it.
    ///
    /// # Errors
    /// When it is written in any other way; nothing that is no matcher gets into a query.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let mut reader = Reader { text, at: 0 };
        let braces = reader.eat("{");
        let mut selector = Self::default();
        loop {
            reader.blank();
            if reader.rest().is_empty() || reader.rest().starts_with('}') {
                break;
            }
            selector.matchers.push(reader.matcher()?);
            if !reader.eat(",") {
                break;
            }
        }
        if braces && !reader.eat("}") {
            return Err(reader.error());
        }
        reader.blank();
        if reader.rest().is_empty() { Ok(selector) } else { Err(reader.error()) }
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn error(&self) -> MatcherError {
        let found = self.rest().chars().next().map_or_else(|| "the end".to_owned(), |char| format!("`{char}`"));
        MatcherError { at: self.text[..self.at].chars().count() + 1, found }
    }

    fn matcher(&mut self) -> Result<Matcher, MatcherError> {
        let rest = self.rest();
        let belongs =
            |(at, char): &(usize, char)| *char == '_' || char.is_ascii_alphabetic() || *at > 0 && char.is_ascii_digit();
        let length = rest.char_indices().take_while(belongs).count();
        if length == 0 {
            return Err(self.error());
        }
        let label = rest[..length].to_owned();
        self.at += length;
        let op = if self.eat("=~") {
            Op::Matches
        } else if self.eat("!~") {
            Op::MatchesNot
        } else if self.eat("!=") {
            Op::NotEqual
        } else if self.eat("=") {
            Op::Equal
        } else {
            return Err(self.error());
        };
        self.blank();
        Ok(Matcher { label, op, value: self.text()? })
    }

    /// A text in double or single quotes, with escapes, or in backquotes, without.
    fn text(&mut self) -> Result<String, MatcherError> {
        let Some(quote) = self.rest().chars().next().filter(|char| matches!(char, '"' | '\'' | '`')) else {
            return Err(self.error());
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(char) = self.rest().chars().next() else { return Err(self.error()) };
            if char == quote {
                self.at += 1;
                return Ok(value);
            }
            if char == '\\' && quote != '`' {
                self.at += 1;
                value.push(match self.rest().chars().next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(same @ ('\\' | '"' | '\'')) => same,
                    _ => return Err(self.error()),
                });
                self.at += 1;
            } else {
                value.push(char);
                self.at += char.len_utf8();
            }
        }
    }
}
