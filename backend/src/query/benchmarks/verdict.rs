//! `verdict`: one row per run.

use headroom_contract::frames::{DocumentedFrame, Drawn, Read};
use headroom_contract::query::{Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::cost::{Figures, LoadRule};
use headroom_engine::run::{Known, LoadModel};
use headroom_engine::tokens::TokenBasis;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, FrameType};
use serde_json::json;

use super::alert;
use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::table::{self, Cell, Column, Units, column, count, load_unit, name, number, text};
use crate::query::{json as objects, text as words};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "verdict",
    label: "Verdict",
    about: "One row per run: where it breaks and why; for alerts too",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: Drawn::Verdict.id(),
        rows: "One frame, one row per run",
        columns: || table::documented(COLUMNS),
    }],
    alert: Some(alert::ALERT),
};

/// `verdict`.
pub(super) struct VerdictQuery;

impl QueryKind for VerdictQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Runs
    }

    fn drawn_by_panel(&self) -> bool {
        true
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let runs = &found.runs;
        // All runs of an answer share the load model.
        let units = Units::of_load(load_unit(runs.first().map_or(LoadModel::Closed, |run| run.run.load_model)));
        let mut frame = Frame::new(KIND.id);
        frame.fields = COLUMNS.iter().map(|column| column.field(runs.iter(), units)).collect();
        frame.meta.frame_type = Some(FrameType::NumericLong);
        frame.meta.type_version = [0, 1];
        frame.meta.custom = json!({
            "headroom": Drawn::Verdict.id(),
            "runs": runs.iter().map(|run| objects::custom(Drawn::Verdict.id(), &objects::judged(run, question.axis))).collect::<Vec<_>>(),
        });
        Ok(frame.into())
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        alert::numbers(question, &found.runs)
    }
}

