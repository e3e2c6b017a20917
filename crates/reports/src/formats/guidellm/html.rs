//! GuideLLM's HTML report from 0.8 on, which contains its numbers in a script. It has only the 95th and 99th
//! percentiles and the rates: a last resort if the JSON is lost. Pages of earlier releases have another format.

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::{Arrivals, Known};

use super::TOOL;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::json::Parser;
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::tree::Tree;

pub(crate) const HTML: Format = Format {
    id: "guidellm_html",
    name: "GuideLLM HTML (0.8)",
    tool: TOOL,
    steps: Steps::Sweep,
    documentation: "`benchmarks.html`: the 95th and 99th percentile and rates",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

/// The text before the numbers.
const MARK: &[u8] = b"window.GUIDELLM_REPORT = ";

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.first() == Some(b'<') && sniff.contains(MARK)
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    // It is in the first window, or the page would not have been recognised.
    let Some(at) = input.window().windows(MARK.len()).position(|bytes| bytes == MARK) else { return };
    input.at = at + MARK.len();
    let mut parser = Parser::new(input);
    let outcome = Tree::read(&mut parser).map_err(|stop| parser.problem(&stop, report.source));
    report.problems.extend(parser.into_problems(report.source));
    let tree = match outcome {
        Ok(tree) => tree,
        Err(problem) => {
            report.problems.push(problem);
            return;
        }
    };
    let header = tree.get("header");
    let mut steps = Vec::new();
    for (index, run) in tree.get("runs").items().iter().enumerate() {
        let path = format!("runs[{index}]");
        let Some(offer) = offer(run) else {
            steps::unusable(report, Some(&path), "strategy", "a known strategy with its load");
            continue;
        };
        let Some(ok) = run.get("successful").count() else {
            steps::unusable(report, Some(&path), "successful", "the number of successful requests");
            continue;
        };
        let mut step = Step::new(TOOL, offer, level(run, ok));
        step.path = Some(path);
        step.tool_version = header.get("guidellm_version").text().map(str::to_owned);
        step.model =
            header.get("model").text().map(|name| Known { value: name.to_owned(), source: "report".to_owned() });
        steps.push(step);
    }
    steps::finish(steps, true, report);
}

fn offer(run: &Tree) -> Option<Offer> {
    let rate = run.get("configured_request_rate").positive();
    match run.get("strategy").text()? {
        "concurrent" => run.get("configured_concurrency").positive().map(Offer::Closed),
        "constant" => rate.map(|rate| Offer::Open(Arrivals::Constant, rate)),
        "poisson" => rate.map(|rate| Offer::Open(Arrivals::Poisson, rate)),
        "synchronous" => Some(Offer::OffCurve("synchronous")),
        "throughput" => Some(Offer::OffCurve("throughput")),
        _ => None,
    }
}

fn level(run: &Tree, ok: u64) -> Level {
    let latency = |name: &str| {
        let at = |percent: u32| run.get(&format!("{name}_p{percent}_ms")).number();
        let quantiles: Vec<(f64, f64)> =
            [(0.95, at(95)), (0.99, at(99))].into_iter().filter_map(|(q, value)| Some((q, value?))).collect();
        (ok > 0 && !quantiles.is_empty()).then(|| Distribution { count: ok, quantiles, ..Distribution::default() })
    };
    let count = |name: &str| run.get(name).count().unwrap_or(0);
    // There is no duration to recompute rates with.
    let reported = Rates {
        requests: run.get("request_rate").number(),
        output_tokens: run.get("output_tps").number(),
        prompt_tokens: run.get("input_tps").number(),
        total_tokens: run.get("total_tps").number(),
    };
    Level {
        concurrency: run.get("concurrency").number(),
        requests: Requests { ok, errored: count("errored"), incomplete: count("incomplete") },
        reported,
        rates: reported,
        ttft: latency("ttft"),
        itl: latency("itl"),
        tpot: latency("tpot"),
        e2e: latency("request_latency"),
        ..Level::default()
    }
}
