//! `LMBenchmark`'s CSV: one row per request, with token counts and times in seconds.
//!
//! Users of a conversation send requests at fixed intervals, so the load is a constant rate. The file does not contain
//! the rate, but the tool's scripts write it into the name (`…_output_12.5.csv`). A user who is still waiting for an
//! answer sends no request, so the actual rate may be lower than the name says, and the file may have been renamed. In
//! these cases, and if the name has no rate, the load is the rate at which requests were sent. `generation_time` is the
//! time from the first token to the end.

use headroom_engine::level::{Level, Rates, Requests, Samples};
use headroom_engine::run::Arrivals;

use crate::cells::cells;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::{limits, time};

pub(crate) const FORMAT: Format = Format {
    id: "lmbench",
    name: "LMBenchmark (CSV)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`*_output_QPS.csv`, one row a request; the load is the rate in the name, where as many were sent",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

const TOOL: &str = "lmbenchmark";

/// The rate in the name counts as sent from this share of it on: users start one after the other, so the first seconds
/// have fewer requests. If the rate was exceeded by as much, the name means something else.
const KEPT_UP: f64 = 0.9;

/// The columns that are read, in the order of [`Row`].
const COLUMNS: [&str; 6] =
    ["prompt_tokens", "generation_tokens", "ttft", "generation_time", "launch_time", "finish_time"];

/// The numbers of a request: prompt tokens, output tokens, two durations in seconds, and two times in seconds since
/// 1970-01-01 UTC.
type Row = [f64; 6];

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.lines().next().is_some_and(|header| {
        let names = cells(header);
        COLUMNS.iter().all(|column| names.iter().any(|name| name == column))
    })
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let text = match input.rest(limits::ROWS_BYTES) {
        Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(None) => {
            let message = format!(
                "expected a table of at most {} bytes; found more. Give the rows of one rate.",
                limits::ROWS_BYTES
            );
            report.problems.push(problem(report, Code::OutOfRange, None, message));
            return;
        }
        Err(error) => {
            report.problems.push(input.problem(&error, report.source));
            return;
        }
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let Some((_, header)) = lines.next() else { return };
    let header = cells(header);
    let places: Vec<Option<usize>> =
        COLUMNS.iter().map(|column| header.iter().position(|name| name == column)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for (index, line) in lines {
        if rows.len() >= limits::REQUESTS {
            report.problems.push(problem(report, Code::OutOfRange, None, limits::more_requests()));
            break;
        }
        let cells = cells(line);
        let mut row = [f64::NAN; COLUMNS.len()];
        for (number, place) in row.iter_mut().zip(&places) {
            let parsed = place.and_then(|place| cells.get(place)).and_then(|cell| cell.parse::<f64>().ok());
            *number = parsed.filter(|number| (0.0..=limits::LARGEST).contains(number)).unwrap_or(f64::NAN);
        }
        if row.iter().any(|number| number.is_nan()) {
            let message =
                "expected a number that is zero or more in every column; found something else. The request is \
                           left out: check that the file is as the tool wrote it."
                    .to_owned();
            report.problems.push(problem(report, Code::BadValue, Some(format!("line {}", index + 1)), message));
            continue;
        }
        rows.push(row);
    }
    steps::finish(step(&rows, report).into_iter().collect(), true, report);
}

fn problem(report: &Report<'_>, code: Code, path: Option<String>, message: String) -> Problem {
    Problem { source: report.source.to_owned(), code, path, message }
}

fn step(rows: &[Row], report: &mut Report<'_>) -> Option<Step> {
    let column = |at: usize| rows.iter().map(move |row| row[at]);
    let (first, last_sent) = (least(column(4))?, most(column(4))?);
    let end = most(column(5))?;
    let duration_s = Some(end - first).filter(|&duration| duration > 0.0);
    // The first request is sent at the start, so n requests have n − 1 gaps.
    let sent = (rows.len() > 1 && last_sent > first).then(|| (rows.len() - 1) as f64 / (last_sent - first));
    let named = named_rate(report.source);
    let differs = |(named, sent): &(f64, f64)| *sent < named * KEPT_UP || *named < sent * KEPT_UP;
    let wrong = named.zip(sent).filter(differs);
    let Some(rate) = wrong.map(|(_, sent)| sent).or(named).or(sent) else {
        steps::unusable(report, None, "launch_time", "two requests or more that were sent one after the other");
        return None;
    };
    let ok = rows.len() as u64;
    let gap = |row: &Row| if row[1] > 1.0 { row[3] / (row[1] - 1.0) * MS_PER_S } else { f64::NAN };
    let samples = Samples {
        start_s: column(4).map(|at| at - first).collect(),
        ttft_ms: column(2).map(|ttft| ttft * MS_PER_S).collect(),
        itl_ms: rows.iter().map(gap).collect(),
        tpot_ms: vec![f64::NAN; rows.len()],
        e2e_ms: rows.iter().map(|row| (row[2] + row[3]) * MS_PER_S).collect(),
        output_tokens: column(1).collect(),
    };
    let (prompt, output) = (column(0).sum::<f64>(), column(1).sum::<f64>());
    let mut level = Level {
        // Only the file's name contains the requested load.
        asked_load: wrong.map(|(named, _)| named),
        duration_s,
        started_ms: time::milliseconds(first),
        ended_ms: time::milliseconds(end),
        requests: Requests { ok, ..Requests::default() },
        reported: Rates::default(),
        rates: steps::rates(ok, duration_s, Some(prompt), Some(output)),
        prompt_tokens: Some(prompt / ok as f64),
        output_tokens: Some(output / ok as f64),
        ttft: summary::of_samples(&samples.ttft_ms),
        itl: summary::of_samples(&samples.itl_ms),
        e2e: summary::of_samples(&samples.e2e_ms),
        ..Level::default()
    };
    level.samples = Some(samples);
    level.concurrency = steps::in_flight(&level);
    Some(Step::new(TOOL, Offer::Open(Arrivals::Constant, rate), level))
}

/// The rate in a file name such as `vllm_output_12.5.csv`.
fn named_rate(source: &str) -> Option<f64> {
    let name = source.rsplit('/').next()?;
    let (_, behind) = name.rsplit_once("_output_")?;
    let digits: String = behind.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.trim_end_matches('.').parse().ok().filter(|rate: &f64| *rate > 0.0 && rate.is_finite())
}

fn least(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.min_by(f64::total_cmp)
}

fn most(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use headroom_engine::level::Distribution;
    use headroom_engine::run::LoadModel;

    use super::*;
    use crate::numbers::{Numbers, compare, put};
    use crate::recorded;

    /// Every number of a file, from columns that are split without the reader's code.
    fn walk(text: &str, load: f64) -> Numbers {
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<f64>> =
            lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
        let column = |name: &str| -> Vec<f64> {
            let at = names.iter().position(|known| *known == name).unwrap();
            rows.iter().map(|row| row[at]).collect()
        };
        let (launched, finished) = (column("launch_time"), column("finish_time"));
        let duration =
            finished.iter().fold(0.0, |a: f64, b| a.max(*b)) - launched.iter().fold(f64::MAX, |a: f64, b| a.min(*b));
        let ok = rows.len() as f64;
        let (prompt, output) =
            (column("prompt_tokens").iter().sum::<f64>(), column("generation_tokens").iter().sum::<f64>());
        let mut found = Numbers::new();
        put(&mut found, "load", Some(load));
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", Some(0.0));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        put(&mut found, "prompt_tokens", Some(prompt / ok));
        put(&mut found, "output_tokens", Some(output / ok));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "rates.prompt", Some(prompt / duration));
        put(&mut found, "rates.output", Some(output / duration));
        put(&mut found, "rates.total", Some(prompt / duration + output / duration));
        let (ttft, generation, tokens) = (column("ttft"), column("generation_time"), column("generation_tokens"));
        let e2e: Vec<f64> = ttft.iter().zip(&generation).map(|(a, b)| (a + b) * 1000.0).collect();
        let itl: Vec<f64> =
            generation.iter().zip(&tokens).map(|(time, tokens)| time / (tokens - 1.0) * 1000.0).collect();
        let ttft: Vec<f64> = ttft.iter().map(|ttft| ttft * 1000.0).collect();
        for (name, values) in [("ttft", ttft), ("itl", itl), ("e2e", e2e)] {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mean = values.iter().sum::<f64>() / ok;
            put(&mut found, &format!("{name}.count"), Some(ok));
            put(&mut found, &format!("{name}.mean"), Some(mean));
            put(&mut found, &format!("{name}.min"), sorted.first().copied());
            put(&mut found, &format!("{name}.max"), sorted.last().copied());
            for q in [0.5, 0.9, 0.95, 0.99] {
                // Linear between ranks, as numpy does by default.
                put(&mut found, &format!("{name}.{q:.6}"), Some(recorded::linear(&sorted, q)));
            }
        }
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        found
    }

    #[test]
    fn recorded_rows() {
        // Both were sent at another rate than requested, one higher and one lower.
        for (file, asked) in [("vllm_output_6.csv", 6.0), ("vllm_output_12.csv", 12.0)] {
            let text = std::fs::read_to_string(recorded::folder(FORMAT.id).join(file)).unwrap();
            let reading = crate::read(file, text.as_bytes());
            assert_eq!((reading.problems.len(), reading.runs.len()), (0, 1), "{:?}", reading.problems);
            let run = &reading.runs[0];
            assert_eq!(run.load_model, LoadModel::Open(Arrivals::Constant));
            // If the name has no rate, the load is the rate at which requests were sent.
            let sent = crate::read("a.csv", text.as_bytes()).runs[0].levels[0].load;
            let launched: Vec<f64> =
                text.lines().skip(1).map(|row| row.split(',').nth(6).unwrap().parse().unwrap()).collect();
            let (first, last) =
                (launched.iter().copied().fold(f64::MAX, f64::min), launched.iter().copied().fold(0.0, f64::max));
            assert_eq!(sent.to_bits(), ((launched.len() - 1) as f64 / (last - first)).to_bits());
            let mut expected = walk(&text, sent);
            put(&mut expected, "asked_load", Some(asked));
            compare(file, &run.levels.iter().collect::<Vec<_>>(), vec![expected]);
            let level = &run.levels[0];
            assert_eq!(level.samples.as_ref().unwrap().len() as u64, level.requests.ok);
            // If the name is about right, its rate is the load.
            let named = (sent * 105.0).round() / 100.0;
            let renamed =
                crate::read(&format!("vllm_output_{named}.csv"), text.as_bytes()).runs.remove(0).levels.remove(0);
            assert_eq!((renamed.load, renamed.asked_load), (named, None));
        }
    }

    #[test]
    fn a_row_that_is_wrong_costs_itself() {
        let head = COLUMNS.join(",");
        let text = format!("{head}\n10,5,0.5,1,100,101.5\n10,five,0.5,1,101,102.5\n10,1,0.5,0,102,102.5\n");
        let reading = crate::read("x_output_0.5.csv", text.as_bytes());
        assert_eq!(reading.problems[0].path.as_deref(), Some("line 3"));
        let level = &reading.runs[0].levels[0];
        assert_eq!((level.load, level.requests.ok, level.duration_s), (0.5, 2, Some(2.5)));
        let itl: &Distribution = level.itl.as_ref().unwrap();
        assert_eq!((itl.count, itl.mean), (1, Some(250.0)), "an answer of one token has no gap");
        for rows in ["", "10,5,0.5,1,100,101.5\n"] {
            let reading = crate::read("a.csv", format!("{head}\n{rows}").as_bytes());
            assert!(reading.runs.is_empty() && !reading.problems.is_empty(), "{rows}");
        }
    }
}
