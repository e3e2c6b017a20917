//! `headroom compare`: two deployments, or two runs of one, against each other.
//!
//! Everything is stated as B relative to A.

mod json;
mod money;
mod sides;
mod summary;
mod text;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use headroom_engine::compare::{self, Difference, Welch, unmeasured_quality, unstated, welch};
use headroom_engine::cost::{LoadRule, Ratio, load_ratio};
use headroom_engine::run::{RUN_SCATTER, Run};
use headroom_engine::slo::Slo;
use headroom_engine::throughput::peak;
use headroom_engine::verdict::assess;
use headroom_reports::Problem;

use crate::analysis::Judged;
use crate::arguments::{Compare, Format};
use crate::inputs;
use money::{Money, OverLimit};
use sides::Chosen;

/// Two sides and everything that was found between them.
struct Comparison {
    slo: Slo,
    rule: LoadRule,
    a: Side,
    b: Side,
    factor: Option<String>,
    differences: Vec<Difference>,
    /// Factors that neither side states.
    unstated: Vec<&'static str>,
    /// Why an effect must not be attributed to one cause.
    warnings: Vec<String>,
    /// The comparison of single requests.
    requests: compare::Comparison,
    /// The load that B holds divided by the load that A holds.
    load_ratio: Option<Ratio>,
    /// Peak output tokens per second of B divided by that of A.
    peak_ratio: Option<f64>,
    /// Means over repeated runs.
    repeats: Vec<Repeats>,
    money: Option<Money>,
    over: Option<OverLimit>,
}

/// One side: the run that is compared, and its repeated runs.
struct Side {
    /// The path as typed.
    path: String,
    judged: Judged,
    /// Other runs of the same deployment with the same workload and load model.
    repeats: Vec<Run>,
}

/// One number per run of either side.
struct Repeats {
    metric: &'static str,
    /// `None` for a run that does not have the number.
    a: Vec<Option<f64>>,
    b: Vec<Option<f64>>,
    /// B less A. `None` if a side has fewer than two runs or a run does not have the number: leaving that run out would
    /// bias the mean.
    difference: Option<Welch>,
}

/// Compares and writes the answer. The problems of the reports are returned whether or not there is an answer.
pub(crate) fn write(request: &Compare, out: &mut impl Write) -> (Vec<Problem>, Result<()>) {
    let mut problems = Vec::new();
    let mut read = |path: &PathBuf| {
        let reading = inputs::read(std::slice::from_ref(path), request.deployments.as_deref());
        for problem in reading.problems {
            // A problem of a deployments file that both sides use is reported once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        reading.runs
    };
    let runs = [read(&request.sides[0]), read(&request.sides[1])];
    let written = compare(request, runs).and_then(|found| match request.format {
        Format::Json => json::write(&found, &problems, out),
        _ => text::write(&found, request.color, out),
    });
    (problems, written)
}

fn compare(request: &Compare, runs: [Vec<Run>; 2]) -> Result<Comparison> {
    let paths = request.sides.each_ref().map(|path| inputs::name(path));
    let [mut a, mut b] = sides::choose(runs, &paths)?;
    for (side, price) in [(&mut a, &request.prices[0]), (&mut b, &request.prices[1])] {
        if price.is_some() {
            side.run.deployment.price.clone_from(price);
        }
    }
    let [path_a, path_b] = paths;
    let (a, b) = (Side::new(path_a, a, &request.slo), Side::new(path_b, b, &request.slo));
    let (run_a, run_b) = (&a.judged.run, &b.judged.run);
    let requests = compare::compare(run_a, run_b);
    let differences = requests.differences.clone();
    let unstated = unstated(run_a, run_b);
    let peaks = peak(run_a).zip(peak(run_b));
    let mut warnings = warnings(request.factor.as_deref(), &differences, &unstated);
    let [of_a, of_b] = [run_a, run_b].map(|run| run.deployment.quantization.as_ref().map(|known| known.value.as_str()));
    warnings.extend(unmeasured_quality(of_a, of_b));
    Ok(Comparison {
        warnings,
        load_ratio: load_ratio(&(&b.judged.verdict).into(), &(&a.judged.verdict).into(), request.rule, RUN_SCATTER),
        peak_ratio: peaks.map(|(a, b)| b.output_tokens_per_second / a.output_tokens_per_second),
        repeats: repeats(&a, &b, &request.slo),
        money: Money::of(&a, &b, request.rule),
        over: OverLimit::of(&a.judged, &b.judged, request),
        slo: request.slo.clone(),
        rule: request.rule,
        factor: request.factor.clone(),
        a,
        b,
        differences,
        unstated,
        requests,
    })
}

impl Side {
    fn new(path: String, chosen: Chosen, slo: &Slo) -> Self {
        Self { path, judged: Judged::new(chosen.run, slo), repeats: chosen.repeats }
    }

    /// The run that is compared and its repeats.
    fn runs(&self) -> impl Iterator<Item = &Run> {
        std::iter::once(&self.judged.run).chain(&self.repeats)
    }
}

/// The breaking load and the peak of every run, if a side was measured more than once.
fn repeats(a: &Side, b: &Side, slo: &Slo) -> Vec<Repeats> {
    if a.repeats.is_empty() && b.repeats.is_empty() {
        return Vec::new();
    }
    let breaking = |run: &Run| assess(run, slo).breaking_load;
    let peaks = |run: &Run| peak(run).map(|peak| peak.output_tokens_per_second);
    let known = |values: &[Option<f64>]| values.iter().copied().collect::<Option<Vec<f64>>>();
    let metric = |metric, [a, b]: [Vec<Option<f64>>; 2]| {
        let difference = known(&a).zip(known(&b)).and_then(|(a, b)| welch(&a, &b));
        Repeats { metric, a, b, difference }
    };
    vec![
        metric("breaking load", [a, b].map(|side| side.runs().map(breaking).collect())),
        metric("peak of output tokens per second", [a, b].map(|side| side.runs().map(peaks).collect())),
    ]
}

/// What to know before an effect is attributed to one cause.
fn warnings(factor: Option<&str>, differences: &[Difference], unstated: &[&'static str]) -> Vec<String> {
    // The measured loads are not a property of a deployment, and only levels of the same load are compared.
    let differences: Vec<Difference> =
        differences.iter().filter(|difference| difference.factor != "levels").cloned().collect();
    let mut warnings = Vec::new();
    match factor {
        Some(factor) => {
            warnings.extend(compare::confounders(&differences, factor));
            if unstated.contains(&factor) {
                warnings.push(format!(
                    "Neither report states its {factor}, so it is not known to differ at all. Say it in a deployments file."
                ));
            } else if !differences.iter().any(|difference| difference.factor == factor) {
                warnings.push(format!("The runs agree in {factor}: whatever differs between them has another cause."));
            }
        }
        None if differences.len() > 1 => {
            let names: Vec<&str> = differences.iter().map(|difference| difference.factor).collect();
            warnings.push(format!(
                "The runs differ in {} factors ({}): no effect can be put down to one of them.",
                names.len(),
                names.join(", ")
            ));
        }
        None => {}
    }
    // No tool's report contains flags such as prefix caching or chunked prefill.
    let mut unknown = vec!["the server's flags (no report states them)"];
    unknown.extend(unstated.iter().filter(|name| Some(**name) != factor));
    let effect = factor.map_or_else(
        || "no effect has a certain cause".to_owned(),
        |factor| format!("the effect cannot be put down to {factor} for certain"),
    );
    warnings.push(format!("Not known to be equal: {}. While they may differ, {effect}.", unknown.join(", ")));
    warnings
}
