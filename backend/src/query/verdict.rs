//! `verdict`: one row per run.

use headroom_contract::frames::Drawn;
use headroom_engine::cost::cost_constant;
use headroom_engine::run::{Known, LoadModel};
use headroom_engine::throughput::throughput_at;
use headroom_protocol::frame::{Field, Frame, FrameType, Values, ns_from_ms};
use serde_json::json;

use super::axis::Axis;
use super::columns::{described, load_unit};
use super::{Answered, json as objects, text};

/// The table of verdicts.
pub(super) fn frame(runs: &[Answered], axis: Axis) -> Frame {
    let mut frame = Frame::new("verdict");
    frame.fields = fields(runs);
    frame.meta.frame_type = Some(FrameType::NumericLong);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({
        "headroom": "verdict",
        "runs": runs.iter().map(|run| objects::custom(Drawn::Verdict.id(), &objects::judged(run, axis))).collect::<Vec<_>>(),
    });
    frame
}

fn fields(runs: &[Answered]) -> Vec<Field> {
    fn column<T>(runs: &[Answered], value: impl Fn(&Answered) -> T) -> Vec<T> {
        runs.iter().map(value).collect()
    }
    fn known(known: Option<&Known<String>>) -> Option<String> {
        known.map(|known| known.value.clone())
    }
    // All runs of an answer share the load model.
    let load = load_unit(runs.first().map_or(LoadModel::Closed, |run| run.run.load_model));
    let started = column(runs, |run| run.run.provenance.started_ms.map(ns_from_ms));
    vec![
        described(
            Field::new("deployment", column(runs, |run| run.run.deployment.label().to_owned())),
            "",
            "Deployment",
            "The deployment that was measured.",
        ),
        described(
            Field::new("model", column(runs, |run| known(run.run.deployment.model.as_ref()))),
            "",
            "Model",
            "The model as served.",
        ),
        described(
            Field::new("quantization", column(runs, |run| known(run.run.deployment.quantization.as_ref()))),
            "",
            "Quantization",
            "How the weights are stored; empty when nobody said.",
        ),
        described(
            Field::new("hardware", column(runs, |run| known(run.run.deployment.hardware.as_ref()))),
            "",
            "Hardware",
            "The accelerator or processor; empty when nobody said.",
        ),
        described(
            Field::new("gpus", column(runs, |run| run.run.deployment.gpus.as_ref().map(|gpus| gpus.value))),
            "",
            "GPUs",
            "Accelerators that one replica occupies; empty when nobody said.",
        ),
        described(
            Field::new("slo", column(runs, |run| run.verdict.slo.name.clone())),
            "",
            "SLO",
            "The definition of \"broken\" that was used.",
        ),
        described(
            Field::new("state", column(runs, |run| run.verdict.state.id())),
            "",
            "State",
            "edge: a failing level was measured above a passing one. floor: the sweep ended while passing, so the answer is \
             \"at least\". never_met: the lowest level fails. cliff: the metric jumps, the bracket is the answer. \
             not_measured: the report lacks the metric.",
        ),
        described(
            Field::new("breaking_load", column(runs, |run| run.verdict.breaking_load)),
            load,
            "Breaking load",
            "The load at which the first limit breaks.",
        ),
        described(
            Field::new("interval_lo", column(runs, |run| run.verdict.interval[0])),
            load,
            "At least",
            "Lower end of where the breaking load lies (95 % confidence).",
        ),
        described(
            Field::new("interval_hi", column(runs, |run| run.verdict.interval[1])),
            load,
            "At most",
            "Upper end of where the breaking load lies (95 % confidence).",
        ),
        described(
            Field::new("binding", column(runs, |run| run.verdict.binding.map(|limit| limit.label()))),
            "",
            "Limit that breaks first",
            "The limit that breaks first; empty when none was seen to break.",
        ),
        described(
            Field::new("max_passing_load", column(runs, |run| run.verdict.max_passing_load)),
            load,
            "Highest load that passed",
            "The highest measured load at which every limit held.",
        ),
        described(
            Field::new("first_failing_load", column(runs, |run| run.verdict.first_failing_load)),
            load,
            "First load that failed",
            "The lowest measured load above the answer at which a limit failed.",
        ),
        described(
            Field::new("next_level", column(runs, |run| run.verdict.next_level)),
            load,
            "Measure next",
            "The load whose measurement would narrow the answer most.",
        ),
        described(
            Field::new(
                "output_tokens_per_second_at_break",
                column(runs, |run| throughput_at(&run.run, run.verdict.breaking_load?)),
            ),
            "tok/s",
            "Output tokens per second there",
            "Output tokens per second at the breaking load, read from the measured throughput.",
        ),
        described(
            Field::new("output_tokens_per_dollar_at_break", column(runs, tokens_per_dollar)),
            "short",
            "Output tokens for a dollar",
            "Output tokens that a dollar buys at the breaking load; empty where the price, the load or the throughput is not \
             known.",
        ),
        described(
            Field::new("load_per_dollar_hour", column(runs, load_per_dollar_hour)),
            load,
            "Load for a dollar an hour",
            "Breaking load that a dollar an hour buys, in parts of a replica; empty where the price or the load is not known.",
        ),
        described(
            Field::new("sentence", column(runs, |run| run.verdict.sentence.clone())),
            "",
            "Verdict",
            "The verdict in words.",
        ),
        described(
            Field::new("findings", column(runs, findings)),
            "",
            "Findings",
            "What to know before relying on it, the gravest first.",
        ),
        described(
            Field::new("warnings", column(runs, |run| run.verdict.warnings() as u64)),
            "",
            "Warnings",
            "Findings that weaken the answer.",
        ),
        described(
            Field::new(
                "requests",
                column(runs, |run| run.run.levels.iter().map(|level| level.requests.ok).sum::<u64>()),
            ),
            "",
            "Requests",
            "Successful requests of all levels.",
        ),
        described(
            Field::new("levels", column(runs, |run| run.run.levels.len() as u64)),
            "",
            "Levels",
            "Load steps on the curve.",
        ),
        described(
            Field::new("load_model", column(runs, |run| run.run.load_model.name())),
            "",
            "Load model",
            "closed: a number of users. open: a request rate.",
        ),
        described(
            Field::new("source", column(runs, |run| run.run.provenance.source.clone())),
            "",
            "Report",
            "The file that the numbers come from.",
        ),
        described(
            Field::new("tool", column(runs, |run| run.run.provenance.tool.clone())),
            "",
            "Tool",
            "The benchmark tool.",
        ),
        described(
            Field::new("tool_version", column(runs, |run| run.run.provenance.tool_version.clone())),
            "",
            "Version",
            "Version of the benchmark tool.",
        ),
        described(
            Field::new("started", Values::time_nullable(started)),
            "",
            "Started",
            "Start of the first measured level.",
        ),
        described(
            Field::new(
                "price_per_hour",
                column(runs, |run| run.run.deployment.price.as_ref().map(|price| price.per_hour.0)),
            ),
            "currencyUSD",
            "Price per hour",
            "What one replica costs an hour; empty when nobody said.",
        ),
        described(
            Field::new(
                "price_source",
                column(runs, |run| run.run.deployment.price.as_ref().and_then(objects::price_source)),
            ),
            "",
            "Price according to",
            "Who says so, where and when.",
        ),
        described(Field::new("run", column(runs, |run| run.run.id.clone())), "", "Run", "Identity of the run."),
    ]
}

/// What a dollar buys at the breaking load. A sweep that never reached it says nothing here: the throughput beyond its last
/// level may be higher or lower.
fn tokens_per_dollar(run: &Answered) -> Option<f64> {
    let price = run.run.deployment.price.as_ref().filter(|price| price.positive().is_some())?;
    let tokens_per_second = throughput_at(&run.run, run.verdict.breaking_load?)?;
    Some(tokens_per_second * 1e6 / cost_constant(price))
}

fn load_per_dollar_hour(run: &Answered) -> Option<f64> {
    let price = run.run.deployment.price.as_ref()?.positive()?;
    Some(run.verdict.breaking_load? / price.0)
}

/// All findings with their severities, as sentences of one paragraph.
fn findings(run: &Answered) -> String {
    let all: Vec<String> =
        run.verdict.findings.iter().map(|finding| format!("{}: {}", finding.severity.id(), finding.message)).collect();
    text::paragraph(&all)
}
