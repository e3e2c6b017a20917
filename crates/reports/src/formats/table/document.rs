//! The table as YAML, which also contains facts about the deployment and the workload.

use headroom_engine::run::Run;
use serde_json::Value;

use super::TOOL;
use super::column::{Column, NAMES, repeats};
use super::row::Rows;
use crate::curve;
use crate::deployments::{self, FACT_KEYS};
use crate::fields::Fields;
use crate::format::{Format, Report, Steps};
use crate::hints;
use crate::input::Input;
use crate::problem::{Code, Problem, Problems};
use crate::secrets;
use crate::sniff::Sniff;
use crate::yaml;

pub(crate) const YAML: Format = Format {
    id: "table_yaml",
    name: "Headroom level table (YAML)",
    tool: TOOL,
    steps: Steps::AsGiven,
    documentation: "the same with facts about deployment and workload",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

const KEYS: &[&str] = &["source", "tool", "tool_version", "deployment", "workload", "labels", "levels"];
const WORKLOAD_KEYS: &[&str] = &["prompt_tokens", "output_tokens", "shape"];

/// The source of every fact in the document.
const STATED: &str = "level table";

fn recognises(sniff: &Sniff<'_>) -> bool {
    if sniff.is_json() {
        // YAML in the form of JSON.
        return sniff.has("levels[]") && sniff.top().iter().all(|key| KEYS.contains(&key.as_str()));
    }
    // A key `levels` at the top, and a load below it.
    let mut below = sniff.lines().skip_while(|line| !line.starts_with("levels:")).peekable();
    below.peek().is_some()
        && below.any(|line| ["users:", "constant_rate:", "poisson_rate:"].iter().any(|load| line.contains(load)))
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let bytes = match input.rest(yaml::MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            report.problems.push(Problem {
                source: report.source.to_owned(),
                code: Code::OutOfRange,
                path: None,
                message: format!(
                    "expected a table of at most {} bytes; found more. Keep one row a level.",
                    yaml::MAX_BYTES
                ),
            });
            return;
        }
        Err(error) => {
            report.problems.push(input.problem(&error, report.source));
            return;
        }
    };
    match yaml::parse(&String::from_utf8_lossy(&bytes), report.source, "a table of levels") {
        Ok(value) => {
            let run = run(&value, report);
            report.runs.extend(run);
        }
        Err(problem) => report.problems.push(problem),
    }
}

fn run(value: &Value, report: &mut Report<'_>) -> Option<Run> {
    let source = report.source;
    let mut fields = Fields::of(value, source, String::new(), KEYS, &mut report.problems)?;
    let published = fields.text("source");
    let (tool, tool_version) = (fields.text("tool"), fields.text("tool_version"));
    let deployment = fields.nested("deployment", FACT_KEYS).map(|mut fields| deployments::facts(&mut fields, STATED));
    let workload = fields
        .nested("workload", WORKLOAD_KEYS)
        .map(|mut fields| (fields.number("prompt_tokens"), fields.number("output_tokens"), fields.text("shape")));
    let (prompt_tokens, output_tokens, shape) = workload.unwrap_or_default();
    let mut labels = labels(&mut fields);
    labels.extend(published.map(|text| ("source".to_owned(), text)));
    labels.sort();
    let items = fields.get("levels").and_then(Value::as_array);

    let mut rows = Rows::default();
    for (index, item) in items.into_iter().flatten().enumerate() {
        let path = format!("levels[{index}]");
        let Some(cells) = cells(item, source, &path, &mut report.problems) else { continue };
        let added = rows.add(&cells, path.clone(), |level| {
            level.prompt_tokens = level.prompt_tokens.or(prompt_tokens);
            level.output_tokens = level.output_tokens.or(output_tokens);
        });
        if let Err(reason) = added {
            let message = format!("{reason}. The level is left out: correct it.");
            report.problems.push(Problem {
                source: source.to_owned(),
                code: Code::MissingValue,
                path: Some(path),
                message,
            });
        }
    }
    let mut run = rows.run(report)?;
    if let Some(tool) = tool {
        run.provenance.tool = tool;
    }
    run.provenance.tool_version = tool_version;
    run.deployment = deployment.unwrap_or_else(|| hints::deployment(None, &labels, source));
    run.provenance.labels = labels;
    run.workload = curve::workload(&run.levels, shape);
    run.workload.prompt_tokens = run.workload.prompt_tokens.or(prompt_tokens);
    run.workload.output_tokens = run.workload.output_tokens.or(output_tokens);
    Some(run)
}

/// The cells of one level.
fn cells(item: &Value, source: &str, path: &str, problems: &mut Problems) -> Option<Vec<(Column, f64)>> {
    let keys: Vec<&str> = item.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default();
    let known: Vec<&str> = keys.iter().copied().filter(|key| Column::named(key).is_some()).collect();
    for key in keys.iter().filter(|key| !known.contains(key) && !Column::is_remark(key)) {
        let advice = match Column::nearly(key) {
            Some(near) => format!(". Did you mean `{near}`?"),
            None => format!("; the known ones are {NAMES}. Correct or remove it."),
        };
        problems.push(Problem {
            source: source.to_owned(),
            code: Code::UnknownKey,
            path: Some(format!("{path}.{key}")),
            message: format!("`{key}` is not a known key{advice}"),
        });
    }
    let mut once: Vec<(Column, &str)> = Vec::with_capacity(known.len());
    for (column, key) in known.iter().filter_map(|key| Some((Column::named(key)?, *key))) {
        if once.iter().all(|(earlier, _)| *earlier != column) {
            once.push((column, key));
            continue;
        }
        problems.push(Problem {
            source: source.to_owned(),
            code: Code::UnknownKey,
            path: Some(format!("{path}.{key}")),
            message: format!("{}. Remove one of the two keys.", repeats(key)),
        });
    }
    let mut fields = Fields::of(item, source, path.to_owned(), &keys, problems)?;
    Some(once.iter().filter_map(|&(column, key)| Some((column, fields.number(key)?))).collect())
}

/// The labels of the document, without secrets.
fn labels(fields: &mut Fields<'_, '_>) -> Vec<(String, String)> {
    let Some(Value::Object(map)) = fields.get("labels") else { return Vec::new() };
    map.iter()
        .filter_map(|(key, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            (!secrets::is_secret(key, &value)).then(|| (key.clone(), value))
        })
        .collect()
}
