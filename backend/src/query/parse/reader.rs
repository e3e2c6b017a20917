//! Reads the values of a query one by one, so that every invalid one is reported.

use std::time::Duration;

use headroom_base::duration;
use headroom_contract::query::CUSTOM_SLO;
use headroom_engine::slo::{Limit, parse_limit};
use serde_json::{Map, Value};

use super::SloChoice;

/// The keys of a query, and what is wrong with their values.
pub(super) struct Reader {
    pub(super) map: Map<String, Value>,
    pub(super) problems: Vec<String>,
}

impl Reader {
    /// A word of a list; `None` if it is absent or empty.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)], fallback: Option<&str>) -> Option<T> {
        let text = self.word(key).or_else(|| fallback.map(str::to_owned)).filter(|text| !text.is_empty())?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problems.push(format!("{key}: expected {}; found {}", names.join(", "), quoted(&text)));
        }
        found.map(|(_, value)| *value)
    }

    /// A text; a variable with several values results in a list with one element, which is accepted.
    pub(super) fn word(&mut self, key: &str) -> Option<String> {
        match self.map.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Array(items) => match items.as_slice() {
                [] => None,
                [Value::String(text)] => Some(text.trim().to_owned()),
                items => {
                    self.problems.push(format!("{key}: expected one value; found a list of {}", items.len()));
                    None
                }
            },
            other => {
                self.problems.push(format!("{key}: expected text; found {}", kind_of(other)));
                None
            }
        }
    }

    /// A list of names. Empty, `All` and Grafana's `$__all` mean all, which is returned as an empty list.
    pub(super) fn names(&mut self, key: &str) -> Vec<String> {
        let items = match self.map.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::String(text)) => vec![Value::String(text.clone())],
            Some(Value::Array(items)) => items.clone(),
            Some(other) => {
                self.problems.push(format!("{key}: expected a list of names; found {}", kind_of(other)));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => match expanded(&text) {
                    Ok(expanded) => names.extend(expanded),
                    Err(message) => self.problems.push(format!("{key}[{index}]: {message}")),
                },
                other => self.problems.push(format!("{key}[{index}]: expected a name; found {}", kind_of(&other))),
            }
        }
        if names.iter().any(|name| is_all(name)) {
            return Vec::new();
        }
        names.sort();
        names.dedup();
        names
    }

    /// A duration such as `5m`; a plain number is in seconds. `None` if it is absent or empty.
    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        let text = match self.map.get(key) {
            Some(Value::Number(seconds)) => seconds.to_string(),
            _ => self.word(key)?,
        };
        if text.is_empty() {
            return None;
        }
        let found = duration::parse(&text).filter(|duration| !duration.is_zero());
        if found.is_none() {
            self.problems.push(format!("{key}: expected a duration such as 5m or 30s; found {}", quoted(&text)));
        }
        found
    }

    /// `true` or `false`; `None` if it is absent.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.map.get(key)? {
            Value::Null => None,
            Value::Bool(on) => Some(*on),
            other => {
                self.problems.push(format!("{key}: expected true or false; found {}", kind_of(other)));
                None
            }
        }
    }

    pub(super) fn slo(&mut self) -> SloChoice {
        match self.word("slo").as_deref() {
            None | Some("") => SloChoice::Default,
            Some(CUSTOM_SLO) => SloChoice::Custom(self.limits()),
            Some(id) if id.contains('$') => {
                self.problems.push(format!("slo: {}", unreplaced(id)));
                SloChoice::Default
            }
            Some(id) => SloChoice::Named(id.to_owned()),
        }
    }

    /// The limits, as a list or as one text with commas or line breaks between them.
    pub(super) fn limits(&mut self) -> Vec<Limit> {
        let split = |text: &str| -> Vec<String> {
            text.split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let mut texts = Vec::new();
        match self.map.get("limits") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => texts = split(text),
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Value::String(text) => texts.extend(split(text)),
                        other => {
                            self.problems.push(format!("limits[{index}]: expected text; found {}", kind_of(other)));
                        }
                    }
                }
            }
            Some(other) => self.problems.push(format!("limits: expected a list; found {}", kind_of(other))),
        }
        if texts.is_empty() {
            self.problems.push(
                "limits: expected at least one limit such as ttft_p95=1000ms, because slo is custom; found none"
                    .to_owned(),
            );
        }
        let mut limits: Vec<Limit> = Vec::new();
        for text in texts {
            match parse_limit(&text) {
                Ok(limit) if limits.iter().any(|known| known.subject == limit.subject) => {
                    self.problems.push(format!("limits: {} is limited twice; keep one of the two", limit.subject.id()));
                }
                Ok(limit) => limits.push(limit),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        limits
    }
}

/// A name as a list: where the front end did not split them, Grafana writes several values of a variable as `{a,b}`.
fn expanded(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if is_all(text) {
        return Ok(vec![text.to_owned()]);
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return Ok(inner.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect());
    }
    if text.starts_with('$') || text.starts_with("[[") {
        return Err(unreplaced(text));
    }
    Ok(vec![text.to_owned()])
}

fn is_all(name: &str) -> bool {
    name.is_empty() || name == "All" || name == "$__all"
}

pub(super) fn unreplaced(text: &str) -> String {
    format!(
        "the variable {} was not replaced. Alert rules have no dashboard variables: write the value itself there; on a \
         dashboard, check that the variable exists",
        quoted(text)
    )
}

/// A value as part of a message, shortened if it is long.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
