//! Removes secrets from what servers and proxies say, because some of them echo the request.

use std::fmt;

use crate::config::{Auth, Config};

/// The text in place of a secret.
const HIDDEN: &str = "<redacted>";
/// The least length of a secret, characters. A shorter text protects nothing, and hiding it would leave holes in every
/// sentence.
const SHORTEST: usize = 4;
/// A parameter whose name contains one of these is a secret, so its value is hidden everywhere.
const SECRET_NAMES: [&str; 9] = ["token", "key", "secret", "pass", "pwd", "cred", "jwt", "auth", "sig"];

/// The secrets of a connection.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// The texts to hide, in every spelling, the longest first, each with its replacement.
    hidden: Vec<(String, String)>,
    longest: usize,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Secrets {
    /// The secrets of a configuration. `credentials` is the value of the header `Authorization`.
    pub(crate) fn of(config: &Config, credentials: Option<&str>) -> Self {
        let mut found = Self::default();
        match &config.auth {
            Auth::None => {}
            Auth::Bearer(token) => found.hide(token.expose()),
            Auth::Basic { password, .. } => found.hide(password.expose()),
        }
        if let Some(credentials) = credentials {
            found.hide(credentials.rsplit(' ').next().unwrap_or_default());
        }
        for (_, value) in &config.headers {
            found.hide(value.expose());
            // The words after a scheme such as `Bearer`.
            for word in value.expose().split_whitespace().skip(1) {
                found.hide(word);
            }
        }
        for (name, value) in &config.parameters {
            let is_secret = SECRET_NAMES.iter().any(|part| name.to_lowercase().contains(part));
            if is_secret {
                found.hide(value);
            }
            // Other parameters are hidden only together with their names, as in an address: elsewhere the value may be
            // an ordinary word.
            for spelling in [value.clone(), url_encoded(value), url_encoded(value).replace("%20", "+")] {
                if !spelling.is_empty() {
                    found.add(format!("{name}={spelling}"), format!("{name}={HIDDEN}"));
                }
            }
        }
        found.hidden.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.hidden.dedup();
        found
    }

    fn hide(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.chars().count() < SHORTEST {
            return;
        }
        let in_address = url_encoded(secret);
        let in_page = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let in_json = secret.replace('\\', "\\\\").replace('"', "\\\"");
        // The spellings of Go's JSON and HTML, and lower-case escapes in addresses.
        let in_go_json = in_json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
        let in_go_page = in_page.replace("&quot;", "&#34;").replace('\'', "&#39;");
        let in_lower_address = lower_escapes(&in_address);
        for spelling in [secret.to_owned(), in_address, in_lower_address, in_page, in_go_page, in_json, in_go_json] {
            self.add(spelling, HIDDEN.to_owned());
        }
    }

    fn add(&mut self, spelling: String, instead: String) {
        self.longest = self.longest.max(spelling.len());
        self.hidden.push((spelling, instead));
    }

    /// The text with its secrets replaced.
    pub(crate) fn out_of(&self, text: String) -> String {
        self.hidden.iter().fold(
            text,
            |text, (secret, instead)| {
                if text.contains(secret) { text.replace(secret, instead) } else { text }
            },
        )
    }

    /// The length of the longest secret, bytes. A text must be read this much further than it is shown, or a secret
    /// that is cut off at its end would not be recognised.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }
}

/// An address with `%2f` instead of `%2F`.
fn lower_escapes(address: &str) -> String {
    let mut parts = address.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    // Two digits, which are ASCII, follow each `%`.
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        format!("{text}%{}{rest}", digits.to_ascii_lowercase())
    })
}

/// A text, encoded for an address.
fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use headroom_base::Secret;

    use super::*;

    #[test]
    fn a_secret_is_found_in_every_spelling_and_other_words_stay() {
        let mut config = Config::new("http://p");
        config.auth = Auth::Bearer(Secret::new("MARK ER&1"));
        config.headers =
            vec![("X-Key".to_owned(), Secret::new("Token MARKER2")), ("X-Short".to_owned(), Secret::new("ok"))];
        config.parameters = vec![
            ("api_key".to_owned(), "MARKER3".to_owned()),
            ("namespace".to_owned(), "chat".to_owned()),
            ("empty".to_owned(), String::new()),
        ];
        let secrets = Secrets::of(&config, Some("Bearer MARK ER&1"));
        for (said, expected) in [
            ("Authorization: Bearer MARK ER&1", "Authorization: Bearer <redacted>"),
            ("<p>MARK ER&amp;1</p>", "<p><redacted></p>"),
            ("?next=MARK%20ER%261", "?next=<redacted>"),
            (r#"{"token":"MARK ER\u00261"}"#, r#"{"token":"<redacted>"}"#),
            ("x-key: Token MARKER2, MARKER2", "x-key: <redacted>, <redacted>"),
            ("/api?api_key=MARKER3&namespace=chat", "/api?api_key=<redacted>&namespace=<redacted>"),
            ("MARKER3", "<redacted>"),
            ("chat is ok, empty= too", "chat is ok, empty= too"),
        ] {
            assert_eq!(secrets.out_of(said.to_owned()), expected);
        }
        assert!(!format!("{secrets:?} {config:?}").contains("MARK"), "{secrets:?} {config:?}");
        assert!(secrets.longest() >= "MARK%20ER%261".len());
    }
}
