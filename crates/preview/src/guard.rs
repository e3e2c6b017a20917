//! Refuses what a browser sends on behalf of another site.
//!
//! The preview has no login. It listens on 127.0.0.1, but any page that the user has open could still reach it, through
//! a form or through a name of its own that resolves to 127.0.0.1.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Accepts a request if it is addressed to this machine, and if the page that sent it (if any) is ours.
pub async fn same_site(request: Request, next: Next) -> Response {
    if is_ours(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "the preview answers only to its own page at 127.0.0.1 or localhost").into_response()
    }
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&name);
    let origin = text(header::ORIGIN);
    local && origin.is_none_or(|origin| origin.strip_prefix("http://") == Some(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_is_served() {
        let check = |host: &str, origin: Option<&str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(is_ours(&headers), expected, "{host} {origin:?}");
        };
        check("127.0.0.1:3000", None, true);
        check("localhost:3000", Some("http://localhost:3000"), true);
        check("[::1]:3000", None, true);
        check("127.0.0.1:3000", Some("https://example.org"), false);
        check("127.0.0.1:3000", Some("null"), false);
        check("127.0.0.1:3000", Some("http://127.0.0.1:9999"), false);
        check("rebound.example.org:3000", Some("http://rebound.example.org:3000"), false);
    }

    #[test]
    fn a_request_without_a_host_is_refused() {
        assert!(!is_ours(&HeaderMap::new()));
    }
}
