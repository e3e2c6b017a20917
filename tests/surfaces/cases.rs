//! What numbers must hold for, one store for each way in which they did not.

use headroom_engine::display;
use serde_json::{Value, json};

use crate::panel::{Drawn, compared};
use crate::program::Program;
use crate::source::Source;
use crate::stores::{LAB, Store, changed, demo, recorded, table};
use crate::{Case, check};

const BF16: &str = "tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
const BF16_REPEAT: &str = "tiny-llama-bf16/20261124T042623Z-guidellm-0.8.1-concurrent-repeat.json";
const BF16_OLD: &str = "tiny-llama-bf16/20261124T041937Z-guidellm-0.5.4-concurrent.json";
const BF16_OPEN: &str = "tiny-llama-bf16/20261124T041712Z-guidellm-0.8.1-poisson.json";

/// One file, and what has to be said of it.
async fn check_file(name: &str, content: Vec<u8>, limits: &[&str], said: &[&str]) -> Value {
    let told = check(Case { store: Store::of([(name, content)]), limits, runs: 1, said }).await;
    told["runs"][0].clone()
}

fn lines(levels: &[&str]) -> Vec<String> {
    levels.iter().map(|level| (*level).to_owned()).collect()
}

#[tokio::test]
async fn a_rate_that_was_not_served_holds_nowhere() {
    let levels = lines(&[
        "constant_rate: 20, request_rate: 20, requests: 1200, duration_s: 60, ttft_p95_ms: 110, itl_p95_ms: 20",
        "constant_rate: 40, request_rate: 39.8, requests: 2388, duration_s: 60, ttft_p95_ms: 150, itl_p95_ms: 21",
        "constant_rate: 60, request_rate: 46.3, requests: 2778, duration_s: 60, ttft_p95_ms: 400, itl_p95_ms: 22",
    ]);
    let swamped = || table("name: swamped", [256, 256], &levels);
    let said = ["Holds 40 req/s", "Of 60 req/s only 46.3 were served (77.2%)"];
    let run = check_file("swamped.yaml", swamped(), &[], &said).await;
    assert_eq!(run["verdict"]["binding"], "unserved");
    // Another share is another answer, in all three.
    let run = check_file("swamped.yaml", swamped(), &["ttft_p95=1s", "unserved=30%"], &["at least 60 req/s"]).await;
    assert_eq!(run["verdict"]["state"], "floor");
    check_file("poisson.json", demo(BF16_OPEN), &[], &["req/s"]).await;
}

#[tokio::test]
async fn requests_that_failed_hold_nowhere() {
    let level = |users: u32, errored: u32| {
        format!("users: {users}, requests: 400, errored: {errored}, duration_s: 60, ttft_p95_ms: 100, itl_p95_ms: 20")
    };
    let levels = [level(8, 0), level(16, 4), level(32, 600)];
    for limits in [&[][..], &["ttft_p95=1s"]] {
        let failing = table("name: failing", [256, 256], &levels);
        let run = check_file("failing.yaml", failing, limits, &["Holds 16 users", "error rate jumps past 5%"]).await;
        assert_eq!(run["verdict"]["binding"], "error_rate");
    }
}

#[tokio::test]
async fn percentiles_that_are_there_decide_everywhere() {
    let level = |users: u32, p50: u32, p99: u32| {
        format!("users: {users}, requests: 400, duration_s: 60, ttft_p50_ms: {p50}, ttft_p99_ms: {p99}, itl_p95_ms: 20")
    };
    let levels = [level(4, 200, 400), level(8, 600, 1800), level(16, 1200, 2400)];
    let said = ["TTFT p99 is 400 ms at 4 and TTFT p50 is 1,200 ms at 16", "--limit ttft_p99=1000ms"];
    let run = check_file("medians.yaml", table("name: medians", [256, 256], &levels), &[], &said).await;
    assert_eq!(run["verdict"]["state"], "bracket");
    // As the tool writes it when nobody names percentiles.
    let by_default = changed(&recorded("vllm-bench/c4.json"), |report| {
        report.as_object_mut().unwrap().retain(|key, _| !key.starts_with("p90_") && !key.starts_with("p95_"));
    });
    let run = check_file("c4.json", by_default, &["ttft_p95=1s"], &["Holds at least 4 users"]).await;
    assert!(run["levels"][0]["ttft_ms"]["p95"].is_null() && !run["levels"][0]["ttft_ms"]["p99"].is_null(), "{run:#}");
}

/// Two deployments, or two runs of one, side by side: what `compare` says of them, what the panel says of their frames, and
/// whether `analyze` averages them.
struct Pair<'a> {
    /// What each table says of its deployment.
    deployments: [&'a str; 2],
    tokens: [[u32; 2]; 2],
    /// Whether the two are repeats of each other.
    repeats: bool,
    /// Whether they did the same work; `None` where they were not asked the same, so that their costs say nothing of each other.
    same_work: Option<bool>,
}

