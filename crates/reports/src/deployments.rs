//! Facts about deployments that reports do not contain: quantization, hardware, price.
//!
//! They come from a `deployments.yaml` beside the reports, or from the data source's settings, in the same form:
//!
//! ```yaml
//! deployments:
//!   - name: tiny-llama-bf16
//!     match: { path: "tiny-llama-bf16/**" }
//!     quantization: bf16
//!     hardware: NVIDIA L4
//!     gpus: 1
//!     price: { dollars_per_hour: 0.85, source: AWS on-demand list, region: us-east-1, date: 2025-12-29 }
//!     production: { model_name: tiny-llama, namespace: chat }
//! ```

mod production;

use std::path::Path;

use headroom_engine::run::{Deployment, DollarsPerHour, Known, Price, Run};
use serde_json::Value;

use crate::fields::{Fields, kind_of};
use crate::problem::{Code, Problem, Problems};
use crate::yaml;
use crate::{glob, sweep};

pub use self::production::Production;

const DEPLOYMENT_KEYS: &[&str] =
    &["name", "match", "model", "quantization", "hardware", "gpus", "tensor_parallel", "engine", "price", "production"];

/// The keys of the facts, for documents without a `match`.
pub(crate) const FACT_KEYS: &[&str] =
    &["name", "model", "quantization", "hardware", "gpus", "tensor_parallel", "engine", "price"];
const MATCH_KEYS: &[&str] = &["model", "path", "run", "labels"];
const PRICE_KEYS: &[&str] = &["dollars_per_hour", "source", "region", "date"];

/// An ordered list of deployments, each with the runs that it applies to. The first entry that matches a run is used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deployments {
    entries: Vec<Entry>,
}

/// One deployment, and the runs that it applies to.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    matches: Match,
    facts: Deployment,
    production: Option<Production>,
}

/// The runs that an entry applies to. All given conditions must hold, and at least one is given.
#[derive(Debug, Clone, PartialEq, Default)]
struct Match {
    model: Option<String>,
    path: Option<String>,
    run: Option<String>,
    labels: Vec<(String, String)>,
}

impl Deployments {
    /// Reads a `deployments.yaml`. `source` is its name for people.
    #[must_use]
    pub fn read_file(path: &Path, source: &str) -> (Self, Vec<Problem>) {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_yaml(&text, source),
            Err(error) => {
                let message = format!(
                    "expected a readable deployments file; {error}. Check that it exists, is UTF-8 text and may be read."
                );
                let problem = Problem { source: source.to_owned(), code: Code::Unreadable, path: None, message };
                (Self::default(), vec![problem])
            }
        }
    }

    /// Reads the text of a `deployments.yaml`. Valid entries are kept even if others are not.
    #[must_use]
    pub fn from_yaml(text: &str, source: &str) -> (Self, Vec<Problem>) {
        if text.len() > yaml::MAX_BYTES {
            let message =
                format!("expected at most {} bytes; found {}. Split or shorten it.", yaml::MAX_BYTES, text.len());
            let problem = Problem { source: source.to_owned(), code: Code::OutOfRange, path: None, message };
            return (Self::default(), vec![problem]);
        }
        match yaml::parse(text, source, "a list `deployments:`") {
            Ok(value) => Self::from_json_value(&value, source),
            Err(problem) => (Self::default(), vec![problem]),
        }
    }

    /// Reads the same structure from a JSON value: `{"deployments": […]}` or only the list. Null is an empty list.
    /// `source` becomes the source of every fact, for example `data source settings`.
    #[must_use]
    pub fn from_json_value(value: &Value, source: &str) -> (Self, Vec<Problem>) {
        let mut problems = Problems::default();
        let list = match value {
            Value::Object(_) => Fields::of(value, source, String::new(), &["deployments"], &mut problems)
                .and_then(|fields| fields.get("deployments")),
            other => Some(other),
        };
        let entries = match list {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| entry(item, source, format!("deployments[{index}]"), &mut problems))
                .collect(),
            Some(other) => {
                problems.push(Problem {
                    source: source.to_owned(),
                    code: Code::WrongType,
                    path: Some("deployments".to_owned()),
                    message: format!(
                        "expected a list of deployments; found {}. Begin each deployment with `- name: …`.",
                        kind_of(other)
                    ),
                });
                Vec::new()
            }
        };
        (Self { entries }, problems.told(source))
    }

    /// Appends deployments with lower precedence: if both match a run, these are used.
    pub fn append(&mut self, later: Self) {
        self.entries.extend(later.entries);
    }

    /// Number of deployments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts the facts of the first matching entry into the run. They replace the report's hints; facts that the entry
    /// does not give are kept.
    pub fn apply(&self, run: &mut Run) {
        let Some(entry) = self.entries.iter().find(|entry| entry.matches.holds(run)) else { return };
        entry.put_facts(&mut run.deployment);
    }

    /// The production series of a run's deployment, from the first entry that matches the run; `None` if it gives none.
    /// The facts may already have been applied to the run.
    #[must_use]
    pub fn production(&self, run: &Run) -> Option<&Production> {
        let entry = self.entries.iter().find(|entry| {
            // If an entry has replaced the run's model, its pattern for the model no longer matches.
            entry.matches.holds(run) || (entry.gave_facts(run) && entry.matches.but_for_model().holds(run))
        })?;
        entry.production.as_ref()
    }
}

impl Entry {
    fn put_facts(&self, known: &mut Deployment) {
        let facts = self.facts.clone();
        known.name = facts.name.or(known.name.take());
        known.model = facts.model.or(known.model.take());
        known.quantization = facts.quantization.or(known.quantization.take());
        known.hardware = facts.hardware.or(known.hardware.take());
        known.gpus = facts.gpus.or(known.gpus.take());
        known.tensor_parallel = facts.tensor_parallel.or(known.tensor_parallel.take());
        known.engine = facts.engine.or(known.engine.take());
        known.price = facts.price.or(known.price.take());
    }

