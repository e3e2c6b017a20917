//! The data that requests were made from, in a few words.

use crate::input::Input;
use crate::json::{JsonType, Parser, Stop};
use crate::secrets;

/// Bytes of a data specification that are read.
const LIMIT: usize = 4096;

/// Characters of a data set's name that are shown.
const NAME: usize = 80;

/// Reads a data specification: text (up to 0.3), a list of texts (0.4 to 0.6) or a list of
/// objects (from 0.7 on).
pub(super) fn read(parser: &mut Parser<'_, '_>) -> Result<Option<String>, Stop> {
    match parser.kind()? {
        JsonType::Text => Ok(parser.text(LIMIT)?.filter(|text| !text.cut).and_then(|text| in_words(&text.value))),
        JsonType::Object => object(parser),
        JsonType::Array => {
            let mut shapes = Vec::new();
            parser.array(|parser, _| {
                shapes.extend(read(parser)?);
                Ok(())
            })?;
            Ok((!shapes.is_empty()).then(|| shapes.join(" + ")))
        }
        _ => Ok(None),
    }
}

/// The parts of a data specification that are shown.
#[derive(Default)]
struct Parts {
    kind: Option<String>,
    prompt_tokens: Option<f64>,
    output_tokens: Option<f64>,
}

impl Parts {
    fn in_words(&self) -> Option<String> {
        let kind = self.kind.as_deref().unwrap_or("synthetic");
        match (self.prompt_tokens, self.output_tokens) {
            (Some(prompt), Some(output)) => Some(format!("{kind} {prompt} in / {output} out")),
            (Some(prompt), None) => Some(format!("{kind} {prompt} in")),
            (None, Some(output)) => Some(format!("{kind} {output} out")),
            (None, None) => self.kind.clone(),
        }
    }
}

fn object(parser: &mut Parser<'_, '_>) -> Result<Option<String>, Stop> {
    let mut parts = Parts::default();
    parser.object(|parser, key| {
        match key {
            "kind" => parts.kind = parser.name()?,
            "prompt_tokens" => parts.prompt_tokens = parser.number()?,
            "output_tokens" => parts.output_tokens = parser.number()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(parts.in_words())
}

/// Describes `prompt_tokens=64,output_tokens=32`, the same as JSON, or the name of a data set.
fn in_words(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with('{') {
        let mut input = Input::over(text.as_bytes());
        return object(&mut Parser::new(&mut input)).ok().flatten();
    }
    let mut parts = Parts::default();
    for (key, value) in text.split(',').filter_map(|pair| pair.split_once('=')) {
        match key.trim() {
            "prompt_tokens" => parts.prompt_tokens = value.trim().parse().ok(),
            "output_tokens" => parts.output_tokens = value.trim().parse().ok(),
            _ => {}
        }
    }
    parts.in_words().or_else(|| data_set(text))
}

/// The name of a data set: `openai/gsm8k` unchanged; of a path or URL the last part.
fn data_set(text: &str) -> Option<String> {
    if secrets::is_secret("", text) || text.contains(['\n', '{', '=']) && !text.contains("://") {
        return None;
    }
    let bare = text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let local = bare.starts_with(['/', '.', '~']) || bare.contains("://") || bare.contains('\\');
    let name = if local { bare.rsplit(['/', '\\']).next().unwrap_or_default() } else { bare };
    (!name.is_empty() && name.chars().count() <= NAME).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications() {
        let cases = [
            (r#""prompt_tokens=64,output_tokens=32""#, Some("synthetic 64 in / 32 out")),
            (r#"["prompt_tokens=64,output_tokens=32"]"#, Some("synthetic 64 in / 32 out")),
            (r#""{\"prompt_tokens\": 128, \"output_tokens\": 64}""#, Some("synthetic 128 in / 64 out")),
            (
                r#"[{"kind": "synthetic_text", "prompt_tokens": 128, "output_tokens": 64, "turns": 1}]"#,
                Some("synthetic_text 128 in / 64 out"),
            ),
            (r#""openai/gsm8k""#, Some("openai/gsm8k")),
            (r#""/data/private/prompts.json""#, Some("prompts.json")),
            (r#""https://user:key@host/a.json""#, None),
            (r#""https://host/d/a.json?sig=key""#, Some("a.json")),
            (r#"["a/b", "c/d"]"#, Some("a/b + c/d")),
            (r#"[{"kind": "huggingface"}]"#, Some("huggingface")),
            ("null", None),
            ("[]", None),
        ];
        for (json, expected) in cases {
            let mut input = Input::over(json.as_bytes());
            let found = read(&mut Parser::new(&mut input)).unwrap();
            assert_eq!(found.as_deref(), expected, "{json}");
        }
    }
}
