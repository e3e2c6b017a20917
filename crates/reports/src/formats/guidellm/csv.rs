//! GuideLLM's CSV report: one header row up to 0.3, three from 0.4 on.
//!
//! It has less than the JSON report: no times with a zone, no rows of requests, and of the percentiles neither the
//! median's own column nor the 99.9th. Releases 0.4 to 0.6 took the header from the first benchmark, and later rows may
//! have more cells, so that from the first status group on no cell is under its name. Of such a row only the cells
//! before that are read.

use std::borrow::Cow;

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::{Arrivals, Known};

use super::TOOL;
use super::metrics::MS_PER_S;
use crate::cells::cells;
use crate::document;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::limits;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::tree::Tree;
use crate::yaml::MAX_BYTES;

pub(crate) const CSV: Format = Format {
    id: "guidellm_csv",
    name: "GuideLLM CSV (0.2 to 0.8)",
    tool: TOOL,
    steps: Steps::Sweep,
    documentation: "`benchmarks.csv`: percentiles without requests; of a sweep by 0.4 to 0.6 the counts and the latency alone",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

/// Number of cells at the start of a row that are under their names in every release: settings, times, counts and the
/// latency of successful requests.
const SOUND_CELLS: usize = 27;

/// The quantiles of a list cell, which are between its minimum and its maximum.
const QUANTILES: [f64; 9] = [0.001, 0.01, 0.05, 0.1, 0.25, 0.75, 0.9, 0.95, 0.99];

/// The header of the list cell up to 0.3.
const OLD_LIST: &str = "[min, 0.1, 1, 5, 10, 25, 75, 90, 95, 99, max]";

/// A quantity: its group and unit from 0.4 on, and its name up to 0.3.
struct Quantity(&'static str, &'static str, &'static str);

const E2E: Quantity = Quantity("Request Latency", "Sec", "Request latency");
const TTFT: Quantity = Quantity("Time to First Token", "ms", "Time to first token ms");
const TPOT: Quantity = Quantity("Time per Output Token", "ms", "Time per output token ms");
const ITL: Quantity = Quantity("Inter Token Latency", "ms", "Inter token latency ms");
const CONCURRENCY: Quantity = Quantity("Server Throughput", "Concurrency", "Request concurrency");
const REQUEST_RATE: Quantity = Quantity("Server Throughput", "Requests/Sec", "Requests per second");
const PROMPT: Quantity = Quantity("Token Metrics", "Input Tokens", "Prompt token count");
const OUTPUT: Quantity = Quantity("Token Metrics", "Output Tokens", "Output token count");
const PROMPT_RATE: Quantity = Quantity("Token Throughput", "Input Tokens/Sec", "Prompt tokens per second");
const OUTPUT_RATE: Quantity = Quantity("Token Throughput", "Output Tokens/Sec", "Output tokens per second");
const TOTAL_RATE: Quantity = Quantity("Token Throughput", "Total Tokens/Sec", "Tokens per second");

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.lines().next().is_some_and(|line| line.starts_with("Run Info,") || line.starts_with("Type,Run Id,"))
}

/// The header: one name per column up to 0.3, three from 0.4 on.
enum Header<'t> {
    Old(Vec<Cow<'t, str>>),
    New([Vec<Cow<'t, str>>; 3]),
}

/// A row with its header.
struct Row<'h, 't> {
    header: &'h Header<'t>,
    cells: Vec<Cow<'t, str>>,
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let text = match input.rest(MAX_BYTES) {
        Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(None) => {
            let message =
                format!("expected a table of at most {MAX_BYTES} bytes; found more. Give the JSON beside it.");
            report.problems.push(problem(report, Code::OutOfRange, None, message));
            return;
        }
        Err(error) => {
            report.problems.push(input.problem(&error, report.source));
            return;
        }
    };
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().enumerate().map(|(index, line)| (index + 1, cells(line)));
    let Some((_, first)) = lines.next() else { return };
    let (header, columns) = if first.first().is_some_and(|cell| cell == "Run Info") {
        let (Some((_, second)), Some((_, third))) = (lines.next(), lines.next()) else {
            let message =
                "expected three header rows; found fewer. The benchmark was stopped while writing: run it again.";
            report.problems.push(problem(report, Code::Truncated, None, message.to_owned()));
            return;
        };
        let columns = first.len();
        (Header::New([first, second, third]), columns)
    } else {
        let columns = first.len();
        (Header::Old(first), columns)
    };
    let mut steps = Vec::new();
    let mut synchronous = Vec::new();
    for (index, (number, mut cells)) in lines.enumerate() {
        if index >= limits::LEVELS {
            report.problems.push(problem(
                report,
                Code::OutOfRange,
                Some(format!("line {number}")),
                limits::more_levels(),
            ));
            break;
        }
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        let place = format!("line {number}");
        if cells.len() != columns {
            let found = cells.len();
            cells.truncate(SOUND_CELLS);
            let message = format!(
                "expected {columns} cells as in the header; found {found}, as GuideLLM 0.4 to 0.6 writes them. Only the \
                 counts and the latency of the requests stand under their names and are read: give the JSON that was \
                 written beside it."
            );
            report.problems.push(problem(report, Code::BadValue, Some(place.clone()), message));
        }
        let row = Row { header: &header, cells };
        match row.step(&place, report) {
            Some(step) if step.offer == Offer::OffCurve("synchronous") => synchronous.push(step),
            Some(step) => steps.push(step),
            None => {}
        }
    }
    // One stream is the first level of a closed loop, but only the baseline of an open one.
    let open = steps.iter().any(|step| matches!(step.offer, Offer::Open(..)));
    for mut step in synchronous {
        if !open {
            step.offer = Offer::Closed(1.0);
        }
        steps.push(step);
    }
    steps::finish(steps, true, report);
}

fn problem(report: &Report<'_>, code: Code, path: Option<String>, message: String) -> Problem {
    Problem { source: report.source.to_owned(), code, path, message }
}

impl Row<'_, '_> {
    fn step(&self, place: &str, report: &mut Report<'_>) -> Option<Step> {
        let offer = self.offer(place, report)?;
        let count = |status: &str| self.plain("Request Counts", status, &format!("{status} Requests"))?.parse().ok();
        let Some(ok) = count("Successful") else {
            steps::unusable(report, Some(place), "Request Counts Successful", "the number of successful requests");
            return None;
        };
        let duration_s = self
            .plain("Timings", "Duration", "Duration")
            .and_then(|text| text.parse().ok())
            .filter(|&duration: &f64| duration > 0.0 && duration.is_finite());
        let mean = |quantity: &Quantity| self.number("Successful", quantity, "Mean");
        let tokens = |quantity: &Quantity| mean(quantity).filter(|_| ok > 0);
        let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
        let (prompt_tokens, output_tokens) = (tokens(&PROMPT), tokens(&OUTPUT));
        let level = Level {
            concurrency: self.number("Total", &CONCURRENCY, "Mean").or_else(|| mean(&CONCURRENCY)),
            duration_s,
            requests: Requests {
                ok,
                errored: count("Errored").unwrap_or(0),
                incomplete: count("Incomplete").unwrap_or(0),
            },
            reported: Rates {
                requests: mean(&REQUEST_RATE),
                output_tokens: mean(&OUTPUT_RATE),
                prompt_tokens: mean(&PROMPT_RATE),
                total_tokens: mean(&TOTAL_RATE),
            },
            rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
            prompt_tokens,
            output_tokens,
            ttft: self.distribution(&TTFT, 1.0, ok),
            itl: self.distribution(&ITL, 1.0, ok),
            tpot: self.distribution(&TPOT, 1.0, ok),
            e2e: self.distribution(&E2E, MS_PER_S, ok),
            ..Level::default()
        };
        let mut step = Step::new(TOOL, offer, level);
        step.path = Some(place.to_owned());
        step.model = self
            .setting("Backend")
            .and_then(|backend| backend.get("model").text().map(str::to_owned))
            .map(|value| Known { value, source: "report".to_owned() });
        Some(step)
    }

    /// A cell that is not a statistic.
    fn plain(&self, group: &str, field: &str, old: &str) -> Option<&str> {
        let column = match self.header {
            Header::Old(names) => names.iter().position(|name| name == old),
            Header::New([groups, fields, _]) => groups.iter().zip(fields).position(|(g, f)| g == group && f == field),
        };
        self.cells.get(column?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }

    /// A statistic of the requests with a status.
    fn statistic(&self, status: &str, quantity: &Quantity, statistic: &str) -> Option<&str> {
        let Quantity(group, unit, old) = quantity;
        let column = match self.header {
            Header::Old(names) => {
                let words = if statistic == "Percentiles" { OLD_LIST.to_owned() } else { statistic.to_lowercase() };
                let wanted = format!("{status} {old} {words}");
                names.iter().position(|name| *name == wanted)
            }
            Header::New([groups, fields, statistics]) => {
                let field = format!("{status} {unit}");
                (0..groups.len()).find(|&at| {
                    groups[at] == *group
                        && fields.get(at).is_some_and(|name| *name == field)
                        && statistics.get(at).is_some_and(|name| name == statistic)
                })
            }
        };
        self.cells.get(column?).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }

    fn number(&self, status: &str, quantity: &Quantity, statistic: &str) -> Option<f64> {
        let value: f64 = self.statistic(status, quantity, statistic)?.parse().ok()?;
        (value.abs() <= limits::LARGEST).then_some(value)
    }

    fn distribution(&self, quantity: &Quantity, scale: f64, ok: u64) -> Option<Distribution> {
        let number = |statistic: &str| self.number("Successful", quantity, statistic).map(|value| value * scale);
        let mean = number("Mean").filter(|_| ok > 0)?;
        let mut found = Distribution { count: ok, mean: Some(mean), std: number("Std Dev"), ..Distribution::default() };
        found.quantiles.extend(number("Median").map(|median| (0.5, median)));
        let list = self.statistic("Successful", quantity, "Percentiles").and_then(document::small_json);
        let values: Vec<Option<f64>> = list
            .as_ref()
            .map(|list| list.items().iter().map(|value| value.number().map(|value| value * scale)).collect())
            .unwrap_or_default();
        if let [min, between @ .., max] = values.as_slice()
            && between.len() == QUANTILES.len()
        {
            (found.min, found.max) = (*min, *max);
            found.quantiles.extend(QUANTILES.iter().zip(between).filter_map(|(&q, &value)| Some((q, value?))));
        }
        found.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(found)
    }

    /// Settings that are JSON inside a cell.
    fn setting(&self, field: &str) -> Option<Tree> {
        document::small_json(self.plain("Run Info", field, "")?)
    }

    /// The load: `concurrent@16`; or only the kind (0.4 to 0.7), if the profile lists its loads in the order of the
    /// run's index.
    fn offer(&self, place: &str, report: &mut Report<'_>) -> Option<Offer> {
        let strategy = self.plain("Benchmark", "Strategy", "Name").unwrap_or_default();
        let (kind, load) = match strategy.split_once('@') {
            Some((kind, load)) => (kind, load.parse().ok()),
            None => (strategy, None),
        };
        let load = load.or_else(|| self.load_of_profile(kind)).filter(|&load: &f64| load > 0.0 && load.is_finite());
        let offer = match (kind, load) {
            ("synchronous", _) => Some(Offer::OffCurve("synchronous")),
            ("throughput", _) => Some(Offer::OffCurve("throughput")),
            ("replay", _) => Some(Offer::OffCurve("replay")),
            ("concurrent", Some(users)) => Some(Offer::Closed(users)),
            ("constant", Some(rate)) => Some(Offer::Open(Arrivals::Constant, rate)),
            ("poisson", Some(rate)) => Some(Offer::Open(Arrivals::Poisson, rate)),
            _ => None,
        };
        if offer.is_none() {
            steps::unusable(report, Some(place), "Strategy", "a strategy with its load, as in `concurrent@16`,");
        }
        offer
    }

    fn load_of_profile(&self, kind: &str) -> Option<f64> {
        let profile = self.setting("Profile")?;
        let index: usize = self.plain("Run Info", "Run Index", "")?.parse().ok()?;
        let loads = match kind {
            "concurrent" => profile.get("streams"),
            "constant" | "poisson" => profile.get("rate"),
            _ => return None,
        };
        loads.items().get(index).and_then(Tree::number).or_else(|| loads.number().filter(|_| index == 0))
    }
}
