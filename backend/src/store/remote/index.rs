//! Reads what HTTP servers answer for a folder: an index page, as nginx, Apache, Caddy and Python make it, or a list in
//! JSON.

use reqwest::Url;
use serde_json::Value;

/// What a page leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Another page with links.
    Folder(Url),
    /// A file.
    File(Url),
}

/// The links in a page of HTML, without those that sort it.
pub(super) fn of_html(page: &str, base: &Url) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some(tag) = rest.strip_prefix(['a', 'A']).filter(|tag| tag.starts_with(|c: char| c.is_ascii_whitespace()))
        else {
            continue;
        };
        let tag = tag.split('>').next().unwrap_or_default();
        if let Some(reference) = attribute(tag, "href") {
            links.extend(link(&unescaped(reference), base));
        }
    }
    links
}

/// The links in a list in JSON: texts, or objects with `url`, `path` or `name`, as nginx (`autoindex_format json`) and
/// Caddy write them. `None` if it is no such list; then it may be a report.
pub(super) fn of_json(page: &[u8], base: &Url) -> Option<Vec<Link>> {
    let list: Vec<Value> = serde_json::from_slice(page).ok()?;
    let mut links = Vec::new();
    for entry in &list {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let name = entry.as_str().or_else(|| text("url")).or_else(|| text("path")).or_else(|| text("name"))?;
        let is_folder = text("type") == Some("directory") || entry.get("is_dir").and_then(Value::as_bool) == Some(true);
        let name = if is_folder && !name.ends_with('/') { format!("{name}/") } else { name.to_owned() };
        links.extend(link(&name, base));
    }
    Some(links)
}

/// The value of an attribute in a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = tag.get(at..)?;
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split(|c: char| c.is_ascii_whitespace()).next(),
    }
}

/// A text of HTML without the escapes that addresses have.
fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The address that a reference leads to, without its fragment. `None` if it is none.
fn link(reference: &str, base: &Url) -> Option<Link> {
    let mut url = base.join(reference).ok()?;
    url.set_fragment(None);
    Some(if url.path().ends_with('/') { Link::Folder(url) } else { Link::File(url) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("http://h/r/").unwrap()
    }

    #[track_caller]
    fn check(links: &[Link], expected: &[&str]) {
        let found: Vec<&str> = links
            .iter()
            .map(|link| match link {
                Link::Folder(url) | Link::File(url) => url.as_str(),
            })
            .collect();
        assert_eq!(found, expected);
        for link in links {
            assert_eq!(matches!(link, Link::Folder(_)), matches!(link, Link::Folder(url) if url.path().ends_with('/')));
        }
    }

    #[test]
    fn index_pages_of_the_known_servers() {
        // nginx
        check(
            &of_html(
                "<html>\r\n<head><title>Index of /r/</title></head>\r\n<body>\r\n<h1>Index of /r/</h1><hr><pre><a href=\"../\">../</a>\r\n<a href=\"run%201/\">run 1/</a>  28-Nov-2026 10:00   -\r\n<a href=\"a%26b.json\">a&amp;b.json</a>   28-Nov-2026 10:00   12345\r\n</pre><hr></body></html>",
                &base(),
            ),
            &["http://h/", "http://h/r/run%201/", "http://h/r/a%26b.json"],
        );
        // Apache sorts by links to the page itself.
        check(
            &of_html(
                "<table><tr><th><a href=\"?C=N;O=D\">Name</a></th></tr><tr><td><A HREF='x.json'>x.json</A></td><td><a class=\"f\" href=\"y.csv#top\">y</a></td></tr></table>",
                &base(),
            ),
            &["http://h/r/?C=N;O=D", "http://h/r/x.json", "http://h/r/y.csv"],
        );
        // Python
        check(
            &of_html(
                "<ul>\n<li><a href=\"sub/\">sub/</a></li>\n<li><a href=\"z.json\">z.json</a></li>\n</ul>",
                &base(),
            ),
            &["http://h/r/sub/", "http://h/r/z.json"],
        );
        check(
            &of_html("<abbr href=\"no.json\"><a name=x><a href=plain.json>p</a><a href=", &base()),
            &["http://h/r/plain.json"],
        );
    }

    #[test]
    fn lists_in_json() {
        let of = |text: &str| of_json(text.as_bytes(), &base());
        check(
            &of(r#"["a.json", "sub/", "/r/b.json"]"#).unwrap(),
            &["http://h/r/a.json", "http://h/r/sub/", "http://h/r/b.json"],
        );
        check(
            &of(r#"[{"name":"sub","type":"directory"},{"name":"c.json","type":"file","size":3},{"name":"d","is_dir":true,"url":"./d/"}]"#)
                .unwrap(),
            &["http://h/r/sub/", "http://h/r/c.json", "http://h/r/d/"],
        );
        check(&of("[]").unwrap(), &[]);
        for report in [r#"{"benchmarks":[]}"#, r#"[{"latency":1}]"#, "[1]", "[", ""] {
            assert_eq!(of(report), None, "{report}");
        }
    }
}