const COLUMNS: &[Column<JudgedRun>] = &[
    name("deployment", "Deployment", "The deployment that was measured.", |run| run.run.deployment_label().to_owned()),
    text("model", "Model", "The model as served.", |run| known(run.run.deployment.model.as_ref())),
    text("quantization", "Quantization", "How the weights are stored; empty when nobody said.", |run| {
        known(run.run.deployment.quantization.as_ref())
    }),
    text("hardware", "Hardware", "The accelerator or processor; empty when nobody said.", |run| {
        known(run.run.deployment.hardware.as_ref())
    }),
    column(
        "gpus",
        "GPUs",
        "Accelerators that one replica occupies; empty when nobody said.",
        Cell::Whole(|run| run.run.deployment.gpus.as_ref().map(|gpus| gpus.value)),
    ),
    name("slo", "SLO", "The definition of \"broken\" that was used.", |run| run.verdict.slo.name.clone()),
    name(
        "state",
        "State",
        "edge: a failing level was measured above a passing one. floor: the sweep ended while passing, so the answer is \
             \"at least\". never_met: the lowest level fails. cliff: the metric jumps, the bracket is the answer. \
             bracket: the report lacks the percentile, and others decide the levels around the answer. \
             not_measured: the report lacks the metric.",
        |run| run.verdict.state.id().to_owned(),
    ),
    number("breaking_load", Unit::Load, "Breaking load", "The load at which the first limit breaks.", |run| {
        run.verdict.breaking_load
    }),
    number(
        "interval_lo",
        Unit::Load,
        "At least",
        "Lower end of where the breaking load lies (95 % confidence).",
        |run| run.verdict.interval[0],
    ),
    number(
        "interval_hi",
        Unit::Load,
        "At most",
        "Upper end of where the breaking load lies (95 % confidence).",
        |run| run.verdict.interval[1],
    ),
    text(
        "binding",
        "Limit that breaks first",
        "The limit that breaks first; empty when none was seen to break.",
        |run| run.verdict.binding.map(|limit| limit.label()),
    ),
    number(
        "max_passing_load",
        Unit::Load,
        "Highest load that passed",
        "The highest measured load at which every limit held.",
        |run| run.verdict.max_passing_load,
    ),
    number(
        "first_failing_load",
        Unit::Load,
        "First load that failed",
        "The lowest measured load above the answer at which a limit failed.",
        |run| run.verdict.first_failing_load,
    ),
    number(
        "next_level",
        Unit::Load,
        "Measure next",
        "The load whose measurement would narrow the answer most.",
        |run| run.verdict.next_level,
    ),
    number(
        Read::OutputRateAtBreak.id(),
        Unit::TokensPerSecond,
        "Output tokens per second there",
        "Output tokens per second at the breaking load, read from the rates of the levels' steady parts; empty where the sweep \
             ended while passing.",
        |run| Some(at_break(run)?.served?.tokens_per_second),
    ),
    number(
        "output_tokens_per_dollar_at_break",
        Unit::Count,
        "Output tokens for a dollar",
        "Output tokens that a dollar buys at the breaking load; empty where the price, the load or the throughput is not \
             known. Two of these say nothing of which deployment is cheaper: their doubt is in the panel's comparison.",
        tokens_per_dollar,
    ),
    number(
        "load_per_dollar_hour",
        Unit::Load,
        "Load for a dollar an hour",
        "Breaking load that a dollar an hour buys, in parts of a replica; empty where the price or the load is not known.",
        load_per_dollar_hour,
    ),
    name("sentence", "Verdict", "The verdict in words.", |run| run.verdict.sentence.clone()),
    name("findings", "Findings", "What to know before relying on it, the gravest first.", findings),
    count("warnings", Unit::None, "Warnings", "Findings that weaken the answer.", |run| run.verdict.warnings() as u64),
    count(Read::Requests.id(), Unit::Requests, "Requests", "Successful requests of all levels.", |run| {
        run.run.levels.iter().map(|level| level.requests.ok).sum()
    }),
    count(Read::Levels.id(), Unit::None, "Levels", "Load steps on the curve.", |run| run.run.levels.len() as u64),
    name("load_model", "Load model", "closed: a number of users. open: a request rate.", |run| {
        run.run.load_model.name().to_owned()
    }),
    name("source", "Report", "The file that the numbers come from.", |run| run.run.provenance.source.clone()),
    name("tool", "Tool", "The benchmark tool.", |run| run.run.provenance.tool.clone()),
    text("tool_version", "Version", "Version of the benchmark tool.", |run| run.run.provenance.tool_version.clone()),
    column("started", "Started", "Start of the first measured level.", Cell::Time(|run| run.run.provenance.started_ms)),
    number(
        "price_per_hour",
        Unit::Dollars,
        "Price per hour",
        "What one replica costs an hour; empty when nobody said.",
        |run| run.run.deployment.price.as_ref().map(|price| price.per_hour.0),
    ),
    text("price_source", "Price according to", "Who says so, where and when.", |run| {
        run.run.deployment.price.as_ref().and_then(objects::price_source)
    }),
    name(Read::Run.id(), "Run", "Identity of the run.", |run| run.run.id.clone()),
];

fn known(known: Option<&Known<String>>) -> Option<String> {
    known.map(|known| known.value.clone())
}

/// The figures at the breaking load. `None` if the sweep ended while passing: the throughput beyond its last level may
/// be higher or lower.
fn at_break(run: &JudgedRun) -> Option<Figures> {
    run.verdict.breaking_load?;
    Some(Figures::of(&run.verdict.sheet(&run.run), TokenBasis::Output, LoadRule::Interpolated))
}

fn tokens_per_dollar(run: &JudgedRun) -> Option<f64> {
    Some(at_break(run)?.cost?.tokens_per_dollar())
}

fn load_per_dollar_hour(run: &JudgedRun) -> Option<f64> {
    let price = run.run.deployment.price.as_ref()?.positive()?;
    Some(run.verdict.breaking_load? / price.0)
}

/// All findings with their severities, as one paragraph.
fn findings(run: &JudgedRun) -> String {
    let all: Vec<String> =
        run.verdict.findings.iter().map(|finding| format!("{}: {}", finding.severity.id(), finding.message)).collect();
    words::paragraph(&all)
}