    /// Whether the run has every fact of the entry, including the model: two deployments of one model differ in other
    /// facts.
    fn gave_facts(&self, run: &Run) -> bool {
        let mut again = run.deployment.clone();
        self.put_facts(&mut again);
        self.facts.model.is_some() && again == run.deployment
    }
}

impl Match {
    fn but_for_model(&self) -> Self {
        Self { model: None, ..self.clone() }
    }

    fn holds(&self, run: &Run) -> bool {
        let model = self.model.as_ref().is_none_or(|pattern| {
            run.deployment.model.as_ref().is_some_and(|model| glob::name_matches(pattern, &model.value))
        });
        let path = self.path.as_ref().is_none_or(|pattern| {
            let source = &run.provenance.source;
            // For a joined run, the pattern must match every file.
            glob::path_matches(pattern, source) || sweep::files(source).all(|file| glob::path_matches(pattern, &file))
        });
        let id = self.run.as_ref().is_none_or(|id| *id == run.id);
        let labels = self.labels.iter().all(|wanted| run.provenance.labels.contains(wanted));
        model && path && id && labels
    }

    fn is_empty(&self) -> bool {
        self.model.is_none() && self.path.is_none() && self.run.is_none() && self.labels.is_empty()
    }
}

/// One entry of the list; `None`, with a problem, if it cannot be used at all.
fn entry(value: &Value, source: &str, path: String, problems: &mut Problems) -> Option<Entry> {
    let mut fields = Fields::of(value, source, path, DEPLOYMENT_KEYS, problems)?;
    let matches = which_runs(&mut fields)?;
    let facts = facts(&mut fields, source);
    let production = production::read(&mut fields);
    Some(Entry { matches, facts, production })
}

/// The `match` of an entry. An entry without a valid one would silently apply to every run or to none, so it is
/// refused.
fn which_runs(fields: &mut Fields<'_, '_>) -> Option<Match> {
    let mut found = Match::default();
    let mut broken = false;
    if let Some(mut given) = fields.nested("match", MATCH_KEYS) {
        found.model = given.text("model");
        found.path = given.text("path");
        found.run = given.text("run");
        match given.get("labels") {
            None => {}
            Some(Value::Object(labels)) => {
                for (key, value) in labels {
                    match value {
                        Value::String(text) => found.labels.push((key.clone(), text.clone())),
                        Value::Number(number) => found.labels.push((key.clone(), number.to_string())),
                        Value::Bool(truth) => found.labels.push((key.clone(), truth.to_string())),
                        other => {
                            broken = true;
                            given.note(
                                Code::WrongType,
                                &format!("labels.{key}"),
                                format!("expected text; found {}. The entry is not used until it is.", kind_of(other)),
                            );
                        }
                    }
                }
            }
            Some(other) => {
                broken = true;
                given.note(
                    Code::WrongType,
                    "labels",
                    format!(
                        "expected a mapping of labels; found {}. The entry is not used until it is.",
                        kind_of(other)
                    ),
                );
            }
        }
    }
    if !broken && found.is_empty() {
        broken = true;
        fields.note(
            Code::MissingValue,
            "match",
            "expected at least one of model, path, run or labels, to say which runs this deployment stands for; \
             found none. To describe every run write `match: { path: \"**\" }`."
                .to_owned(),
        );
    }
    (!broken).then_some(found)
}

/// The facts in a deployment's mapping, each with `source` as its source. Also used for the level table, whose
/// `deployment:` has the same keys.
pub(crate) fn facts(fields: &mut Fields<'_, '_>, source: &str) -> Deployment {
    let known = |text: String| Known { value: text, source: source.to_owned() };
    let number = |count: u32| Known { value: count, source: source.to_owned() };
    Deployment {
        name: fields.text("name").map(known),
        model: fields.text("model").map(known),
        quantization: fields.text("quantization").map(known),
        hardware: fields.text("hardware").map(known),
        gpus: fields.count("gpus").map(number),
        tensor_parallel: fields.count("tensor_parallel").map(number),
        engine: fields.text("engine").map(known),
        price: price(fields),
    }
}

fn price(fields: &mut Fields<'_, '_>) -> Option<Price> {
    let mut price = fields.nested("price", PRICE_KEYS)?;
    let per_hour = price.number("dollars_per_hour");
    let (origin, region, date) = (price.text("source"), price.text("region"), price.text("date"));
    let date = date.filter(|date| {
        let valid = is_date(date);
        if !valid {
            price.note(
                Code::BadValue,
                "date",
                "expected a date such as 2025-12-29. Correct it, so that the price's age is known.".to_owned(),
            );
        }
        valid
    });
    match per_hour {
        Some(dollars) if dollars > 0.0 => {
            Some(Price { per_hour: DollarsPerHour(dollars), source: origin, region, date })
        }
        Some(_) => {
            price.note(
                Code::BadValue,
                "dollars_per_hour",
                "expected more than 0 dollars per hour; found 0. Give the price of the whole replica, or leave the price out."
                    .to_owned(),
            );
            None
        }
        None => {
            if price.get("dollars_per_hour").is_none() {
                price.note(
                    Code::MissingValue,
                    "dollars_per_hour",
                    "expected the price of one replica per hour; found none. Write `dollars_per_hour: …`, or leave the price out."
                        .to_owned(),
                );
            }
            None
        }
    }
}

/// Whether a text is a calendar date `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let (Ok(y), Ok(m), Ok(d)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else { return false };
    let leap = y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let days = match m {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    digits(year, 4) && digits(month, 2) && digits(day, 2) && (1..=days).contains(&d)
}
