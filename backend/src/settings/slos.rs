//! The service levels that a data source knows: the presets and its own.

use headroom_engine::slo::{DEFAULT_SLO, Slo, parse_limit, presets};
use serde_json::{Map, Value};

use super::{SettingsProblem, kind_of, text};

/// The service levels, the presets first, and which of them is the default.
#[derive(Debug, Clone, PartialEq)]
pub struct SloBook {
    slos: Vec<Slo>,
    /// Id and reason of those that were defined but cannot be used. A query that names one gets
    /// the reason: judging it by the preset that it was to replace would be another answer.
    unusable: Vec<(String, String)>,
    default_id: String,
}

impl SloBook {
    /// Every service level that can be used.
    #[must_use]
    pub fn all(&self) -> &[Slo] {
        &self.slos
    }

    /// Id of the default.
    #[must_use]
    pub fn default_id(&self) -> &str {
        &self.default_id
    }

    /// The default.
    ///
    /// # Errors
    /// Why it cannot be used, in a sentence.
    pub fn default(&self) -> Result<&Slo, String> {
        self.get(&self.default_id)
            .map_err(|reason| format!("{reason}. It is the data source's default: choose another in its settings"))
    }

    /// The service level of this id.
    ///
    /// # Errors
    /// Why it cannot be used, in a sentence.
    pub fn get(&self, id: &str) -> Result<&Slo, String> {
        if let Some((_, reason)) = self.unusable.iter().find(|(unusable, _)| unusable == id) {
            return Err(format!("the service level `{id}` of the data source's settings cannot be used: {reason}"));
        }
        self.slos.iter().find(|slo| slo.id == id).ok_or_else(|| {
            let known: Vec<&str> = self.slos.iter().map(|slo| slo.id.as_str()).collect();
            format!("there is no service level `{id}`; expected `custom` or one of {}", known.join(", "))
        })
    }
}

pub(super) fn parse(json: &Map<String, Value>, problems: &mut Vec<SettingsProblem>) -> SloBook {
    let mut book = SloBook { slos: presets(), unusable: Vec::new(), default_id: DEFAULT_SLO.to_owned() };
    match json.get("slos") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                add(&mut book, &format!("slos[{index}]"), item, problems);
            }
        }
        Some(other) => problems.push(SettingsProblem {
            key: "slos".to_owned(),
            message: format!("expected a list of service levels; found {}", kind_of(other)),
        }),
    }
    if let Some(id) = text(json, "defaultSlo", &["defaultSlo", ""], &mut Vec::new()) {
        book.default_id = id;
    } else if json.get("defaultSlo").is_some_and(|value| !value.is_null() && !value.is_string()) {
        problems.push(SettingsProblem {
            key: "defaultSlo".to_owned(),
            message: "expected the id of a service level as text; the first preset is used".to_owned(),
        });
    }
    if let Err(reason) = book.get(&book.default_id) {
        problems.push(SettingsProblem { key: "defaultSlo".to_owned(), message: reason });
    }
    book
}

fn add(book: &mut SloBook, key: &str, item: &Value, problems: &mut Vec<SettingsProblem>) {
    let mut note = |part: &str, message: String| {
        problems.push(SettingsProblem { key: format!("{key}{part}"), message });
    };
    let Value::Object(item) = item else {
        return note("", format!("expected an object with id, name and limits; found {}", kind_of(item)));
    };
    let string = |name: &str| item.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let Some(id) = string("id") else {
        return note(".id", "expected a short id as text, for example `chat-eu`".to_owned());
    };
    if id == "custom" {
        return note(".id", "`custom` stands for limits typed into a query: choose another id".to_owned());
    }
    book.slos.retain(|known| known.id != id);
    book.unusable.retain(|(known, _)| known != id);
    let mut limits = Vec::new();
    // With a limit missing the rest would pass too much, so one bad limit spoils the whole.
    let mut reason = None;
    match item.get("limits") {
        Some(Value::Array(texts)) => {
            for (index, text) in texts.iter().enumerate() {
                let parsed = match text {
                    Value::String(text) => parse_limit(text).map_err(|error| error.to_string()),
                    other => Err(format!("expected text such as `ttft_p95=1000ms`; found {}", kind_of(other))),
                };
                match parsed {
                    Ok(limit) => limits.push(limit),
                    Err(message) => {
                        note(&format!(".limits[{index}]"), message.clone());
                        reason.get_or_insert(message);
                    }
                }
            }
            if texts.is_empty() {
                let message = "expected at least one limit: without any, everything passes".to_owned();
                note(".limits", message.clone());
                reason = Some(message);
            }
        }
        other => {
            let found = other.map_or("nothing", kind_of);
            let message = format!("expected a list of limits such as [\"ttft_p95=1000ms\"]; found {found}");
            note(".limits", message.clone());
            reason = Some(message);
        }
    }
    match reason {
        None => book.slos.push(Slo {
            id: id.to_owned(),
            name: string("name").unwrap_or(id).to_owned(),
            source: string("source").unwrap_or(super::SOURCE).to_owned(),
            limits,
        }),
        Some(reason) => book.unusable.push((id.to_owned(), reason)),
    }
}