async fn check_pair(pair: Pair<'_>) {
    let levels = |breaks: u32| -> Vec<String> {
        let level = |users: u32| {
            let ttft = 1000 * users / breaks;
            let rate = 100.0 * f64::from(users.min(breaks)) + f64::from(breaks);
            format!(
                "users: {users}, ttft_p95_ms: {ttft}, itl_p95_ms: 20, requests: 400, duration_s: 60, \
                 output_tokens_per_second: {rate}, request_rate: {}",
                rate / 63.0
            )
        };
        [2, 4, 8, 16].map(level).to_vec()
    };
    let [a, b] =
        [(0, 5), (1, 6)].map(|(side, breaks)| table(pair.deployments[side], pair.tokens[side], &levels(breaks)));
    let store = Store::of([("a.yaml", a), ("b.yaml", b)]);
    let (program, source) = (Program::of(&store, &[]), Source::of(&store, &[]));
    let compare = program.compare(&format!("{LAB}/a.yaml"), &format!("{LAB}/b.yaml"));
    let frames = source.frames("curve").await;
    let drawn: Vec<Drawn> = ["a", "b"]
        .map(|side| {
            let id = compare[side]["run"]["id"].as_str().unwrap();
            Drawn::of(frames.iter().find(|frame| crate::panel::is_levels_of(frame, id)).unwrap())
        })
        .into();
    let panel = compared(&[&drawn[0], &drawn[1]]);
    let row = |id: &str| panel.answers.iter().find(|row| row.id == id).unwrap().runs[1].clone();
    let (summary, sentence) = (compare["summary"].to_string(), &panel.sentences[0]);
    let Some(same_work) = pair.same_work else {
        assert!(compare["money"].is_null(), "{:#}", compare["money"]);
        let told = &row("ratio").detail;
        assert!(told.starts_with("asked 204 in"), "{told}");
        assert_eq!([sentence.contains(told), summary.contains(told)], [true; 2], "{told}: {sentence} {summary}");
        return averaged(store, pair.repeats).await;
    };
    // Ratios are B over A in both, rounded by the same rule.
    let tokens = &compare["money"]["tokens"][0];
    for (id, ratio) in [("ratio", &tokens["per_dollar_ratio"]), ("request_ratio", &tokens["requests_per_dollar_ratio"])]
    {
        let value = ratio["value"].as_f64().unwrap();
        let cell = row(id);
        assert_eq!(cell.text, format!("{}×", display::number(value)), "{id}: {ratio} {cell:?}");
    }
    let even = compare["money"]["break_even_price_b"].as_f64().unwrap();
    assert_eq!(row("break_even").text, format!("{} per hour", display::dollars(even)));
    // Who is the cheaper one, and what weakens that.
    let undecided = [sentence, &summary].map(|told| told.contains("cannot be told"));
    assert_eq!(undecided, [tokens["b_cheaper"].is_null(); 2], "{sentence} {summary}");
    assert_eq!(tokens["same_work"], json!(same_work), "{tokens:#}");
    let other_work = "It is not the same work: their requests differ in length.";
    assert_eq!([sentence.contains(other_work), summary.contains(other_work)], [!same_work; 2], "{sentence} {summary}");
    let warnings: Vec<&str> =
        compare["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap()).collect();
    for note in panel.notes.iter().filter(|note| note.contains("quality")) {
        assert!(warnings.contains(&note.as_str()), "expected `{note}` in {warnings:?}");
    }
    assert_eq!(
        warnings.iter().any(|warning| warning.contains("quality")),
        panel.notes.iter().any(|note| note.contains("quality")),
        "{warnings:?} {:?}",
        panel.notes
    );
    averaged(store, pair.repeats).await;
}

/// Repeats are averaged and nothing else is, while every run keeps its own answer everywhere.
async fn averaged(store: Store, repeats: bool) {
    let told = check(Case { store, limits: &[], runs: 2, said: &[] }).await;
    assert_eq!(told["repeats"].as_array().unwrap().len(), usize::from(repeats), "{:#}", told["repeats"]);
}

#[tokio::test]
async fn what_repeats_what_is_one_answer() {
    let alike = [[204, 62], [202, 63]];
    let priced = |facts: &str| format!("{facts}, price: {{ dollars_per_hour: 2 }}");
    let of = |facts: [&str; 2], tokens, repeats, same_work| {
        let facts = facts.map(priced);
        async move {
            let deployments = [facts[0].as_str(), facts[1].as_str()];
            check_pair(Pair { deployments, tokens, repeats, same_work }).await;
        }
    };
    let (same, longer) = (Some(true), Some(false));
    of(["model: mistral"; 2], alike, true, same).await;
    of(["model: mistral, quantization: w4a16", "model: mistral, quantization: bf16"], alike, false, same).await;
    of(["model: mistral, tensor_parallel: 2", "model: mistral, tensor_parallel: 4"], alike, false, same).await;
    of(["hardware: NVIDIA L4"; 2], alike, false, same).await;
    of(["model: mistral"; 2], [[204, 62], [204, 66]], true, longer).await;
    of(["model: mistral"; 2], [[204, 62], [204, 80]], false, None).await;
}

#[tokio::test]
async fn rates_come_from_the_requests_everywhere() {
    // Stopped after its last request, and carries three times that as its duration.
    let report = changed(&demo(BF16_OLD), |report| {
        let all = report["benchmarks"].as_array_mut().unwrap();
        let whole = |benchmark: &&mut Value| benchmark["metrics"]["request_totals"]["incomplete"] == 0;
        let benchmark = all.iter_mut().find(whole).unwrap();
        benchmark["duration"] = json!(benchmark["duration"].as_f64().unwrap() * 3.0);
    });
    let said = ["may be the time limit of a run that stopped after its last request"];
    let run = check_file("run.json", report, &[], &said).await;
    let first = &serde_json::from_slice::<Value>(&demo(BF16_OLD)).unwrap()["benchmarks"][0];
    let rows = first["requests"]["successful"].as_array().unwrap();
    let of = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let start = rows.iter().map(|row| of(row, "request_start_time")).fold(f64::INFINITY, f64::min);
    let ends = rows.iter().map(|row| of(row, "request_start_time") + of(row, "request_latency"));
    let span = ends.fold(0.0, f64::max) - start;
    let rate = of(&run["levels"][0], "request_rate");
    assert!((rate / (rows.len() as f64 / span) - 1.0).abs() < 1e-6, "{rate} of {} in {span} s", rows.len());
    // Sessions with several requests in flight, and a client that sent less than it was asked for.
    let agentic = changed(&recorded("aiperf/profile_export_aiperf.json"), |report| {
        report["effective_concurrency"] = json!({ "unit": "requests", "avg": 11.0 });
    });
    let run = check_file("agentic.json", agentic, &[], &[]).await;
    assert_eq!((&run["levels"][0]["load"], &run["levels"][0]["asked_load"]), (&json!(11.0), &json!(4.0)));
    let behind = changed(&recorded("inference-perf/stage_1_lifecycle_metrics.json"), |report| {
        report["load_summary"]["achieved_rate"] = json!(6.9);
    });
    let run = check_file("stage_1_lifecycle_metrics.json", behind, &[], &["The client fell behind"]).await;
    assert_eq!((&run["levels"][0]["load"], &run["levels"][0]["asked_load"]), (&json!(6.9), &json!(10.0)));
}

#[tokio::test]
async fn files_of_one_level_are_one_run_everywhere() {
    let whole: Value = serde_json::from_slice(&demo(BF16)).unwrap();
    let levels = whole["benchmarks"].as_array().unwrap();
    let files: Vec<(String, Vec<u8>)> = levels
        .iter()
        .enumerate()
        .map(|(at, level)| {
            let mut one = whole.clone();
            one["benchmarks"] = json!([level]);
            (format!("{at}.json"), serde_json::to_vec(&one).unwrap())
        })
        .collect();
    let store = Store::of(files.iter().map(|(name, content)| (name.as_str(), content.clone())));
    let joined = check(Case { store, limits: &[], runs: 1, said: &[] }).await;
    let whole = check_file("run.json", demo(BF16), &[], &[]).await;
    let answer = |run: &Value| [&run["verdict"]["sentence"], &run["verdict"]["interval"]].map(Clone::clone);
    assert_eq!(answer(&joined["runs"][0]), answer(&whole), "the file with all of them says the same");
    assert_eq!(joined["runs"][0]["levels"].as_array().unwrap().len(), levels.len());
}

/// `check` asks for a load of its own, which follows from the interval that all three show: it is a load of that run, and one
/// that lies below the lower end.
#[tokio::test]
async fn a_baseline_is_asked_for_what_its_interval_holds() {
    let store = Store::of([("before/run.json", demo(BF16)), ("after/run.json", demo(BF16_REPEAT))]);
    let [before, after] = ["before", "after"].map(|name| format!("{LAB}/{name}"));
    let asked = Program::of(&store, &[]).check(&after, &before)["suites"][0]["asked"].as_str().unwrap().to_owned();
    let told = check(Case { store, limits: &[], runs: 2, said: &[] }).await;
    let run =
        told["runs"].as_array().unwrap().iter().find(|run| run["source"] == format!("{before}/run.json")).unwrap();
    let low = run["verdict"]["interval"][0].as_f64().unwrap();
    let loads = run["levels"].as_array().unwrap().iter().map(|level| level["load"].as_f64().unwrap());
    let may_be: Vec<String> = loads
        .filter(|load| *load < low)
        .map(|load| {
            format!(
                "Checked at {}, a load that a repeat of the baseline would hold too.",
                display::load_with_unit(load, "users")
            )
        })
        .collect();
    assert!(may_be.contains(&asked), "{asked}: {may_be:?}");
}

#[tokio::test]
async fn a_damaged_report_is_told_everywhere() {
    let whole = demo(BF16);
    let cut = whole[..whole.len() * 95 / 100].to_vec();
    let run = check_file("cut.json", cut, &[], &["truncated"]).await;
    assert!(run["levels"].as_array().unwrap().len() > 4, "{run:#}");
}
