//! The reports in the body of a request: the body itself, or the files of a form.

use bytes::Bytes;
use headroom_protocol::ResourceRequest;

use super::status;

/// The most files of one form: more than the steps of any sweep.
const MAX_FILES: usize = 64;

/// A report as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Its path in the store.
    pub(super) name: String,
    /// The report.
    pub(super) bytes: Bytes,
}

/// The reports in a request.
///
/// # Errors
/// HTTP's status, and what was expected, found and is to be done.
pub(super) fn given(request: &ResourceRequest) -> Result<Vec<Given>, (u16, String)> {
    let kind = request.headers.get("Content-Type").unwrap_or_default();
    let is_form = kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data");
    let encoding = request.headers.get("Content-Encoding").unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" => {}
        // A report is read as it is, and seen to be compressed from its content.
        "gzip" | "x-gzip" | "zstd" if !is_form => {}
        _ if is_form => {
            return Err((
                status::UNSUPPORTED,
                "expected a form that is not compressed as a whole: compress the files in it".to_owned(),
            ));
        }
        other => {
            let other: String = other.chars().take(40).collect();
            return Err((
                status::UNSUPPORTED,
                format!("expected Content-Encoding gzip or zstd, or none; found {other:?}"),
            ));
        }
    }
    if is_form {
        return form(kind, &request.body).map_err(|message| (status::BAD_REQUEST, message));
    }
    let name = request.query_pairs().into_iter().find(|(key, _)| key == "name").map(|(_, name)| name);
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Ok(vec![Given { name, bytes: request.body.clone() }]),
        None => Err((
            status::BAD_REQUEST,
            "expected the report's path in the store as `?name=`, such as reports?name=2026-12-01/llama.json"
                .to_owned(),
        )),
    }
}

/// The files of `multipart/form-data` (RFC 7578). The name of a file is its path in the store.
fn form(kind: &str, body: &Bytes) -> Result<Vec<Given>, String> {
    let boundary = parameter(kind, "boundary").filter(|boundary| !boundary.is_empty());
    let Some(boundary) = boundary else {
        return Err("expected a form with a boundary in its Content-Type, as `curl -F` sends it; found none".to_owned());
    };
    let delimiter = format!("--{boundary}");
    let between = format!("\r\n{delimiter}");
    let cut = || "expected a form that ends with its boundary; found one that is cut off".to_owned();
    // What precedes the first delimiter is to be ignored.
    let mut at = if body.starts_with(delimiter.as_bytes()) {
        delimiter.len()
    } else {
        find(body, 0, between.as_bytes()).ok_or_else(cut)? + between.len()
    };
    let mut files = Vec::new();
    while !body[at..].starts_with(b"--") {
        let head = find(body, at, b"\r\n").ok_or_else(cut)? + 2;
        // A part without headers begins with the empty line that ends them.
        let headers_end =
            if body[head..].starts_with(b"\r\n") { head } else { find(body, head, b"\r\n\r\n").ok_or_else(cut)? + 2 };
        let content = headers_end + 2;
        let end = find(body, content, between.as_bytes()).ok_or_else(cut)?;
        let headers = String::from_utf8_lossy(&body[head..headers_end]);
        if let Some(name) = file_name(&headers) {
            if files.len() == MAX_FILES {
                return Err(format!(
                    "expected at most {MAX_FILES} files in one form; found more. Send the others in another"
                ));
            }
            files.push(Given { name, bytes: body.slice(content..end) });
        }
        at = end + between.len();
    }
    if files.is_empty() {
        return Err("expected a form with files, such as `curl -F file=@report.json`; found none".to_owned());
    }
    Ok(files)
}

/// The name of the file that a part of a form is, from its headers; `None` if it is no file.
fn file_name(headers: &str) -> Option<String> {
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("Content-Disposition").then_some(value)
    })?;
    parameter(disposition, "filename")
}

/// A parameter of a header's value. Clients write quotes in a quoted text as `\"` or, as browsers do, as `%22`.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once(';') {
        let (key, mut value) = after.split_once('=')?;
        let mut text = String::new();
        if let Some(quoted) = value.trim_start().strip_prefix('"') {
            let mut chars = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, char)) = chars.next() {
                match char {
                    '"' => {
                        end = at;
                        break;
                    }
                    '\\' if quoted[at + 1..].starts_with(['"', '\\']) => {
                        text.extend(chars.next().map(|(_, char)| char));
                    }
                    char => text.push(char),
                }
            }
            value = &quoted[end..];
            text = text.replace("%22", "\"");
        } else {
            text.push_str(value.split(';').next().unwrap_or_default().trim());
        }
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = value;
    }
    None
}

