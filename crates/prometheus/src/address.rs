//! Addresses and headers in a form that may be shown, without their secret parts.

use reqwest::Url;

/// An address that may be shown: without user, password, parameters and fragment. If the text cannot be parsed with
/// certainty, only the scheme is shown.
#[must_use]
pub fn shown_address(text: &str) -> String {
    let text = text.trim();
    let scheme = text.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
    let suspicious = |text: &str| text.contains(['@', '?', '#']);
    match Url::parse(text) {
        Ok(url) if url.has_host() => {
            let shown = shown(&url);
            // If a password contains a `/`, part of it ends up in the path.
            if suspicious(&shown) { format!("{scheme}…") } else { shown.trim_end_matches('/').to_owned() }
        }
        _ if suspicious(text) => format!("{}…", if suspicious(&scheme) { "" } else { &scheme }),
        _ => text.to_owned(),
    }
}

/// An address without its user, its password and its parameters, which may be long or private.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    debug_assert!(
        stripped.is_ok() || url.username().is_empty() && url.password().is_none(),
        "an address that can have no user has none"
    );
    url.to_string()
}

/// The name of a header that may be shown. People sometimes paste the whole line, and its value must not be shown.
#[must_use]
pub fn shown_header(name: &str) -> &str {
    name.split([':', '=']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_in_it_is_secret() {
        for (text, expected) in [
            ("http://prometheus:9090", "http://prometheus:9090"),
            ("https://mimir/prometheus/", "https://mimir/prometheus"),
            ("https://ada:MARKER@mimir/prometheus", "https://mimir/prometheus"),
            ("https://MARKER@mimir", "https://mimir"),
            ("https://mimir/?token=MARKER", "https://mimir"),
            ("https://mimir/#MARKER", "https://mimir"),
            ("https://ada:1/MARKER@mimir", "https://…"),
            ("https://ada:MARKER@mimir:port", "https://…"),
            ("https://ada:MAR/KER@mimir", "https://…"),
            ("ada:MARKER@mimir", "…"),
            ("mimir?token=MARKER", "…"),
            ("?a://MARKER@b", "…"),
            ("prometheus:9090", "prometheus:9090"),
            ("", ""),
        ] {
            assert_eq!(shown_address(text), expected, "{text}");
        }
    }

    #[test]
    fn a_header_is_shown_by_its_name() {
        for (name, expected) in [
            ("X-Key", "X-Key"),
            ("Authorization: Bearer MARKER", "Authorization"),
            ("not a name", "not a name"),
            ("", ""),
        ] {
            assert_eq!(shown_header(name), expected);
        }
    }
}
