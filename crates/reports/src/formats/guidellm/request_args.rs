//! The model's name in the arguments of a request, which GuideLLM writes as one text: the `repr` of a Python dictionary
//! in 0.4 and 0.5, JSON from 0.6 on. The text also contains headers and prompts, so only the name is kept.

/// The text at `body.model`.
pub(super) fn model(arguments: &str) -> Option<String> {
    let mut scanner = Scanner { rest: arguments };
    let mut path: Vec<Option<&str>> = Vec::new();
    let mut last: Option<&str> = None;
    let mut value_next = false;
    while let Some(token) = scanner.token() {
        match token {
            Token::Open => {
                path.push(last.take());
                value_next = false;
            }
            Token::Close => {
                path.pop();
                (last, value_next) = (None, false);
            }
            Token::Comma => (last, value_next) = (None, false),
            Token::Colon => value_next = true,
            Token::Text(text) if value_next => {
                // The top object has no key, so this path is `{"body": {"model": text`.
                let in_body = matches!(path.as_slice(), [None, Some("body")]);
                if in_body && last == Some("model") && !text.is_empty() && !text.contains('\\') {
                    return Some(text.to_owned());
                }
            }
            Token::Text(text) => last = Some(text),
        }
    }
    None
}

enum Token<'t> {
    Open,
    Close,
    Comma,
    Colon,
    Text(&'t str),
}

struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    /// The next token; bare words and numbers are skipped. A text that does not end is not a token, because the
    /// arguments may have been cut there.
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            let first = self.rest.chars().next()?;
            let behind = &self.rest[first.len_utf8()..];
            self.rest = behind;
            match first {
                '{' | '[' | '(' => return Some(Token::Open),
                '}' | ']' | ')' => return Some(Token::Close),
                ',' => return Some(Token::Comma),
                ':' => return Some(Token::Colon),
                '"' | '\'' => {
                    let end = end_of_text(behind, first)?;
                    self.rest = &behind[end + 1..];
                    return Some(Token::Text(&behind[..end]));
                }
                _ => {}
            }
        }
    }
}

/// The index of the quote that ends the text.
fn end_of_text(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_names() {
        let cases = [
            (
                r"{'method': None, 'headers': None, 'body': {'model': 'org/m.w4a16', 'stream': True}}",
                Some("org/m.w4a16"),
            ),
            (
                r#"{"headers": {"Authorization": "Bearer x"}, "body": {"messages": [{"model": "no"}], "model": "org/m"}}"#,
                Some("org/m"),
            ),
            (r"{'headers': {'model': 'no'}, 'body': {'stream': True}}", None),
            (r#"{'body': {'prompt': "it's {'model': 'no'}", 'model': 'yes'}}"#, Some("yes")),
            (r"{'body': {'prompt': 'a \' b', 'model': 'yes'}}", Some("yes")),
            (r"{'body': {'model': 'cut of", None),
            (r"{'body': {'model': None}}", None),
            ("", None),
            ("}}}'''", None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(model(arguments).as_deref(), expected, "{arguments}");
        }
    }
}
