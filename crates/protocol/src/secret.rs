//! The secrets of a data source or an app.

use std::{collections::BTreeMap, fmt};

use headroom_base::Secret;

/// The decrypted `secureJsonData` of a data source or an app. `Debug` prints the names and no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecureMap(BTreeMap<String, Secret>);

impl SecureMap {
    /// The secret with this name; `None` if it is absent or empty, because Grafana does not distinguish the two.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name).filter(|secret| !secret.is_empty())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All secrets as plain text, only to be sent.
    pub(crate) fn exposed(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, secret)| (name.clone(), secret.expose().to_owned())).collect()
    }
}

impl FromIterator<(String, String)> for SecureMap {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(name, text)| (name, Secret::new(text))).collect())
    }
}

impl fmt::Debug for SecureMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_names_and_no_value() {
        let map: SecureMap =
            [("apiKey".to_owned(), "MARKER".to_owned()), ("empty".to_owned(), String::new())].into_iter().collect();
        for text in [format!("{map:?}"), format!("{map:#?}")] {
            assert!(!text.contains("MARKER"), "{text}");
            assert!(text.contains("<redacted>"), "{text}");
        }
        assert!(format!("{map:?}").contains("apiKey"));
        assert_eq!(map.get("apiKey").map(Secret::expose), Some("MARKER"));
        assert_eq!(map.get("empty"), None);
        assert_eq!(map.names().collect::<Vec<_>>(), ["apiKey", "empty"]);
    }
}
