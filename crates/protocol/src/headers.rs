//! HTTP headers, as Grafana passes them on.

use std::{collections::BTreeMap, fmt};

/// HTTP headers: names are compared without regard to case, and a name can have several values.
///
/// They contain cookies and bearer tokens, so `Debug` prints only the names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Vec<String>>);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).first().map(String::as_str)
    }

    /// Every value of this name, in the order in which they were sent.
    #[must_use]
    pub fn get_all(&self, name: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(&[], |(_, values)| values)
    }

    /// Adds a value; existing ones are kept.
    pub fn append(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        let known = self.0.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned();
        self.0.entry(known.unwrap_or(name)).or_default().push(value.into());
    }

    /// Adds a value and returns the headers.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.append(name, value);
        self
    }

    /// Names with their values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_keep_every_value() {
        let headers = Headers::new().with("Accept", "a").with("ACCEPT", "b").with("Cookie", "MARKER");
        assert_eq!(headers.get_all("accept"), ["a", "b"]);
        assert_eq!(headers.get("accept"), Some("a"));
        assert_eq!(headers.get("missing"), None);
        assert!(headers.get_all("missing").is_empty());
        assert_eq!(headers.iter().count(), 2);
        assert_eq!(format!("{headers:?}"), r#"{"Accept", "Cookie"}"#);
    }
}
