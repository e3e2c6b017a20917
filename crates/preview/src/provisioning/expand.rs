//! Environment variables and secret files inside provisioning values.
//!
//! The rules are Grafana's: `$NAME` and `${NAME}` give the variable's value or an empty text, `$$` gives a dollar sign,
//! `$__env{NAME}` gives a variable, and `$__file{/path}` the trimmed content of a file. Only values are expanded, never
//! keys.

use std::fs;

use serde_json::Value;

/// Looks up a variable: in the process environment, or in a table in tests.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Expands one text.
///
/// # Errors
/// If `$__file{…}` names a file that cannot be read.
pub fn text(input: &str, lookup: Lookup<'_>) -> anyhow::Result<String> {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = braced(rest, "__env") {
            out.push_str(&lookup(name).unwrap_or_default());
            rest = after;
        } else if let Some((path, after)) = braced(rest, "__file") {
            let content = fs::read_to_string(path).map_err(|error| {
                anyhow::anyhow!("$__file{{{path}}} cannot be read: {error}; check that it is mounted")
            })?;
            out.push_str(content.trim());
            rest = after;
        } else if let Some((name, after)) = braced(rest, "") {
            out.push_str(&lookup(name).unwrap_or_default());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            rest = after;
        } else {
            let (name, after) = rest.split_at(name_length(rest));
            if name.is_empty() {
                out.push('$');
            } else {
                out.push_str(&lookup(name).unwrap_or_default());
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Number of bytes of the variable's name at the start of a text. A digit or one of the shell's special parameters is a
/// name of one character, as in Go's `os.Expand`, which Grafana uses. So passwords with such a `$` must be written with
/// `$$` in both.
fn name_length(text: &str) -> usize {
    match text.chars().next() {
        Some('0'..='9' | '*' | '#' | '@' | '!' | '?' | '-') => 1,
        _ => text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len()),
    }
}

/// Splits `prefix{inside}after` into `(inside, after)`.
fn braced<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(prefix)?.strip_prefix('{')?.split_once('}')
}

/// Expands every text inside a value, however deep.
///
/// # Errors
/// As for [`text`].
pub fn value(input: Value, lookup: Lookup<'_>) -> anyhow::Result<Value> {
    Ok(match input {
        Value::String(string) => Value::String(text(&string, lookup)?),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| value(item, lookup)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(key, item)| Ok((key, value(item, lookup)?))).collect::<anyhow::Result<_>>()?,
        ),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("prometheus".to_owned()),
            "PORT_1" => Some("9090".to_owned()),
            "LOOKS_LIKE" => Some("$HOST".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_expand_as_in_grafana() {
        let check = |input: &str, expected: &str| assert_eq!(text(input, &lookup).unwrap(), expected, "{input}");
        check("http://$HOST:${PORT_1}/x", "http://prometheus:9090/x");
        check("$__env{HOST}", "prometheus");
        check("no variables", "no variables");
        check("$MISSING|${MISSING}|", "||");
        check("pa$$word and $$HOST", "pa$word and $HOST");
        check("5$ and $", "5$ and $");
        check("${unclosed", "unclosed");
        check("a$1b$?c", "abc");
        check("$HOST-$HOST.svc", "prometheus-prometheus.svc");
        check("$LOOKS_LIKE", "$HOST");
        check("größe $HOST €", "größe prometheus €");
    }

    #[test]
    fn a_secret_file_is_read_and_trimmed_and_a_missing_one_is_named() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "  hunter2").unwrap();
        let input = format!("Bearer $__file{{{}}}", file.path().display());
        assert_eq!(text(&input, &lookup).unwrap(), "Bearer hunter2");
        let error = text("$__file{/does/not/exist}", &lookup).unwrap_err().to_string();
        assert!(error.contains("/does/not/exist"), "{error}");
    }

    #[test]
    fn values_expand_at_any_depth_and_keys_do_not() {
        let input = json!({"$HOST": ["$HOST", 1, true, null, {"a": "${PORT_1}"}]});
        assert_eq!(value(input, &lookup).unwrap(), json!({"$HOST": ["prometheus", 1, true, null, {"a": "9090"}]}));
    }
}
