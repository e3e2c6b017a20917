//! Runs for tests.

use std::fs;
use std::path::Path;

use expect_test::expect_file;
use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::points::LevelPoint;
use headroom_engine::run::{Deployment, LoadModel, Provenance, Run, Workload};
use headroom_engine::slo::{Slo, parse_limit};

/// Holds a table of `docs/validation.md` to what was computed: it stands between two comments with this name.
/// `UPDATE_EXPECT=1` writes it.
pub(crate) fn check_table(name: &str, table: &str) {
    let begin =
        format!("<!-- {name}: written by UPDATE_EXPECT=1 cargo test -p headroom-engine --test analysis -->\n\n");
    let end = format!("\n<!-- end of {name} -->");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/validation.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    expect_file![path].assert_eq(&format!("{before}{begin}{table}{end}{after}"));
}

/// `load value` pairs with a count of 100 and no intervals.
pub(crate) fn points(values: &[(f64, f64)]) -> Vec<LevelPoint> {
    values.iter().map(|&(load, value)| LevelPoint { load, value, lo: None, hi: None, count: 100 }).collect()
}

/// A closed-loop run of these levels.
pub(crate) fn run(levels: Vec<Level>) -> Run {
    Run {
        id: "test".into(),
        provenance: Provenance { tool: "guidellm".into(), ..Provenance::default() },
        deployment: Deployment::default(),
        workload: Workload::default(),
        load_model: LoadModel::Closed,
        levels,
        off_curve: Vec::new(),
    }
}

/// A level whose TTFT p95 is `ttft_p95_ms`, from `ok` requests in 60 s.
pub(crate) fn level(load: f64, ttft_p95_ms: f64, ok: u64) -> Level {
    Level {
        load,
        duration_s: Some(60.0),
        requests: Requests { ok, ..Requests::default() },
        ttft: Some(Distribution { count: ok, quantiles: vec![(0.95, ttft_p95_ms)], ..Distribution::default() }),
        ..Level::default()
    }
}

/// A service level from limits as people write them.
pub(crate) fn slo(limits: &[&str]) -> Slo {
    Slo::custom(limits.iter().map(|text| parse_limit(text).unwrap()).collect())
}

/// The published tables of a Mistral Small INT4/BF16 comparison (256 tokens in and out, 60 s a
/// level): users, TTFT p95 in ms, TPOT p95 in ms, and what they call tokens per second.
const INT4: [(f64, f64, f64, f64); 6] = [
    (1.0, 1105.0, 56.0, 51.0),
    (3.0, 874.0, 56.0, 135.0),
    (5.0, 1489.0, 60.0, 207.0),
    (8.0, 2185.0, 63.0, 281.0),
    (10.0, 2822.0, 68.0, 313.0),
    (15.0, 4277.0, 75.0, 438.0),
];
const BF16: [(f64, f64, f64, f64); 6] = [
    (1.0, 574.0, 54.0, 35.0),
    (5.0, 594.0, 58.0, 160.0),
    (10.0, 1167.0, 64.0, 312.0),
    (15.0, 1695.0, 67.0, 438.0),
    (20.0, 2084.0, 78.0, 593.0),
    (30.0, 2993.0, 86.0, 694.0),
];

/// INT4 on one L4, as published.
pub(crate) fn published_int4() -> Run {
    published("mistral-3-int4", &INT4)
}

/// BF16 on four L4, as published.
pub(crate) fn published_bf16() -> Run {
    published("mistral-3-bf16", &BF16)
}

/// The tables give no request counts: they follow from 60 s and the latencies.
fn published(name: &str, rows: &[(f64, f64, f64, f64)]) -> Run {
    let p95 = |count, value| Some(Distribution { count, quantiles: vec![(0.95, value)], ..Distribution::default() });
    let levels = rows
        .iter()
        .map(|&(load, ttft_ms, tpot_ms, rate)| {
            let ok = (60_000.0 * load / (ttft_ms + 256.0 * tpot_ms)).round() as u64;
            Level {
                load,
                duration_s: Some(60.0),
                requests: Requests { ok, ..Requests::default() },
                rates: Rates { output_tokens: Some(rate), ..Rates::default() },
                prompt_tokens: Some(256.0),
                output_tokens: Some(256.0),
                ttft: p95(ok, ttft_ms),
                tpot: p95(ok, tpot_ms),
                ..Level::default()
            }
        })
        .collect();
    let workload = Workload { prompt_tokens: Some(256.0), output_tokens: Some(256.0), ..Workload::default() };
    Run { id: name.into(), workload, ..run(levels) }
}
