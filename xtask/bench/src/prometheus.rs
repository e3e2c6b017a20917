//! An answer of Prometheus, from the bytes of its body to Arrow frames, against the same by `serde_json`.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use headroom_engine::random::Random;
use headroom_prometheus::matrix::MatrixReader;
use headroom_protocol::arrow;
use headroom_protocol::frame::{Column, Field, Frame, Values, ns_from_ms};
use serde::Deserialize;

use crate::child;
use crate::table::{Budget, Table};

const SERIES: usize = 60;
/// The most points that a server gives for one series.
const POINTS: usize = 11_000;
/// What arrives at once from a socket.
const CHUNK: usize = 64 * 1024;
const RUNS: usize = 7;
const MIB: f64 = 1024.0 * 1024.0;

/// Says to the program that it is to be measured by another one.
pub(crate) const AS_CHILD: &str = "read-answers";

/// Measures and adds rows.
pub(crate) fn measure(table: &mut Table) -> Result<()> {
    println!("reading {SERIES} series of {POINTS} points");
    let peak = |times: usize| -> Result<f64> {
        let mut command = Command::new(env::current_exe()?);
        command.args([AS_CHILD, &times.to_string()]);
        Ok(child::run(&mut command)?.peak_bytes as f64 / MIB)
    };
    let (one, many) = (peak(1)?, peak(20)?);
    let body = body()?;
    let (ours, bytes) = best(|| frames(&body))?;
    let (theirs, expected) = best(|| rows(&body))?;
    ensure!(bytes == expected, "expected the same frames of both, found {bytes} and {expected} bytes");
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let megabytes = body.len() as f64 / 1e6;
    table.add(
        format!("answer of {SERIES} series × {POINTS} points, {megabytes:.0} MB, to Arrow"),
        ms(ours),
        "ms",
        Budget::AtMost(150.0),
    );
    table.add("  times as fast as typed serde_json into rows", ms(theirs) / ms(ours), "×", Budget::AtLeast(3.0));

    table.add("  peak memory of a process that reads one", one, "MiB", Budget::None);
    table.add("  growth of it over twenty, one after the other", many / one, "×", Budget::AtMost(1.2));
    Ok(())
}

/// Reads the answer so many times: the work of the process whose memory is measured.
pub(crate) fn read_answers(times: &str) -> Result<()> {
    let body = body()?;
    for _ in 0..times.parse::<usize>().context("expected how many answers to read")? {
        black_box(frames(&body)?);
    }
    Ok(())
}

/// The quickest of several runs, and what it returned.
fn best(mut work: impl FnMut() -> Result<usize>) -> Result<(Duration, usize)> {
    let (mut best, mut result) = (Duration::MAX, 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        result = work()?;
        best = best.min(start.elapsed());
    }
    Ok((best, result))
}

/// What `query_range` answers: gauges with all their digits, as a rate has them.
fn body() -> Result<Vec<u8>> {
    let mut random = Random::seeded(7);
    let mut text = r#"{"status":"success","data":{"resultType":"matrix","result":["#.to_owned();
    for series in 0..SERIES {
        let comma = if series == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"metric":{{"__name__":"vllm:num_requests_running","instance":"10.0.0.{series}:8000","job":"vllm","model_name":"m"}},"values":["#
        )?;
        for point in 0..POINTS {
            let comma = if point == 0 { "" } else { "," };
            write!(text, "{comma}[{},\"{}\"]", 1_795_490_830 + point * 15, random.uniform() * 100.0)?;
        }
        text.push_str("]}");
    }
    text.push_str("]}}");
    Ok(text.into_bytes())
}

/// Bytes of the Arrow frames, read as the backend does.
fn frames(body: &[u8]) -> Result<usize> {
    let mut reader = MatrixReader::new(256 << 20, None);
    for chunk in body.chunks(CHUNK) {
        reader.feed(chunk)?;
    }
    let answer = reader.finish()?;
    let mut bytes = 0;
    for series in answer.series {
        let times = series.timestamps_ms.iter().map(|&ms| ns_from_ms(ms)).collect();
        bytes += encoded(times, series.values)?;
    }
    Ok(bytes)
}

fn encoded(times: Vec<i64>, values: Vec<f64>) -> Result<usize> {
    let frame = Frame::new("series")
        .with_field(Field::new("time", Values::Time(Column::Required(times))))
        .with_field(Field::new("value", values));
    Ok(arrow::encode(&frame)?.len())
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

/// The same by types that say what the answer is, which is what one would write first.
fn rows(body: &[u8]) -> Result<usize> {
    let answer: Answer = serde_json::from_slice(body)?;
    let mut bytes = 0;
    for row in answer.data.result {
        black_box(&row.metric);
        let mut samples = Vec::new();
        for (time, value) in &row.values {
            #[allow(clippy::cast_possible_truncation, reason = "times of this century in milliseconds")]
            samples.push(((time * 1000.0).round() as i64, value.parse::<f64>()?));
        }
        let times = samples.iter().map(|&(ms, _)| ns_from_ms(ms)).collect();
        bytes += encoded(times, samples.iter().map(|&(_, value)| value).collect())?;
    }
    Ok(bytes)
}
