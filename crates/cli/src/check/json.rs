//! A check as JSON.

use std::io::Write;

use anyhow::Result;
use headroom_reports::Problem;
use serde::Serialize;

use super::{Answer, Item, Report, Suite};
use crate::json::{ProblemJson, problem};

#[derive(Serialize)]
struct Document<'a> {
    slo: &'a str,
    baseline: Option<&'a str>,
    answer: &'static str,
    counts: CountsJson,
    suites: Vec<SuiteJson<'a>>,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct CountsJson {
    pass: usize,
    fail: usize,
    unknown: usize,
}

#[derive(Serialize)]
struct SuiteJson<'a> {
    deployment: &'a str,
    workload: &'a str,
    source: &'a str,
    asked: Option<&'a str>,
    differences: &'a [String],
    checks: Vec<ItemJson<'a>>,
}

#[derive(Serialize)]
struct ItemJson<'a> {
    name: &'a str,
    answer: &'static str,
    found: &'a str,
    advice: Option<&'a str>,
}

/// Writes the whole check as one JSON document.
pub(super) fn write(report: &Report, problems: &[Problem], out: &mut impl Write) -> Result<()> {
    let [pass, fail, unknown] = [Answer::Pass, Answer::Fail, Answer::Unknown].map(|answer| report.count(answer));
    let document = Document {
        slo: &report.slo.id,
        baseline: report.baseline.as_deref(),
        answer: report.answer().id(),
        counts: CountsJson { pass, fail, unknown },
        suites: report.suites.iter().map(suite).collect(),
        problems: problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn suite(suite: &Suite) -> SuiteJson<'_> {
    SuiteJson {
        deployment: &suite.deployment,
        workload: &suite.workload,
        source: &suite.source,
        asked: suite.asked.as_deref(),
        differences: &suite.differences,
        checks: suite.items.iter().map(item).collect(),
    }
}

fn item(item: &Item) -> ItemJson<'_> {
    let advice = Some(item.advice.as_str()).filter(|advice| !advice.is_empty());
    ItemJson { name: &item.name, answer: item.answer.id(), found: &item.found, advice }
}
