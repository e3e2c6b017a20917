//! GuideLLM's YAML and CSV reports say what its JSON report of the same run says, as far as
//! they say it at all.

use std::path::Path;

use headroom_engine::level::{Distribution, Level};
use headroom_reports::{Code, Reading, read_file};
use serde_json::Value;

use crate::support::{data, shared, told};

fn reading(path: &Path) -> Reading {
    read_file(path, &path.to_string_lossy())
}

fn levels(reading: &Reading) -> Vec<&Level> {
    reading.runs.iter().flat_map(|run| &run.levels).collect()
}

/// Every statistic of the CSV's distribution is the JSON's, bit for bit.
fn same(csv: Option<&Distribution>, json: Option<&Distribution>, place: &str) {
    let (Some(csv), Some(json)) = (csv, json) else {
        assert_eq!((csv, json), (None, None), "{place}");
        return;
    };
    assert_eq!(
        (csv.count, csv.mean, csv.std, csv.min, csv.max),
        (json.count, json.mean, json.std, json.min, json.max),
        "{place}"
    );
    assert_eq!(csv.quantiles.len(), 10, "{place}");
    for &(q, value) in &csv.quantiles {
        assert_eq!(Some(value), json.quantile(q), "{place} {q}");
    }
}

/// Compares a CSV with the JSON of the same run; `corrupt` rows have only their front.
fn check(csv: &Path, json: &Path, corrupt: &[usize]) {
    let (table, report) = (reading(csv), reading(json));
    let place = csv.to_string_lossy();
    assert_eq!(levels(&table).len(), levels(&report).len(), "{place}");
    for (row, (found, expected)) in levels(&table).into_iter().zip(levels(&report)).enumerate() {
        let place = format!("{place} row {row}");
        assert_eq!((found.load, found.requests), (expected.load, expected.requests), "{place}");
        assert_eq!((found.duration_s, found.rates.requests), (expected.duration_s, expected.rates.requests), "{place}");
        same(found.e2e.as_ref(), expected.e2e.as_ref(), &place);
        if corrupt.contains(&row) {
            assert_eq!(
                (found.ttft.as_ref(), found.itl.as_ref(), found.rates.output_tokens),
                (None, None, None),
                "{place}"
            );
            continue;
        }
        same(found.ttft.as_ref(), expected.ttft.as_ref(), &place);
        same(found.tpot.as_ref(), expected.tpot.as_ref(), &place);
        same(found.itl.as_ref(), expected.itl.as_ref(), &place);
        assert_eq!(found.output_tokens, expected.output_tokens, "{place}");
        assert_eq!(found.reported.requests, expected.reported.requests, "{place}");
        assert_eq!(found.reported.output_tokens, expected.reported.output_tokens, "{place}");
        // The sum of tokens is in the JSON only; mean times count differs in the last digits.
        let (a, b) = (found.rates.output_tokens.unwrap(), expected.rates.output_tokens.unwrap());
        assert!((a / b - 1.0).abs() < 1e-12, "{place}");
    }
    let bad: Vec<Code> = table.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(bad, vec![Code::BadValue; corrupt.len()], "{place}: {:?}", table.problems);
}

#[test]
fn csv_of_every_release() {
    let cases: &[(&str, &[usize])] =
        &[("0.3.1", &[]), ("0.4.0", &[2]), ("0.5.4", &[1, 2]), ("0.6.1", &[1]), ("0.7.4", &[])];
    for (release, corrupt) in cases {
        let file = |end: &str| data().join("guidellm").join(format!("{release}-concurrent.{end}"));
        check(&file("csv"), &file("json"), corrupt);
    }
}

#[test]
fn csv_and_yaml_of_the_shared_data() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let ours = shared.join("data/ours/reports/guidellm");
    check(&ours.join("0.8.1-knee.csv"), &ours.join("0.8.1-knee.json"), &[]);
    let public = shared.join("data/public/guidellm");
    let pairs = [
        (ours.join("0.8.1-knee.yaml.zst"), ours.join("0.8.1-knee.json")),
        (
            public.join("guidellm_repo__benchmarks_stripped.yaml"),
            public.join("guidellm_repo__benchmarks_stripped.json"),
        ),
    ];
    for (yaml, json) in pairs {
        let (yaml, json) = (reading(&yaml), reading(&json));
        assert_eq!(told(&yaml.problems), told(&json.problems));
        assert_eq!(yaml.runs.len(), json.runs.len());
        for (a, b) in yaml.runs.iter().zip(&json.runs) {
            // Text, because a sample that is not a number equals nothing.
            assert_eq!(format!("{:?}{:?}", a.levels, a.off_curve), format!("{:?}{:?}", b.levels, b.off_curve));
            assert_eq!(
                (&a.workload, &a.provenance.labels, a.load_model),
                (&b.workload, &b.provenance.labels, b.load_model)
            );
            assert_eq!(a.deployment.model, b.deployment.model);
        }
    }
    let real = reading(&public.join("rh-aiservices__llama-3-2-3b_20250721_benchmark-results.yaml"));
    assert_eq!((real.runs.len(), told(&real.problems)), (1, Vec::new()));
}

#[test]
fn a_csv_without_a_load_says_so() {
    let text = "Type,Run Id,Id,Name,Duration,Successful Requests\nx,a,b,constant,4.0,3\nx,a,b,constant@2.5,4.0,3\nx,a,b,throughput,1,1\n";
    let reading = headroom_reports::read("a.csv", text.as_bytes());
    assert_eq!(told(&reading.problems), ["missing_value line 2.Strategy"]);
    assert_eq!(reading.runs.len(), 1);
    assert_eq!((reading.runs[0].levels.len(), reading.runs[0].off_curve.len()), (1, 1));
    let cut = headroom_reports::read("a.csv", "Run Info,Run Info\n".as_bytes());
    assert_eq!(told(&cut.problems), ["truncated"]);
}

#[test]
fn html_holds_what_its_script_holds() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let path = shared.join("data/ours/fixtures/guidellm/0.8.1-ci-min.html");
    let text = std::fs::read_to_string(&path).unwrap();
    let script = text.split_once("window.GUIDELLM_REPORT = ").unwrap().1;
    let walked: Value = serde_json::Deserializer::from_str(script).into_iter().next().unwrap().unwrap();
    let page = reading(&path);
    assert_eq!((told(&page.problems), levels(&page).len()), (Vec::new(), 3));
    assert_eq!(page.runs[0].deployment.model.as_ref().unwrap().value, walked["header"]["model"]);
    for (level, run) in levels(&page).into_iter().zip(walked["runs"].as_array().unwrap()) {
        let number = |key: &str| run[key].as_f64();
        assert_eq!((Some(level.load), level.concurrency), (number("configured_concurrency"), number("concurrency")));
        assert_eq!(Some(level.requests.ok as f64), number("successful"));
        assert_eq!((level.rates.requests, level.rates.output_tokens), (number("request_rate"), number("output_tps")));
        let latencies =
            [("ttft", &level.ttft), ("itl", &level.itl), ("tpot", &level.tpot), ("request_latency", &level.e2e)];
        for (name, latency) in latencies {
            let latency = latency.as_ref().unwrap();
            assert_eq!(latency.quantile(0.95), number(&format!("{name}_p95_ms")));
            assert_eq!(latency.quantile(0.99), number(&format!("{name}_p99_ms")));
        }
    }
}
