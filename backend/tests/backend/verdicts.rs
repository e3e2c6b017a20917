//! Which loads hold and which do not, as the command line says it.

use headroom_engine::run::Run;
use headroom_engine::sheet::{Bound, Columns, LevelColumns, LimitColumns, Measured, Quantity, Sheet};
use headroom_engine::slo::preset;
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::{Verdict, assess};
use headroom_protocol::frame::Frame;
use serde_json::json;

use crate::support::{Fixture, notices, numbers, texts};

const SWAMPED: &str = "deployment: { name: swamped }
workload: { prompt_tokens: 256, output_tokens: 256 }
levels:
  - { constant_rate: 20, request_rate: 20, requests: 1200, duration_s: 60, ttft_p95_ms: 110, itl_p95_ms: 20 }
  - { constant_rate: 40, request_rate: 39.8, requests: 2388, duration_s: 60, ttft_p95_ms: 150, itl_p95_ms: 21 }
  - { constant_rate: 60, request_rate: 46.3, requests: 2778, duration_s: 60, ttft_p95_ms: 400, itl_p95_ms: 22 }
";
const FAILING: &str = "deployment: { name: failing }
workload: { prompt_tokens: 256, output_tokens: 256 }
levels:
  - { users: 8, requests: 400, errored: 0, duration_s: 60, ttft_p95_ms: 100, itl_p95_ms: 20 }
  - { users: 16, requests: 400, errored: 4, duration_s: 60, ttft_p95_ms: 110, itl_p95_ms: 20 }
  - { users: 32, requests: 400, errored: 600, duration_s: 60, ttft_p95_ms: 120, itl_p95_ms: 20 }
";
const MEDIANS: &str = "deployment: { name: medians }
workload: { prompt_tokens: 256, output_tokens: 256 }
levels:
  - { users: 4, requests: 400, duration_s: 60, ttft_p50_ms: 200, ttft_p99_ms: 400, itl_p95_ms: 20 }
  - { users: 8, requests: 400, duration_s: 60, ttft_p50_ms: 600, ttft_p99_ms: 1800, itl_p95_ms: 20 }
  - { users: 16, requests: 400, duration_s: 60, ttft_p50_ms: 1200, ttft_p99_ms: 2400, itl_p95_ms: 20 }
";

/// The table as the readers see it.
fn run_of(table: &str) -> Run {
    let mut reading = headroom_reports::read("table.yaml", table.as_bytes());
    assert_eq!(reading.problems, []);
    reading.runs.remove(0)
}

/// What the engine says of the table under the default service level.
fn verdict_of(table: &str) -> Verdict {
    assess(&run_of(table), &preset("interactive").unwrap())
}

/// Columns that a frame has of its run, put together as the panel does it.
fn sheet_of(frame: &Frame) -> Sheet {
    let custom = &frame.meta.custom;
    let column = |name: &str| frame.field(name).map(numbers).unwrap_or_default();
    let limits = custom["slo"]["limits"].as_array().unwrap().iter().map(|limit| {
        let id = limit["id"].as_str().unwrap();
        let text = |key: &str| limit[key].as_str().unwrap().to_owned();
        LimitColumns {
            quantity: Quantity { label: id.to_owned(), unit: text("unit"), is_latency: !limit["statistic"].is_null() },
            bound: Bound { value: limit["bound"].as_f64().unwrap(), label: text("label") },
            measured: Measured {
                value: column(id),
                lo: column(&format!("{id}_lo")),
                hi: column(&format!("{id}_hi")),
                count: column("ok"),
            },
            at_least: column(&format!("{id}_at_least")),
            at_most: column(&format!("{id}_at_most")),
            verdict: None,
        }
    });
    Sheet::from(Columns {
        name: String::new(),
        load_unit: custom["run"]["load_unit"].as_str().unwrap().to_owned(),
        levels: LevelColumns {
            load: column("load"),
            ok: column("ok"),
            errored: column("errored"),
            in_flight: column("concurrency"),
            ..LevelColumns::default()
        },
        basis: TokenBasis::Output,
        limits: limits.collect(),
        in_question: None,
        price: None,
        gpus: None,
        quantization: None,
        workload: headroom_engine::run::Workload::default(),
        output_tokens_error: None,
        impossible_rates: false,
        few_requests: Vec::new(),
    })
}

/// The answer of the data source, of what the panel makes of its columns, and of the engine, which the command line prints.
async fn check(name: &str, table: &str, binding: &str) {
    let fixture = Fixture::with(&[]);
    fixture.write(&format!("{name}.yaml"), table.as_bytes());
    let verdict = verdict_of(table);
    assert_eq!(verdict.binding.map(|limit| limit.id()).as_deref(), Some(binding), "{}", verdict.sentence);
    let frames = fixture.frames(json!({"queryType": "verdict"})).await;
    let cell = |column: &str| texts(frames[0].field(column).unwrap()).remove(0);
    assert_eq!((cell("sentence"), cell("state")), (verdict.sentence.clone(), verdict.state.id().to_owned()), "{name}");
    assert_eq!(numbers(frames[0].field("breaking_load").unwrap()), [verdict.breaking_load.unwrap()], "{name}");
    for finding in &verdict.findings {
        assert!(cell("findings").contains(&finding.message), "{name}: {}", finding.message);
    }
    let curve = fixture.frames(json!({"queryType": "curve"})).await;
    let breaking = sheet_of(&curve[0]).breaking();
    assert_eq!(
        (breaking.state, breaking.load, breaking.interval),
        (verdict.state, verdict.breaking_load, verdict.interval)
    );
}

#[tokio::test]
async fn a_rate_that_was_not_served_holds_neither_in_the_answer_nor_in_its_columns() {
    check("swamped", SWAMPED, "unserved").await;
}

#[tokio::test]
async fn requests_that_failed_hold_neither_in_the_answer_nor_in_its_columns() {
    check("failing", FAILING, "error_rate").await;
}

#[tokio::test]
async fn percentiles_that_are_there_decide_in_the_answer_and_in_its_columns() {
    check("medians", MEDIANS, "ttft_p95").await;
    let fixture = Fixture::with(&[]);
    fixture.write("medians.yaml", MEDIANS.as_bytes());
    // What is there is drawn, and said; what is asked for is not replaced.
    let frames = fixture.frames(json!({"queryType": "curve"})).await;
    assert_eq!(frames[0].meta.custom["statistic"], "p99");
    assert_eq!(numbers(frames[0].field("value").unwrap()), [400.0, 1800.0, 2400.0]);
    assert!(notices(&frames).iter().any(|said| said.contains("no run has TTFT p95, so TTFT p99 is shown")));
    let frames = fixture.frames(json!({"queryType": "curve", "metric": "ttft", "statistic": "p95"})).await;
    assert_eq!(frames[0].meta.custom["statistic"], "p95");
}
