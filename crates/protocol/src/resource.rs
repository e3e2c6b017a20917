//! HTTP requests below the data source's own path (`…/resources/…`).

use bytes::Bytes;

use crate::headers::Headers;

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest {
    /// Path below `resources/`, without the query string, as it was sent (with or without a slash at the start).
    pub path: String,
    /// Path and query string.
    pub url: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The request's headers.
    pub headers: Headers,
    /// The request's body.
    pub body: Bytes,
}

impl ResourceRequest {
    /// The path's segments: `/runs/7/` gives `runs`, `7`.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The pairs of the query string in order, percent-decoded. `+` is read as a space, and a name without `=` has an
    /// empty value.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decode(name), percent_decode(value))
            })
            .collect()
    }
}

/// Decodes one part of a query string. Invalid escapes are kept, and bytes that are not UTF-8 become `U+FFFD`.
fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |at: usize| {
            tail.get(at).and_then(|&digit| char::from(digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
        };
        rest = if let (b'%', Some(high), Some(low)) = (byte, hex(0), hex(1)) {
            decoded.push(high << 4 | low);
            &tail[2..]
        } else {
            decoded.push(if byte == b'+' { b' ' } else { byte });
            tail
        };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// An HTTP response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers; a name may occur several times.
    pub headers: Headers,
    /// Body.
    pub body: Bytes,
}

impl ResourceResponse {
    /// A response with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Headers::new().with("Content-Type", "application/json"), body: body.to_string().into() }
    }

    /// A response whose JSON body has the message in `message`, where Grafana's front end expects it.
    #[must_use]
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, &serde_json::json!({ "message": message }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &[(&str, &str)]) {
        let request = ResourceRequest { url: url.into(), ..Default::default() };
        let pairs = request.query_pairs();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected, "{url}");
    }

    #[test]
    fn query_strings_decode() {
        check("runs", &[]);
        check("runs?", &[]);
        check("runs?a=1&a=2&b", &[("a", "1"), ("a", "2"), ("b", "")]);
        check("runs?m=Mistral+Small%2F24B&x=%C3%A9#frag", &[("m", "Mistral Small/24B"), ("x", "é")]);
        check("runs?p=100%&q=%zz&r=%f&s=%ff", &[("p", "100%"), ("q", "%zz"), ("r", "%f"), ("s", "\u{fffd}")]);
    }

    #[test]
    fn a_path_has_segments_with_or_without_slashes() {
        for path in ["runs/7", "/runs/7", "/runs//7/"] {
            assert_eq!(ResourceRequest { path: path.into(), ..Default::default() }.segments(), ["runs", "7"]);
        }
        assert!(ResourceRequest::default().segments().is_empty());
    }
}
