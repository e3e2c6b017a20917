//! `headroom check`: the answer for a pipeline, as an exit status and as reports for people and build servers.

mod held;
mod json;
mod junit;
mod markdown;
mod regression;
mod text;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use headroom_engine::bounded::points_for_doubt;
use headroom_engine::display;
use headroom_engine::findings::FindingSeverity;
use headroom_engine::judging;
use headroom_engine::run::Run;
use headroom_engine::slo::{Limit, Slo};
use headroom_engine::workload;
use headroom_reports::{Problem, ProblemSeverity};

use crate::analysis::Judged;
use crate::arguments::{Check as Request, Format};
use crate::inputs;

/// The answer of a check, in ascending order of importance for a pipeline: the greatest one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// It holds, beyond chance.
    Pass,
    /// The data cannot tell.
    Unknown,
    /// It does not hold, beyond chance.
    Fail,
}

impl Answer {
    /// `pass`, `unknown` or `fail`.
    fn id(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }

    /// The exit status: 0, 2 or 1.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Unknown => 2,
        }
    }
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    /// The question, for example `TTFT p95 ≤ 1,000 ms at 8 users`.
    name: String,
    answer: Answer,
    /// What was found.
    found: String,
    /// What to do about it; empty if there is nothing to do.
    advice: String,
}

/// The questions about one run.
struct Suite {
    deployment: String,
    workload: String,
    source: String,
    /// The load that is asked for, as a sentence, if the baseline decides it.
    asked: Option<String>,
    /// What differs from the baseline besides the measured numbers.
    differences: Vec<String>,
    items: Vec<Item>,
}

/// Everything that was checked.
struct Report {
    slo: Slo,
    /// The baseline as typed.
    baseline: Option<String>,
    suites: Vec<Suite>,
    /// Reports that could not be read; each is a question without an answer.
    unread: Vec<String>,
}

impl Report {
    fn items(&self) -> impl Iterator<Item = &Item> {
        self.suites.iter().flat_map(|suite| &suite.items)
    }

    fn count(&self, answer: Answer) -> usize {
        let unread = if answer == Answer::Unknown { self.unread.len() } else { 0 };
        self.items().filter(|item| item.answer == answer).count() + unread
    }

    /// The worst answer. If no question was asked, the answer is not a pass.
    fn answer(&self) -> Answer {
        let unread = if self.unread.is_empty() { Answer::Pass } else { Answer::Unknown };
        self.items().map(|item| item.answer).max().map_or(Answer::Unknown, |worst| worst.max(unread))
    }

    /// The whole check in a sentence.
    fn summary(&self) -> String {
        let all = self.items().count() + self.unread.len();
        let told = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let parts: Vec<String> = [
            told(self.count(Answer::Fail), "failed"),
            told(self.count(Answer::Unknown), "cannot be told"),
            told(self.count(Answer::Pass), "passed"),
        ]
        .into_iter()
        .flatten()
        .collect();
        format!("Of {all} checks {}.", parts.join(", "))
    }
}