/// Where `needle` begins in `hay`, from `at` on.
fn find(hay: &[u8], at: usize, needle: &[u8]) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let mut from = at;
    while let Some(step) = hay.get(from..)?.iter().position(|byte| *byte == first) {
        from += step;
        if hay[from + 1..].starts_with(rest) {
            return Some(from);
        }
        from += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use headroom_protocol::Headers;

    use super::*;

    fn request(url: &str, headers: &[(&str, &str)], body: &str) -> ResourceRequest {
        let headers = headers.iter().fold(Headers::new(), |headers, (name, value)| headers.with(*name, *value));
        ResourceRequest { url: url.to_owned(), headers, body: Bytes::from(body.to_owned()), ..Default::default() }
    }

    #[track_caller]
    fn check(request: &ResourceRequest, expected: Result<&[(&str, &str)], (u16, &str)>) {
        match (given(request), expected) {
            (Ok(found), Ok(expected)) => {
                let found: Vec<_> = found
                    .iter()
                    .map(|given| (given.name.as_str(), std::str::from_utf8(&given.bytes).unwrap()))
                    .collect();
                assert_eq!(found, expected);
            }
            (Err((status, message)), Err((expected, part))) => {
                assert!(status == expected && message.contains(part), "{status} {message}");
            }
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn a_body_is_one_report_with_the_name_in_the_address() {
        check(&request("reports?name=a/b.json", &[], "{}"), Ok(&[("a/b.json", "{}")]));
        check(&request("reports?name=a%2Fb+c.json", &[("content-encoding", "GZIP")], "x"), Ok(&[("a/b c.json", "x")]));
        check(&request("reports", &[], "{}"), Err((400, "?name=")));
        check(&request("reports?name=", &[], "{}"), Err((400, "?name=")));
        check(&request("reports?name=a.json", &[("Content-Encoding", "br")], ""), Err((415, "\"br\"")));
    }

    const KIND: &str = "multipart/form-data; boundary=----x";

    #[test]
    fn a_form_has_a_report_in_each_file() {
        let kind = |kind: &'static str| [("Content-Type", kind)];
        let form = |kind_of: &'static str, body: &str| request("reports", &kind(kind_of), body);
        let file = |name: &str, content: &str| {
            format!(
                "------x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n"
            )
        };
        let two = format!("{}{}------x--\r\n", file("a.json", "1\r\n2"), file("b/c d.csv", ""));
        check(&form(KIND, &two), Ok(&[("a.json", "1\r\n2"), ("b/c d.csv", "")]));
        check(
            &form("Multipart/Form-Data; charset=x; boundary=\"----x\"", &two),
            Ok(&[("a.json", "1\r\n2"), ("b/c d.csv", "")]),
        );
        let field = "------x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n";
        check(&form(KIND, &format!("before\r\n{field}{}------x--", file("a.json", "{}"))), Ok(&[("a.json", "{}")]));
        check(&form(KIND, &format!("{}------x--", file("a\\\"b%22.json", "{}"))), Ok(&[("a\"b\".json", "{}")]));
        check(&form(KIND, &format!("{field}------x--")), Err((400, "with files")));
        check(&form(KIND, "------x\r\n\r\nno headers\r\n------x--"), Err((400, "with files")));
        check(&form(KIND, &file("a.json", "{}")), Err((400, "cut off")));
        check(&form(KIND, "------x"), Err((400, "cut off")));
        check(&form(KIND, ""), Err((400, "cut off")));
        check(&form("multipart/form-data", &two), Err((400, "boundary")));
        let compressed = [kind(KIND)[0], ("Content-Encoding", "gzip")];
        check(&request("reports", &compressed, &two), Err((415, "compress the files")));
        let many: String = (0..=MAX_FILES).map(|number| file(&format!("{number}.json"), "")).collect();
        check(&form(KIND, &format!("{many}------x--")), Err((400, "at most 64 files")));
    }

    proptest::proptest! {
        /// Whatever comes, each file is a part of it.
        #[test]
        fn no_form_is_read_beyond_its_end(
            kind in "(multipart/form-data)?(; ?boundary=\"?[a-]{0,3}\\\\?\"?)?",
            body in "([a-]{0,4}|\r\n|--|--a|; filename=|\"|\\\\|Content-Disposition: form-data|é){0,40}",
        ) {
            for given in given(&request("reports?name=x", &[("Content-Type", &kind)], &body)).unwrap_or_default() {
                proptest::prop_assert!(given.bytes.len() <= body.len());
            }
        }
    }
}
