//! What GuideLLM concludes itself, from 0.8 on: in every real report, and in one that was
//! started with objectives, written as its source does.

use headroom_engine::run::{Run, ToolConclusion};
use serde_json::{Value, json};

use crate::support::{data, every_file, plain_bytes, shared};

/// What the file says, walked a second time.
fn expected(report: &Value) -> Vec<ToolConclusion> {
    let mut expected = Vec::new();
    for conclusion in report["conclusions"].as_array().into_iter().flatten() {
        for (part, load) in [
            ("throughput", "knee"),
            ("saturation", "first_oversaturated_concurrency"),
            ("assessment", "selection_center"),
        ] {
            let said = &conclusion["final"][part];
            expected.push(ToolConclusion {
                kind: format!("{}.{part}", conclusion["kind"].as_str().unwrap()),
                status: Some(said["status"].as_str().unwrap().to_owned()),
                load: said[load].as_f64(),
                message: said["reason"].as_str().unwrap().to_owned(),
            });
        }
    }
    expected
}

fn read(report: &Value) -> Vec<Run> {
    headroom_reports::read("a.json", report.to_string().as_bytes()).runs
}

fn knee() -> Value {
    serde_json::from_slice(&plain_bytes(&data().join("guidellm/0.8.1-knee.json.zst"))).unwrap()
}

#[test]
fn of_the_reports_of_this_crate() {
    let report = knee();
    let runs = read(&report);
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].provenance.conclusions, expected(&report));
    assert_eq!(runs[0].provenance.conclusions.len(), 3);
}

#[test]
fn of_the_shared_reports() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let mut with_a_knee = 0;
    for path in every_file(&shared.join("data/ours/fixtures")) {
        let Ok(report) = serde_json::from_slice::<Value>(&plain_bytes(&path)) else { continue };
        if report["conclusions"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        for run in &read(&report) {
            assert_eq!(run.provenance.conclusions, expected(&report), "{}", path.display());
            with_a_knee += usize::from(run.provenance.conclusions.iter().any(|told| told.load.is_some()));
        }
    }
    assert!(with_a_knee >= 2, "{with_a_knee}");
}

/// The conclusions of the knee report with its first benchmark changed.
fn check(change: impl FnOnce(&mut Value), told: &[(&str, Option<f64>, &str)]) {
    let mut report = knee();
    report["conclusions"] = json!([]);
    change(&mut report);
    let runs = read(&report);
    let found: Vec<_> = runs[0]
        .provenance
        .conclusions
        .iter()
        .map(|told| (told.kind.as_str(), told.load, told.message.as_str()))
        .collect();
    assert_eq!(found, told);
}

#[test]
fn objectives_and_what_met_them() {
    let slo = |slo: Value, attainment: Value, goodput: Value| {
        move |report: &mut Value| {
            let benchmark = &mut report["benchmarks"][0];
            benchmark["config"]["slo"] = slo;
            benchmark["metrics"]["slo_attainment"] = attainment;
            benchmark["metrics"]["slo_determined_requests"] = json!(120);
            benchmark["metrics"]["request_goodput"] = goodput;
        }
    };
    check(slo(Value::Null, Value::Null, Value::Null), &[]);
    check(
        slo(
            json!({"ttft_ms": 500.0, "tpot_ms": 40, "e2el_ms": null}),
            json!(0.9),
            json!({"successful": {"count": 108, "mean": 3.25}}),
        ),
        &[("slo_attainment", Some(1.0), "90% of 120 requests met TTFT ≤ 500 ms, ITL ≤ 40 ms; 3.25 such req/s")],
    );
    check(
        slo(json!({"e2el_ms": 2000}), json!(0.0), Value::Null),
        &[("slo_attainment", Some(1.0), "0% of 120 requests met E2E ≤ 2,000 ms")],
    );
    // No share at all, and one that cannot be.
    check(slo(json!({"ttft_ms": 500}), Value::Null, Value::Null), &[]);
    check(slo(json!({"ttft_ms": 500}), json!(1.5), Value::Null), &[]);
}

#[test]
fn conclusions_of_later_releases() {
    check(
        |report| {
            report["conclusions"] = json!([
                {"kind": "later", "status": "ok", "reason": "It held."},
                {"kind": "silent"},
                {"reason": "of no kind"},
                "text",
            ]);
        },
        &[("later", None, "It held.")],
    );
}
