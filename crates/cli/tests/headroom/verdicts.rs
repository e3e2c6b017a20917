//! Which loads hold and which do not, the same in every command.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::{root, run, stdout, text};

/// A level table of four levels of a named deployment.
struct Table(TempDir);

impl Table {
    /// Levels as YAML writes them, without the braces.
    fn of(name: &str, levels: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let levels: Vec<String> = levels.iter().map(|level| format!("  - {{ {level} }}\n")).collect();
        let levels = levels.concat();
        let head = format!("deployment: {{ name: {name}, model: mistral, price: {{ dollars_per_hour: 2 }} }}\n");
        let text = format!("{head}workload: {{ prompt_tokens: 256, output_tokens: 256 }}\nlevels:\n{levels}");
        fs::write(folder.path().join("table.yaml"), text).unwrap();
        Self(folder)
    }

    fn path(&self) -> String {
        self.0.path().join("table.yaml").to_str().unwrap().to_owned()
    }

    fn analyze(&self, arguments: &[&str]) -> Value {
        let path = self.path();
        let all: Value =
            serde_json::from_str(&stdout(&[&["analyze", &path, "--format", "json"], arguments].concat())).unwrap();
        all["runs"][0].clone()
    }

    /// What `analyze` says, without line breaks.
    fn text(&self, arguments: &[&str]) -> String {
        let said = stdout(&[&["analyze", &self.path(), "--color", "never"], arguments].concat());
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The numbers that the rules compare with, and what is recorded of the deployment.
    fn rules(&self) -> String {
        stdout(&["rules", &self.path(), "--margin", "0"])
    }
}

const SWAMPED: [&str; 4] = [
    "constant_rate: 10, request_rate: 10, requests: 600, duration_s: 60, ttft_p95_ms: 100, itl_p95_ms: 20, output_tokens_per_second: 2560",
    "constant_rate: 20, request_rate: 20, requests: 1200, duration_s: 60, ttft_p95_ms: 110, itl_p95_ms: 20, output_tokens_per_second: 5120",
    "constant_rate: 40, request_rate: 39.8, requests: 2388, duration_s: 60, ttft_p95_ms: 150, itl_p95_ms: 21, output_tokens_per_second: 10189",
    "constant_rate: 60, request_rate: 46.3, requests: 2778, duration_s: 60, ttft_p95_ms: 400, itl_p95_ms: 22, output_tokens_per_second: 11853",
];

#[test]
fn a_rate_that_was_not_served_holds_in_no_command() {
    let table = Table::of("swamped", &SWAMPED);
    let verdict = &table.analyze(&[])["verdict"];
    assert_eq!((&verdict["breaking_load"], &verdict["binding"]), (&40.0.into(), &"unserved".into()));
    let outcomes: Vec<Value> =
        table.analyze(&[])["levels"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, ["pass", "pass", "pass", "fail"]);
    let said = table.text(&[]);
    assert!(said.contains("▲ Holds 40 req/s. Of 60 req/s only 46.3 were served (77.2%)"), "{said}");
    assert!(!said.contains("at least 60"), "{said}");
    // What is recorded and what is compared with are one number.
    let rules = table.rules();
    assert!(rules.contains("> 40") && rules.contains("vector(40)") && !rules.contains("vector(60)"), "{rules}");
    // No bound on a latency makes the rate served.
    let path = table.path();
    let over = stdout(&["compare", &path, &path, "--over", "ttft_p95=200ms,1s,10s", "--format", "json"]);
    let over: Value = serde_json::from_str(&over).unwrap();
    for row in over["over_limit"]["bounds"].as_array().unwrap() {
        assert_eq!((&row["load_a"], &row["load_b"]), (&40.0.into(), &40.0.into()), "{row}");
    }
    // Whoever means another share says so.
    assert_eq!(table.analyze(&["--limit", "ttft_p95=1s", "--limit", "unserved=30%"])["verdict"]["state"], "floor");
    let status = |load: &str| run(&["check", &path, "--load", load]).status.code();
    assert_eq!(
        (status("20"), status("60")),
        (Some(2), Some(1)),
        "p95 of a table has no interval; what was not served fails"
    );
}

#[test]
fn requests_that_failed_hold_in_no_command() {
    let level = |users: u32, errored: u32| {
        format!("users: {users}, requests: 400, errored: {errored}, duration_s: 60, ttft_p95_ms: 100, itl_p95_ms: 20")
    };
    let levels = [level(4, 0), level(8, 0), level(16, 4), level(32, 600)];
    let table = Table::of("failing", &levels.each_ref().map(String::as_str));
    for arguments in [&[][..], &["--slo", "psap"], &["--limit", "ttft_p95=1s"]] {
        let verdict = &table.analyze(arguments)["verdict"];
        assert_eq!(
            (&verdict["breaking_load"], &verdict["binding"]),
            (&16.0.into(), &"error_rate".into()),
            "{arguments:?}"
        );
    }
    let said = table.text(&[]);
    assert!(said.contains("Holds 16 users and breaks at or before 32 users: error rate jumps past 5%"), "{said}");
    assert!(table.rules().contains("> 16"), "{}", table.rules());
    assert_eq!(table.analyze(&["--limit", "ttft_p95=1s", "--limit", "error_rate=70%"])["verdict"]["state"], "floor");
}

#[test]
fn what_was_not_counted_is_said_and_does_not_pass_a_check() {
    let level = |users: u32| format!("users: {users}, ttft_p95_ms: 100, itl_p95_ms: 20");
    let levels = [level(4), level(8)];
    let table = Table::of("uncounted", &levels.each_ref().map(String::as_str));
    let said = table.text(&[]);
    assert!(
        said.contains("Holds at least 8 users") && said.contains("error rate was not measured and may break earlier"),
        "{said}"
    );
    let output = run(&["check", &table.path(), "--load", "4"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stdout).contains("error rate ≤ 5% at 4 users: the report does not have it"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn percentiles_that_are_there_decide_in_every_command() {
    let level = |users: u32, p50: u32, p99: u32| {
        format!("users: {users}, requests: 400, duration_s: 60, ttft_p50_ms: {p50}, ttft_p99_ms: {p99}, itl_p95_ms: 20")
    };
    let levels = [level(4, 200, 400), level(8, 600, 1800), level(16, 1200, 2400)];
    let table = Table::of("medians", &levels.each_ref().map(String::as_str));
    let verdict = &table.analyze(&[])["verdict"];
    assert_eq!((&verdict["state"], &verdict["interval"]), (&"bracket".into(), &serde_json::json!([4.0, 16.0])));
    let said = table.text(&[]);
    for part in [
        "Holds 4 users and breaks at or before 16 users: TTFT p99 is 400 ms at 4 and TTFT p50 is 1,200 ms at 16",
        "TTFT p50 TTFT p99 ITL p95",
        "TTFT p95 not decided",
        "--limit ttft_p99=1000ms",
    ] {
        assert!(said.contains(part), "expected `{part}` in {said}");
    }
    assert!(table.rules().contains("> 4"), "{}", table.rules());
    assert!(table.rules().contains("the report lacks the percentile"), "{}", table.rules());
}

/// The limit on TTFT p95 lies between median and p99 everywhere, and ITL breaks between 16 and 32 users.
const OPEN: [&str; 4] = [
    "users: 4, requests: 400, duration_s: 60, ttft_p50_ms: 600, ttft_p99_ms: 1800, itl_p95_ms: 20, output_tokens_per_second: 100",
    "users: 8, requests: 400, duration_s: 60, ttft_p50_ms: 650, ttft_p99_ms: 1900, itl_p95_ms: 50, output_tokens_per_second: 200",
    "users: 16, requests: 400, duration_s: 60, ttft_p50_ms: 700, ttft_p99_ms: 2000, itl_p95_ms: 90, output_tokens_per_second: 300",
    "users: 32, requests: 400, duration_s: 60, ttft_p50_ms: 800, ttft_p99_ms: 2200, itl_p95_ms: 150, output_tokens_per_second: 320",
];

#[test]
fn no_load_holds_where_a_limit_is_open_at_all_of_them() {
    let table = Table::of("open", &OPEN);
    let verdict = &table.analyze(&["--limit", "ttft_p95=1s", "--limit", "itl_p95=100ms"])["verdict"];
    assert_eq!((&verdict["breaking_load"], &verdict["max_passing_load"]), (&Value::Null, &Value::Null), "{verdict}");
    assert_eq!((&verdict["state"], &verdict["first_failing_load"]), (&"not_measured".into(), &32.0.into()));
    let path = table.path();
    let check = |load: &str, limit: &str| run(&["check", &path, "--load", load, "--limit", limit]).status.code();
    assert_eq!(
        (check("32", "ttft_p95=1s"), check("32", "ttft_p95=700ms")),
        (Some(2), Some(1)),
        "its median fails at 32"
    );
}

fn public(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("HEADROOM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    Some(shared.join("data/public").join(folder)).filter(|path| path.is_dir())
}

/// Every public run with the median and p99 alone: no level is called unknown that they decide, none is called decided that
/// they leave open, and the loads around the answer are those of a walk of its own.
#[test]
fn public_runs_without_p95_are_judged() {
    let Some(folder) = public("inferencex") else {
        println!("left out: the public InferenceX runs are not there (set HEADROOM_SHARED)");
        return;
    };
    let all: Value = serde_json::from_str(&stdout(&[
        "analyze",
        folder.to_str().unwrap(),
        "--format",
        "json",
        "--limit",
        "ttft_p95=1s",
    ]))
    .unwrap();
    let runs = all["runs"].as_array().unwrap();
    let (mut decided, mut open) = (0, 0);
    for run in runs {
        let (mut passing, mut failing) = (None, None);
        for level in run["levels"].as_array().unwrap() {
            let (p50, p99) = (level["ttft_ms"]["p50"].as_f64().unwrap(), level["ttft_ms"]["p99"].as_f64().unwrap());
            assert!(level["ttft_ms"]["p95"].is_null());
            let expected = if p50 > 1000.0 {
                "fail"
            } else if p99 <= 1000.0 {
                "pass"
            } else {
                "unknown"
            };
            assert_eq!(level["outcome"], expected, "{}: {level}", run["source"]);
            if expected == "unknown" {
                open += 1;
            } else {
                decided += 1;
            }
            if expected == "pass" {
                passing = level["load"].as_f64();
            }
            if expected == "fail" && failing.is_none() {
                failing = level["load"].as_f64();
            }
        }
        // Noise may put a median above that of a higher load; the curve pools them.
        let verdict = &run["verdict"];
        if passing.zip(failing).is_none_or(|(passing, failing)| passing < failing) && verdict["state"] == "bracket" {
            assert_eq!(
                (verdict["max_passing_load"].as_f64(), verdict["first_failing_load"].as_f64()),
                (passing, failing)
            );
        }
    }
    assert!(decided > open && open > 0, "{decided} decided, {open} open");
    let judged = runs.iter().filter(|run| run["verdict"]["state"] != "not_measured").count();
    assert!(2 * judged > runs.len(), "{judged} of {}", runs.len());
}
