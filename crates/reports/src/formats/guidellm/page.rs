//! GuideLLM's HTML report of 0.3 to 0.7: the page of a web application, with its numbers as scripts in the head. The
//! page is mostly blank today, because the application itself is loaded from the network; but the numbers are still
//! there.
//!
//! It does not contain the load of each benchmark, only how many requests were answered per second and how long they
//! took. Little's law gives the number in flight, which is taken as the load of a closed loop; for an open loop it is
//! the served rate. Counts of errors and the time of each benchmark are missing, too.

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::{Arrivals, Known};

use super::TOOL;
use super::metrics::MS_PER_S;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::json::Parser;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary;
use crate::tree::Tree;

pub(crate) const PAGE: Format = Format {
    id: "guidellm_page",
    name: "GuideLLM HTML (0.3 to 0.7)",
    tool: TOOL,
    steps: Steps::Sweep,
    documentation: "`benchmarks.html`: percentiles of successful requests, at loads that follow from rate and latency; give the \
                    JSON if you have it",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

/// The text before each part; the name of the part follows it.
const MARK: &[u8] = b"window.";
const PARTS: [&str; 3] = ["runInfo = ", "workloadDetails = ", "benchmarks = "];

fn recognises(sniff: &Sniff<'_>) -> bool {
    let has = |part: &&str| sniff.contains(&[MARK, part.as_bytes()].concat());
    sniff.first() == Some(b'<') && PARTS[..2].iter().all(has)
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let mut parts = [Tree::Null, Tree::Null, Tree::Null];
    loop {
        let part = match next_part(input) {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => {
                report.problems.push(input.problem(&error, report.source));
                break;
            }
        };
        let mut parser = Parser::new(input);
        let outcome = Tree::read(&mut parser).map_err(|stop| parser.problem(&stop, report.source));
        report.problems.extend(parser.into_problems(report.source));
        match outcome {
            Ok(tree) => parts[part] = tree,
            Err(problem) => {
                report.problems.push(problem);
                break;
            }
        }
    }
    let [about, workload, benchmarks] = parts;
    let mut made = Vec::new();
    for (index, benchmark) in benchmarks.items().iter().enumerate() {
        let path = format!("benchmarks[{index}]");
        made.extend(step(&about, &workload, benchmark, index, path, report));
    }
    if !made.is_empty() {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::Assumed,
            path: Some("benchmarks".to_owned()),
            message: "expected the load of each benchmark; found none, as GuideLLM before 0.8 writes its pages. Loads are \
                      worked out from rate and latency, and errors are not known: give the JSON that was written beside it."
                .to_owned(),
        });
    }
    steps::finish(made, true, report);
}

