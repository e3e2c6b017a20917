//! Reads settings one by one: a value of the wrong type becomes a problem and is never silently ignored.

use std::time::Duration;

use headroom_base::duration;
use headroom_contract::settings::{Setting, Takes};
use serde_json::{Map, Value};

use super::{SettingsProblem, kind_of};

/// The settings, and what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) json: &'a Map<String, Value>,
    pub(super) problems: Vec<SettingsProblem>,
}

impl Reader<'_> {
    /// Adds a problem with a key.
    pub(super) fn note(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(SettingsProblem { key: key.to_owned(), message: message.into() });
    }

    /// A text without surrounding white space. An empty one counts as absent, because the settings page writes it for a
    /// cleared field. For a name, numbers are accepted too.
    pub(super) fn text(&mut self, setting: &Setting) -> Option<String> {
        self.text_of(setting.key, &setting.takes)
    }

    /// The text of one of several numbered keys, such as `httpHeaderName3`.
    pub(super) fn text_of(&mut self, key: &str, takes: &Takes) -> Option<String> {
        match self.json.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) if *takes == Takes::Name => Some(number.to_string()),
            other => {
                let expected = if *takes == Takes::Name { "text or a number" } else { "text" };
                self.note(key, format!("expected {expected}; found {}", kind_of(other)));
                None
            }
        }
    }

    /// One of the words that a key accepts. If it is absent, the first one; `None` for any other word. `instead` is the
    /// end of the message, which says what is done then; it may be empty.
    pub(super) fn word(&mut self, setting: &Setting, instead: &str) -> Option<&'static str> {
        let Takes::Word(words) = setting.takes else { return None };
        let text = match self.json.get(setting.key) {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text.trim(),
            Some(other) => {
                self.note(setting.key, format!("expected text; found {}{instead}", kind_of(other)));
                return None;
            }
        };
        if text.is_empty() {
            return words.first().copied();
        }
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            self.note(setting.key, format!("expected {}; found `{text}`{instead}", known.join(" or ")));
        }
        found
    }

    /// `true` or `false`; `false` if it is absent.
    pub(super) fn flag(&mut self, setting: &Setting) -> bool {
        match self.json.get(setting.key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(on)) => *on,
            Some(other) => {
                self.note(setting.key, format!("expected true or false; found {}", kind_of(other)));
                false
            }
        }
    }

    /// A number of seconds within the key's range; otherwise `default` seconds.
    pub(super) fn seconds(&mut self, setting: &Setting, default: f64) -> Duration {
        let Takes::Seconds(range) = &setting.takes else { return Duration::from_secs_f64(default) };
        let seconds = match self.json.get(setting.key) {
            None | Some(Value::Null) => default,
            Some(value) => match value.as_f64() {
                Some(seconds) if range.contains(&seconds) => seconds,
                found => {
                    let found = found.map_or_else(|| kind_of(value).to_owned(), |seconds| seconds.to_string());
                    let (least, most) = (range.start(), range.end());
                    self.note(
                        setting.key,
                        format!(
                            "expected a number of seconds from {least} to {most}; found {found}. {default} is used"
                        ),
                    );
                    default
                }
            },
        };
        Duration::from_secs_f64(seconds)
    }

    /// A duration such as `15s` within the key's range; a plain number is in seconds.
    pub(super) fn duration(&mut self, setting: &Setting) -> Option<Duration> {
        let Takes::Duration(range) = &setting.takes else { return None };
        let text = match self.json.get(setting.key)? {
            Value::Number(seconds) => seconds.to_string(),
            Value::String(_) | Value::Null => self.text(setting)?,
            other => {
                self.note(
                    setting.key,
                    format!("expected a duration such as `15s` or a number of seconds; found {}", kind_of(other)),
                );
                return None;
            }
        };
        let found = duration::parse(&text).filter(|duration| range.contains(duration));
        if found.is_none() {
            let (least, most) = (duration::promql(*range.start()), duration::promql(*range.end()));
            self.note(
                setting.key,
                format!("expected a duration such as `15s`, from `{least}` to `{most}`; found `{text}`"),
            );
        }
        found
    }
}