/// Runs the check, writes the answer and the reports, and returns what decides the exit status.
pub(crate) fn write(request: &Request, out: &mut impl Write) -> (Vec<Problem>, Result<Answer>) {
    let reading = inputs::read(&request.inputs, request.deployments.as_deref());
    let mut problems = reading.problems;
    let baseline = request.baseline.as_deref().map(|path| {
        let reading = inputs::read(&[path.to_path_buf()], request.deployments.as_deref());
        for problem in reading.problems {
            // A problem of a deployments file that both sides use is reported once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        reading.runs
    });
    let answered = check(request, reading.runs, baseline.as_deref(), &problems).and_then(|report| {
        match request.format {
            Format::Json => json::write(&report, &problems, out)?,
            _ => text::write(&report, request.color, out)?,
        }
        to_file(request.junit.as_deref(), |file| junit::write(&report, file))?;
        to_file(request.markdown.as_deref(), |file| markdown::write(&report, file))?;
        Ok(report.answer())
    });
    (problems, answered)
}

fn to_file(path: Option<&Path>, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let written = File::create(path).map(BufWriter::new).map_err(anyhow::Error::from).and_then(|mut file| {
        write(&mut file)?;
        Ok(file.flush()?)
    });
    written.with_context(|| format!("expected to write a report to {}", path.display()))
}

fn check(request: &Request, runs: Vec<Run>, baseline: Option<&[Run]>, problems: &[Problem]) -> Result<Report> {
    if runs.is_empty() {
        bail!("expected a benchmark report or a folder of them, found nothing to read");
    }
    if request.load.is_some() && runs.iter().any(|run| run.load_model.name() != runs[0].load_model.name()) {
        bail!(
            "expected runs of one load model for one load, found closed and open loops: users and requests per second are \
             not comparable. Name the files of one."
        );
    }
    let suites = runs.into_iter().map(|run| suite(request, run, baseline)).collect();
    let unread = problems.iter().filter(|problem| problem.code.severity() == ProblemSeverity::Error);
    Ok(Report {
        slo: request.slo.clone(),
        baseline: request.baseline.as_deref().map(inputs::name),
        suites,
        unread: unread.map(|problem| format!("{}: {}", problem.source, problem.message)).collect(),
    })
}

fn suite(request: &Request, run: Run, baseline: Option<&[Run]>) -> Suite {
    let judged = Judged::new(run, &request.slo);
    let before = baseline.map(|runs| regression::Baseline::of(&judged.run, runs, &request.slo));
    let unit = judged.run.load_model.unit();
    let held = || before.as_ref()?.held(unit);
    let (load, asked) = match request.load {
        Some(load) => (Some(load), None),
        None => held().map_or((None, None), |held| (Some(held.load), Some(held.why))),
    };
    let no_load = before.as_ref().map_or("no load was given.", regression::Baseline::held_none);
    let mut items: Vec<Item> = judged
        .verdict
        .limits
        .iter()
        .map(|one| {
            let (run, subject) = (&judged.run, one.limit.subject);
            held::item(one, &points_for_doubt(run, subject), load.ok_or(no_load), unit)
        })
        .collect();
    items.extend(left_out(&judged, &request.slo, load));
    items.extend(unsound(&judged));
    let mut differences = Vec::new();
    if let Some(before) = &before {
        items.extend(before.items(&judged, request.tolerance, request.load.or_else(|| before.passed())));
        differences = before.differences(&judged.run);
    }
    Suite {
        deployment: judged.run.deployment_label().to_owned(),
        workload: workload::question(&judged.run),
        source: judged.run.provenance.source.clone(),
        asked,
        differences,
        items,
    }
}

/// Findings that make a report's numbers impossible, so that no answer drawn from them counts.
fn unsound(judged: &Judged) -> impl Iterator<Item = Item> {
    judged.verdict.findings.iter().filter(|finding| finding.severity == FindingSeverity::Error).map(|finding| Item {
        name: format!("the report is sound ({})", finding.code.id()),
        answer: Answer::Unknown,
        found: finding.message.clone(),
        advice: String::new(),
    })
}

/// Limits of the service level on quantities that the report does not contain: unknown is not a pass.
fn left_out(judged: &Judged, slo: &Slo, load: Option<f64>) -> impl Iterator<Item = Item> {
    let at = load.map(|load| display::load_with_unit(load, judged.run.load_model.unit()));
    judging::left_out(&judged.run, slo).into_iter().map(move |limit| Item {
        name: limit_name(&limit, at.as_deref()),
        answer: Answer::Unknown,
        found: "the report does not have it.".to_owned(),
        advice: "Keep the counts of requests in the report, or judge by limits of your own (--limit).".to_owned(),
    })
}

/// For example `TTFT p95 ≤ 1,000 ms at 8 users`; without the load if none is known.
fn limit_name(limit: &Limit, load: Option<&str>) -> String {
    load.map_or_else(|| limit.label(), |load| format!("{} at {load}", limit.label()))
}
