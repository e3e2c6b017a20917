//! The service levels of a data source: the presets and its own.

use headroom_contract::query::CUSTOM_SLO;
use headroom_contract::settings as keys;
use headroom_engine::slo::{DEFAULT_SLO, Slo, parse_limit, presets};
use serde_json::Value;

use super::kind_of;
use super::reader::Reader;

/// The service levels, the presets first, and which of them is the default.
#[derive(Debug, Clone, PartialEq)]
pub struct SloBook {
    slos: Vec<Slo>,
    /// Id and reason of those that were defined but are invalid. A query that names one gets the reason: judging it by
    /// the preset that it was to replace would give a different answer.
    unusable: Vec<(String, String)>,
    default_id: String,
}

impl SloBook {
    /// Every valid service level.
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
    /// Why it is invalid, in a sentence.
    pub fn default(&self) -> Result<&Slo, String> {
        self.get(&self.default_id)
            .map_err(|reason| format!("{reason}. It is the data source's default: choose another in its settings"))
    }

    /// The service level with this id.
    ///
    /// # Errors
    /// Why it is invalid, in a sentence.
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

pub(super) fn parse(reader: &mut Reader<'_>) -> SloBook {
    let mut book = SloBook { slos: presets(), unusable: Vec::new(), default_id: DEFAULT_SLO.to_owned() };
    let key = keys::SLOS.key;
    match reader.json.get(key) {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                add(&mut book, &format!("{key}[{index}]"), item, reader);
            }
        }
        Some(other) => reader.note(key, format!("expected a list of service levels; found {}", kind_of(other))),
    }
    if let Some(id) = reader.text(&keys::DEFAULT_SLO) {
        book.default_id = id;
    }
    if let Err(reason) = book.get(&book.default_id) {
        reader.note(keys::DEFAULT_SLO.key, reason);
    }
    book
}

fn add(book: &mut SloBook, key: &str, item: &Value, reader: &mut Reader<'_>) {
    let mut note = |part: &str, message: String| reader.note(&format!("{key}{part}"), message);
    let Value::Object(item) = item else {
        return note("", format!("expected an object with id, name and limits; found {}", kind_of(item)));
    };
    let string = |name: &str| item.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let Some(id) = string("id") else {
        return note(".id", "expected a short id as text, for example `chat-eu`".to_owned());
    };
    if id == CUSTOM_SLO {
        return note(".id", format!("`{CUSTOM_SLO}` stands for limits typed into a query: choose another id"));
    }
    book.slos.retain(|known| known.id != id);
    book.unusable.retain(|(known, _)| known != id);
    let mut limits = Vec::new();
    // If a limit were left out, the others would let too much pass. So one invalid limit makes the whole service level
    // invalid.
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