/// Moves behind the mark of the next part and returns the index of the part. Every byte is read once, however many
/// marks there are.
fn next_part(input: &mut Input<'_>) -> std::io::Result<Option<usize>> {
    let longest = PARTS.iter().map(|part| MARK.len() + part.len()).max().unwrap_or(0);
    loop {
        let rest = &input.window()[input.at..];
        let Some(mark) = find(rest, MARK) else {
            // A mark may continue beyond the window.
            input.at += rest.len().saturating_sub(MARK.len());
            if !input.slide()? {
                return Ok(None);
            }
            continue;
        };
        let behind = &rest[mark + MARK.len()..];
        if let Some(part) = PARTS.iter().position(|part| behind.starts_with(part.as_bytes())) {
            input.at += mark + MARK.len() + PARTS[part].len();
            return Ok(Some(part));
        }
        let may_go_on = rest.len() - mark < longest;
        input.at += mark;
        if !may_go_on || !input.slide()? {
            input.at += MARK.len();
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn step(
    about: &Tree,
    workload: &Tree,
    benchmark: &Tree,
    index: usize,
    path: String,
    report: &mut Report<'_>,
) -> Option<Step> {
    let latency = |name: &str, scale: f64| distribution(benchmark.get(name), scale);
    let e2e = latency("timePerRequest", MS_PER_S);
    let rate = benchmark.get("requestsPerSecond").positive();
    let Some((rate, e2e)) = rate.zip(e2e) else {
        steps::unusable(report, Some(&path), "requestsPerSecond", "a rate above 0 and the latency of the requests");
        return None;
    };
    let in_flight = e2e.mean.and_then(|mean| steps::ratio(rate * mean, MS_PER_S)).filter(|&users| users > 0.0);
    let offer = match workload.get("rateType").text().unwrap_or_default() {
        "concurrent" | "synchronous" => {
            let Some(users) = in_flight else {
                let expected = "the mean latency of the requests, from which the load follows";
                steps::unusable(report, Some(&path), "timePerRequest.mean", expected);
                return None;
            };
            Offer::Closed(users)
        }
        "poisson" => Offer::Open(Arrivals::Poisson, rate),
        "throughput" => Offer::OffCurve("throughput"),
        // The baseline, which the tool measures first to choose the range of the sweep.
        "sweep" if index == 0 => Offer::OffCurve("synchronous"),
        "sweep" if index == 1 => Offer::OffCurve("throughput"),
        _ => Offer::Open(Arrivals::Constant, rate),
    };
    let tokens = |of: &str| workload.get(of).at("tokenDistributions.statistics.mean").positive();
    let reported = Rates {
        requests: Some(rate),
        output_tokens: benchmark.at("throughput.mean").number(),
        prompt_tokens: None,
        total_tokens: None,
    };
    let mut ttft = latency("ttft", 1.0);
    let mut itl = latency("itl", 1.0);
    // Weighted by tokens from 0.4 on, and the count with them.
    for of in [&mut ttft, &mut itl].into_iter().flatten() {
        of.count = of.count.min(e2e.count);
    }
    let level = Level {
        concurrency: in_flight,
        requests: Requests { ok: e2e.count, ..Requests::default() },
        reported,
        rates: reported,
        // The mean over all benchmarks.
        prompt_tokens: tokens("prompts"),
        output_tokens: tokens("generations"),
        ttft,
        itl,
        e2e: Some(e2e),
        ..Level::default()
    };
    let mut step = Step::new(TOOL, offer, level);
    step.path = Some(path);
    step.model = about
        .at("model.name")
        .text()
        .filter(|name| *name != "N/A")
        .map(|name| Known { value: name.to_owned(), source: "report".to_owned() });
    Some(step)
}

/// A summary: `percentiles` has some percentiles, `percentileRows` others.
fn distribution(tree: &Tree, scale: f64) -> Option<Distribution> {
    let count = tree.get("count").count().filter(|&count| count > 0)?;
    let value = |key: &str| tree.get(key).number().map(|value| value * scale);
    let listed =
        tree.get("percentiles").entries().iter().filter_map(|(name, value)| Some((name.as_str(), value.number()?)));
    let rows = tree.get("percentileRows").items().iter();
    let rows = rows.filter_map(|row| Some((row.get("percentile").text()?, row.get("value").number()?)));
    // `p001` is the 0.1st percentile and `p999` the 99.9th.
    let quantile = |name: &str| match name {
        "p001" => Some(0.001),
        "p999" => Some(0.999),
        other => summary::quantile(other),
    };
    let quantiles = listed.chain(rows).filter_map(|(name, value)| Some((quantile(name)?, value * scale))).collect();
    let mut of = Distribution {
        count,
        mean: value("mean"),
        std: value("stdDev"),
        min: value("min"),
        max: value("max"),
        quantiles,
    };
    summary::order(&mut of);
    Some(of)
}

#[cfg(test)]
mod tests {
    use headroom_engine::run::LoadModel;
    use serde_json::Value;

    use super::*;
    use crate::numbers::{Numbers, compare, put};
    use crate::recorded::{self, number};

    /// The value of a variable in a page.
    fn variable(text: &str, name: &str) -> Value {
        let (_, behind) = text.split_once(&format!("window.{name} = ")).unwrap();
        serde_json::Deserializer::from_str(behind).into_iter().next().unwrap().unwrap()
    }

    fn walk(text: &str) -> Vec<Numbers> {
        let workload = variable(text, "workloadDetails");
        let benchmarks = variable(text, "benchmarks");
        let each = benchmarks.as_array().unwrap().iter().map(|v| {
            let mut found = Numbers::new();
            let count = number(v, "/timePerRequest/count").unwrap();
            let rate = number(v, "/requestsPerSecond").unwrap();
            let in_flight = rate * (number(v, "/timePerRequest/mean").unwrap() * 1000.0) / 1000.0;
            put(&mut found, "load", Some(in_flight));
            put(&mut found, "concurrency", Some(in_flight));
            put(&mut found, "ok", Some(count));
            put(&mut found, "errored", Some(0.0));
            put(&mut found, "incomplete", Some(0.0));
            for of in ["rates", "reported"] {
                put(&mut found, &format!("{of}.requests"), Some(rate));
                put(&mut found, &format!("{of}.output"), number(v, "/throughput/mean"));
            }
            put(&mut found, "prompt_tokens", number(&workload, "/prompts/tokenDistributions/statistics/mean"));
            put(&mut found, "output_tokens", number(&workload, "/generations/tokenDistributions/statistics/mean"));
            for (ours, theirs, scale) in [("ttft", "ttft", 1.0), ("itl", "itl", 1.0), ("e2e", "timePerRequest", 1000.0)]
            {
                let of = &v[theirs];
                put(&mut found, &format!("{ours}.count"), Some(count));
                for (name, key) in [("mean", "mean"), ("std", "stdDev"), ("min", "min"), ("max", "max")] {
                    put(&mut found, &format!("{ours}.{name}"), of[key].as_f64().map(|value| value * scale));
                }
                for (name, q) in [
                    ("p001", 0.001),
                    ("p01", 0.01),
                    ("p05", 0.05),
                    ("p10", 0.1),
                    ("p25", 0.25),
                    ("p50", 0.5),
                    ("p75", 0.75),
                    ("p90", 0.9),
                    ("p95", 0.95),
                    ("p99", 0.99),
                    ("p999", 0.999),
                ] {
                    let row = of["percentileRows"].as_array().unwrap().iter().find(|row| row["percentile"] == name);
                    let value = of["percentiles"][name].as_f64().or(row.and_then(|row| row["value"].as_f64()));
                    put(&mut found, &format!("{ours}.{q:.6}"), value.map(|value| value * scale));
                }
            }
            found
        });
        each.collect()
    }

    #[test]
    fn recorded_pages() {
        for path in recorded::files(&recorded::folder(PAGE.id)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let reading = crate::read_file(&path, "page");
            let [run] = reading.runs.as_slice() else { panic!("{:?}", reading.problems) };
            assert_eq!((run.load_model, run.levels.len()), (LoadModel::Closed, 3));
            compare("page", &run.levels.iter().collect::<Vec<_>>(), walk(&text));
            let told: Vec<Code> = reading.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(told, [Code::Assumed], "that the load is worked out is said");
            // The numbers may be anywhere in the page, in any order.
            let far = text.replacen("<head>", &format!("<head><script>{}</script>", "x ".repeat(200_000)), 1);
            assert_eq!(crate::read("page", far.as_bytes()).runs.len(), 0, "a page is known by its first window");
            let split = text.replacen("window.benchmarks", &format!("{}window.benchmarks", " ".repeat(300_000)), 1);
            assert_eq!(crate::read("page", split.as_bytes()).runs[0].levels, run.levels);
        }
    }

    #[test]
    fn an_open_loop_has_the_rates_that_were_served() {
        let path = recorded::files(&recorded::folder(PAGE.id)).remove(0);
        let text = std::fs::read_to_string(path).unwrap();
        let rates: Vec<f64> = walk(&text).iter().map(|found| found["rates.requests"]).collect();
        for (kind, model, levels) in [
            ("poisson", LoadModel::Open(Arrivals::Poisson), 3),
            ("constant", LoadModel::Open(Arrivals::Constant), 3),
            ("sweep", LoadModel::Open(Arrivals::Constant), 1),
        ] {
            let changed = text.replace("\"rateType\": \"concurrent\"", &format!("\"rateType\": \"{kind}\""));
            let run = crate::read("page", changed.as_bytes()).runs.remove(0);
            assert_eq!((run.load_model, run.levels.len(), run.off_curve.len()), (model, levels, 3 - levels));
            assert!(run.levels.iter().all(|level| rates.contains(&level.load)));
        }
    }

    #[test]
    fn a_level_without_a_load_is_told() {
        let path = recorded::files(&recorded::folder(PAGE.id)).remove(0);
        let text = std::fs::read_to_string(path).unwrap();
        let (head, benchmarks) = text.split_once("window.benchmarks = ").unwrap();
        let (first, behind) = benchmarks.split_once("\"timePerRequest\"").unwrap();
        let changed = format!(
            "{head}window.benchmarks = {first}\"timePerRequest\"{}",
            behind.replacen("\"mean\"", "\"meant\"", 1)
        );
        let reading = crate::read("page", changed.as_bytes());
        let told: Vec<_> = reading.problems.iter().map(|problem| problem.path.as_deref().unwrap_or_default()).collect();
        assert_eq!(told, ["benchmarks[0].timePerRequest.mean", "benchmarks"]);
        assert_eq!(reading.runs[0].levels.len(), 2);
    }

    #[test]
    fn marks_that_a_window_cuts_are_found() {
        let text = "xwindow.window.runInfo = 1;window.benchmarks = 2;window.bench";
        for size in 25..48 {
            let mut input = Input::with_window(text.as_bytes(), size);
            let mut found = Vec::new();
            while let Some(part) = next_part(&mut input).unwrap() {
                found.push(part);
            }
            assert_eq!(found, [0, 2], "window of {size} bytes");
        }
    }
}
