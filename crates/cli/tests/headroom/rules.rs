//! Rules from verdicts: thresholds, where they come from, and that what reads them accepts them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use headroom_prometheus::dictionary::{MetricType, rows};
use promql_parser::parser::{Expr, parse};
use serde_json::Value;

use crate::{BF16, FACTS, INT8, POISSON, RECORDED, run, stdout, text};

/// The recorded pair with these arguments besides.
fn recorded<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&RECORDED[..], &FACTS, arguments].concat()
}

fn rules(arguments: &[&str]) -> String {
    stdout(&[&["rules"], arguments].concat())
}

fn documents(yaml: &str) -> Vec<Value> {
    yaml.split("---\n")
        .map(|one| serde_saphyr::from_str(one).unwrap_or_else(|error| panic!("{one}\n{error}")))
        .collect()
}

fn document(arguments: &[&str]) -> Value {
    let mut all = documents(&rules(arguments));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Every rule of a `PrometheusRule`.
fn all_rules(manifest: &Value) -> Vec<&Value> {
    list(&manifest["spec"]["groups"]).iter().flat_map(|group| list(&group["rules"])).collect()
}

fn expressions(manifest: &Value) -> Vec<&str> {
    all_rules(manifest).iter().map(|rule| rule["expr"].as_str().unwrap()).collect()
}

/// Refused: status 1, nothing written, and why.
fn check_refused(arguments: &[&str], because: &[&str]) {
    let output = run(&[&["rules"], arguments].concat());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{arguments:?}");
    for part in because {
        assert!(text(&output.stderr).contains(part), "expected `{part}` in {}", text(&output.stderr));
    }
}

/// The loads that the warning, the critical alert, the autoscaler and the quota compare with.
fn thresholds(arguments: &[&str]) -> [f64; 4] {
    let manifest = document(arguments);
    let above = |alert: &str| -> f64 {
        let rule = *all_rules(&manifest).iter().find(|rule| rule["alert"] == alert).unwrap();
        rule["expr"].as_str().unwrap().rsplit_once(" > ").unwrap().1.parse().unwrap()
    };
    let with = |format| document(&[arguments, &["--format", format]].concat());
    let keda = with("keda")["spec"]["triggers"][0]["metadata"]["threshold"].as_str().unwrap().parse().unwrap();
    let quota = with("quota")["spec"]["circuitBreaker"]["perEndpoint"]["maxConnections"].as_f64().unwrap();
    [above("HeadroomLoadHigh"), above("HeadroomLoadBeyondBenchmark"), keda, quota]
}

fn verdict(arguments: &[&str]) -> Value {
    let analysis: Value =
        serde_json::from_str(&stdout(&[&["analyze", "--format", "json"], arguments].concat())).unwrap();
    analysis["runs"][0]["verdict"].clone()
}

#[test]
fn thresholds_are_the_lower_end_of_the_interval_and_a_margin_below() {
    let verdict = verdict(&[BF16]);
    let low = verdict["interval"][0].as_f64().unwrap();
    assert!(low < verdict["breaking_load"].as_f64().unwrap());
    for (margin, share) in [("0%", 1.0), ("20%", 0.8), ("50", 0.5)] {
        let [warning, critical, keda, quota] = thresholds(&[BF16, "--margin", margin]);
        // Rounded down to three digits.
        assert!(critical <= low && critical > low - 0.01, "{critical} {low}");
        assert!(warning <= low * share && warning > low * share - 0.01, "{warning}");
        assert_eq!((keda.to_bits(), quota.to_bits()), (warning.to_bits(), critical.floor().to_bits()));
    }
}

#[test]
fn without_a_lower_end_the_threshold_is_the_load_that_passed() {
    let verdict = verdict(&[INT8]);
    assert_eq!((&verdict["state"], &verdict["interval"][0]), (&"edge".into(), &Value::Null));
    let passed = verdict["max_passing_load"].as_f64().unwrap();
    assert_eq!(thresholds(&[INT8, "--margin", "0"])[1].to_bits(), passed.to_bits());
    let said = document(&[INT8])["metadata"]["annotations"]["headroom/threshold"].as_str().unwrap().to_owned();
    assert!(said.contains("highest measured load that passed") && said.contains("no lower end"), "{said}");
}

#[test]
fn a_floor_says_that_it_is_a_lower_bound() {
    let arguments = [BF16, "--limit", "ttft_p95=30s"];
    assert_eq!(thresholds(&arguments)[1].to_bits(), 32.0_f64.to_bits());
    for format in ["prometheus", "keda", "quota"] {
        let manifest = document(&[&arguments[..], &["--format", format]].concat());
        let annotations = &manifest["metadata"]["annotations"];
        assert!(annotations["headroom/threshold"].as_str().unwrap().contains("a lower bound"), "{annotations}");
        assert_eq!(annotations["headroom/breaking-load"], "above 32 users per replica");
    }
    for rule in all_rules(&document(&arguments))
        .iter()
        .filter(|rule| rule["alert"].as_str().is_some_and(|name| name.contains("Load")))
    {
        assert!(rule["annotations"]["description"].as_str().unwrap().contains("a lower bound"));
    }
}

#[test]
fn a_rate_that_is_not_kept_up_with_is_not_held() {
    // The limit on TTFT still holds at 4.48 requests per second, but of 3.55 only 2.65 are served.
    let arguments = [POISSON, "--limit", "ttft_p95=10s"];
    assert_eq!((&verdict(&arguments)["state"], &verdict(&arguments)["binding"]), (&"edge".into(), &"unserved".into()));
    assert_eq!(thresholds(&[&arguments[..], &["--margin", "0"]].concat())[1].to_bits(), 2.8_f64.to_bits());
    let said = document(&arguments)["metadata"]["annotations"]["headroom/threshold"].clone();
    assert!(said.as_str().unwrap().contains("kept up with"), "{said}");
}

#[test]
fn without_a_breaking_load_there_are_no_rules() {
    check_refused(&[INT8, "--limit", "ttft_p95=50ms"], &["no rules: ", "Fails already", "Measure lower loads"]);
    check_refused(&[BF16, "--limit", "kv_cache_use=90%"], &["not measured", "never passes", "KV cache use ≤ 90%"]);
    // One limit breaks at a load, but another was not measured and may break earlier.
    check_refused(
        &[BF16, "--limit", "ttft_p95=1s", "--limit", "kv_cache_use=90%"],
        &["no load is known to hold KV cache use ≤ 90%"],
    );
    check_refused(&[POISSON], &["Fails already at the lowest measured load"]);
    // One refusal among several deployments: none is written, or a pipeline would lose some silently.
    check_refused(&recorded(&["--limit", "ttft_p95=120ms"]), &["no rules: tiny-llama-bf16"]);
}

#[test]
fn a_report_that_contradicts_itself_gives_no_threshold_and_what_weakens_one_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, rows: &str| {
        let file = folder.path().join(name);
        fs::write(&file, format!("users,ttft_p50_ms,ttft_p95_ms,requests\n{rows}")).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let swapped = table("swapped.csv", "1,90,50,400\n2,60,300,400\n4,300,700,400\n8,500,1500,400\n");
    check_refused(&[&swapped, "--limit", "ttft_p95=1s"], &["TTFT", "p50"]);
    let sound = table("sound.csv", "1,40,50,400\n4,300,700,400\n8,500,1500,20\n");
    let manifest = document(&[&sound, "--limit", "ttft_p95=1s"]);
    let weakened = manifest["metadata"]["annotations"]["headroom/weakened-by"].as_str().unwrap();
    assert!(weakened.contains("few_levels") && weakened.contains("few_samples"), "{weakened}");
}

#[test]
fn nothing_read_is_2() {
    for arguments in [
        &["rules", "no/such/file"][..],
        &["rules"],
        &["rules", BF16, "--margin", "100%"],
        &["rules", BF16, "--proxies", "0"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let output = run(&["rules", "demo/reports", "--target", "one"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected one deployment for --target, found 4"), "{}", text(&output.stderr));
}

#[test]
fn a_folder_that_is_not_written_to_when_a_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rules");
    check_refused(&[INT8, "--limit", "ttft_p95=50ms", "--out", out.to_str().unwrap()], &["Fails already"]);
    assert!(!out.exists());
}

#[test]
fn everything_says_which_run_it_comes_from() {
    let facts = |annotations: &Value, prefix: &str, dash: bool| {
        for (name, part) in [
            ("report", BF16),
            ("tool", "guidellm 0.8.1"),
            ("service_level", "interactive"),
            ("limits", "TTFT p95 ≤ 1,000 ms, ITL p95 ≤ 100 ms, error rate ≤ 5%"),
            ("breaks_first", "TTFT p95 ≤ 1,000 ms"),
            ("breaking_load", "10.4 users per replica"),
            ("interval", "9.25–12.4 users (bootstrap)"),
            ("last_level_that_passed", "8 users per replica"),
            ("first_level_that_failed", "12 users per replica"),
            ("measured", "2026-11-24 04:21:17Z"),
        ] {
            let name = format!("{prefix}{}", if dash { name.replace('_', "-") } else { name.to_owned() });
            assert_eq!(annotations[&name], part, "{name}");
        }
    };
    for format in ["prometheus", "keda", "quota"] {
        facts(&document(&[BF16, "--format", format])["metadata"]["annotations"], "headroom/", true);
    }
    let manifest = document(&[BF16]);
    let alerts: Vec<&Value> = all_rules(&manifest).into_iter().filter(|rule| rule["alert"].is_string()).collect();
    let grafana = document(&[BF16, "--format", "grafana"]);
    let grafana = list(&grafana["groups"][0]["rules"]);
    assert_eq!((alerts.len(), grafana.len()), (5, 5));
    for alert in alerts.into_iter().chain(grafana) {
        facts(&alert["annotations"], "headroom_", false);
        let runbook = alert["annotations"]["runbook_url"].as_str().unwrap();
        let file = runbook.split(['/', '"', '{']).find(|part| part.strip_suffix(".md").is_some()).unwrap();
        assert!(crate::root().join("docs/runbooks").join(file).is_file(), "{runbook}");
        assert!(!alert["annotations"].to_string().contains("humanize }}"), "861.6m users: {alert}");
    }
}

#[test]
fn runbooks_are_where_those_of_the_shipped_rules_are_or_where_they_are_said_to_be() {
    let links = |document: &Value| -> BTreeSet<String> {
        let groups = if document["spec"].is_null() { &document["groups"] } else { &document["spec"]["groups"] };
        let rules = list(groups).iter().flat_map(|group| list(&group["rules"]));
        rules.filter_map(|rule| rule["annotations"]["runbook_url"].as_str().map(str::to_owned)).collect()
    };
    let of = |arguments: &[&str]| links(&document(arguments));
    for (format, file) in
        [("prometheus", "deploy/prometheus/prometheusrule.yaml"), ("grafana", "provisioning/alerting/headroom.yaml")]
    {
        let text = fs::read_to_string(crate::root().join(file)).unwrap();
        let shipped = links(&serde_saphyr::from_str(&text).unwrap());
        let written = of(&[BF16, "--format", format]);
        assert_eq!(written.len(), 4, "{written:?}");
        assert!(written.is_subset(&shipped), "{written:?} {shipped:?}");
        let links = of(&[BF16, "--format", format, "--runbooks", "https://wiki.test/llm/"]);
        assert_eq!(links.len(), 4);
        assert!(
            links.iter().all(|link| link.starts_with("https://wiki.test/llm/") && link.strip_suffix(".md").is_some()),
            "{links:?}"
        );
    }
}

/// Every name that a metric of the dictionary has in `PromQL`.
fn dictionary() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for row in rows() {
        for name in row.names {
            let whole = name
                .server
                .stem()
                .map_or_else(|| name.base.to_owned(), |(stem, mark)| format!("{stem}{mark}{}", name.base));
            match row.kind {
                MetricType::Histogram => names.extend(["_bucket", "_sum", "_count"].map(|end| format!("{whole}{end}"))),
                _ => names.extend([whole]),
            }
        }
    }
    names
}

/// The metrics of an expression and the labels that select them.
fn selected(expression: &Expr, found: &mut Vec<(String, String)>) {
    match expression {
        Expr::Aggregate(one) => selected(&one.expr, found),
        Expr::Binary(one) => {
            selected(&one.lhs, found);
            selected(&one.rhs, found);
        }
        Expr::Paren(one) => selected(&one.expr, found),
        Expr::Call(one) => one.args.args.iter().for_each(|argument| selected(argument, found)),
        Expr::VectorSelector(one) => found.push((one.name.clone().unwrap_or_default(), one.matchers.to_string())),
        Expr::MatrixSelector(one) => found.push((one.vs.name.clone().unwrap_or_default(), one.vs.matchers.to_string())),
        _ => {}
    }
}

/// Every expression of every format, parsed: its metrics are the dictionary's and all of them are this deployment's.
fn check_expressions(arguments: &[&str], expected: &[&str]) {
    let known = dictionary();
    let grafana = document(&[arguments, &["--format", "grafana"]].concat());
    let keda = document(&[arguments, &["--format", "keda"]].concat());
    let prometheus = document(arguments);
    let mut all: Vec<&str> = expressions(&prometheus);
    all.extend(
        list(&grafana["groups"][0]["rules"]).iter().map(|rule| rule["data"][0]["model"]["expr"].as_str().unwrap()),
    );
    all.push(keda["spec"]["triggers"][0]["metadata"]["query"].as_str().unwrap());
    let mut found = Vec::new();
    for expression in all {
        let parsed = parse(expression).unwrap_or_else(|error| panic!("{expression}\n{error}"));
        selected(&parsed, &mut found);
    }
    for (metric, matchers) in &found {
        assert!(known.contains(metric), "{metric} is not in the dictionary");
        // An HTTP layer knows no models: its series are joined with those of the model's servers.
        let of_model = matchers.contains("model_name=\"mine \\\"8b\\\"\"") || matchers.contains("mine");
        assert_eq!(of_model, metric != "sglang:http_responses_total", "{metric} {matchers}");
        assert!(matchers.contains("namespace=\"chat\""), "{matchers}");
    }
    let metrics: BTreeSet<&str> = found.iter().map(|(metric, _)| metric.as_str()).collect();
    assert_eq!(metrics, expected.iter().copied().collect());
}

#[test]
fn expressions_parse_and_read_the_metrics_of_the_server() {
    let arguments = [BF16, "--model-name", "mine \"8b\"", "--namespace", "chat"];
    check_expressions(
        &arguments,
        &[
            "vllm:admission_rejections_total",
            "vllm:num_requests_running",
            "vllm:num_requests_waiting",
            "vllm:request_success_total",
            "vllm:request_time_per_output_token_seconds_bucket",
            "vllm:time_to_first_token_seconds_bucket",
        ],
    );
    check_expressions(
        &[&arguments[..], &["--server", "sglang", "--limit", "e2e_mean=3s", "--limit", "ttft_p95=1s"]].concat(),
        &[
            "sglang:e2e_request_latency_seconds_count",
            "sglang:e2e_request_latency_seconds_sum",
            "sglang:http_responses_total",
            "sglang:num_queue_reqs",
            "sglang:num_requests_total",
            "sglang:num_running_reqs",
            "sglang:time_to_first_token_seconds_bucket",
        ],
    );
    // An open loop counts requests per second.
    let open = [POISSON, "--model-name", "mine \"8b\"", "--namespace", "chat", "--limit", "ttft_p95=4s"];
    check_expressions(
        &open,
        &[
            "vllm:admission_rejections_total",
            "vllm:num_requests_running",
            "vllm:num_requests_waiting",
            "vllm:request_success_total",
            "vllm:time_to_first_token_seconds_bucket",
        ],
    );
}

#[test]
fn an_open_loop_gives_requests_per_second_and_its_quota_is_what_was_in_flight() {
    let arguments = [POISSON, "--limit", "ttft_p95=4s", "--margin", "0"];
    let analysis: Value = serde_json::from_str(&stdout(&["analyze", "--format", "json", POISSON])).unwrap();
    let level = list(&analysis["runs"][0]["levels"]).iter().find(|level| level["load"] == 2.8).unwrap();
    let [_, critical, _, quota] = thresholds(&arguments);
    assert_eq!(critical.to_bits(), 2.8_f64.to_bits());
    assert_eq!(quota.to_bits(), level["concurrency"].as_f64().unwrap().floor().to_bits());
    let records = rules(&arguments);
    assert!(records.contains("headroom:holds:requests_per_second") && !records.contains(":users"), "{records}");
}

/// Where the runbooks are is recorded by other rules, or by none: then there is no link, and no half of one.
const HOME: &str = "https://grafana.example.com/a/headroom-llm-app/runbooks";

#[test]
fn promtool_accepts_the_rules_and_the_alerts_fire_past_the_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [BF16, "--model-name", "mine", "--namespace", "chat"];
    let manifest = document(&arguments);
    // JSON is YAML.
    fs::write(folder.path().join("rules.yaml"), manifest["spec"].to_string()).unwrap();
    let [warning, critical, ..] = thresholds(&arguments);
    // Two replicas: load is counted for one.
    let series = |running: f64| {
        let one = |instance: &str, metric: &str, value: f64| {
            format!(
                "      - series: 'vllm:num_requests_{metric}{{namespace=\"chat\",model_name=\"mine\",instance=\"{instance}\"}}'\n        values: '{value}x60'\n"
            )
        };
        [
            one("a", "running", running - 1.0),
            one("b", "running", running),
            one("a", "waiting", 1.0),
            one("b", "waiting", 0.0),
        ]
        .concat()
    };
    let case = |running: f64, alert: &str, recorded: bool, fires: bool| {
        let (severity, page) = if alert.ends_with("High") {
            ("warning", "headroom-low.md")
        } else {
            ("critical", "headroom-exhausted.md")
        };
        let record = format!("      - series: 'headroom:runbooks:info{{url=\"{HOME}\"}}'\n        values: '1x60'\n");
        let (record, link) = if recorded { (record, format!("{HOME}/{page}")) } else { Default::default() };
        let deployment =
            all_rules(&manifest).iter().find(|rule| rule["alert"] == alert).unwrap()["labels"]["deployment"].clone();
        let labels = format!(
            "namespace: chat, model_name: mine, severity: {severity}, slo: interactive, deployment: {deployment}"
        );
        let expected = if fires {
            format!("[ {{ exp_labels: {{ {labels} }}, exp_annotations: {{ runbook_url: '{link}' }} }} ]")
        } else {
            "[]".to_owned()
        };
        format!(
            "  - interval: 1m\n    input_series:\n{}{record}    alert_rule_test:\n      - eval_time: 30m\n        alertname: {alert}\n        exp_alerts: {expected}\n",
            series(running),
        )
    };
    let mut cases = String::from("rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n");
    for (running, alert, recorded, fires) in [
        (warning - 0.01, "HeadroomLoadHigh", true, false),
        (warning + 0.01, "HeadroomLoadHigh", true, true),
        (critical - 0.01, "HeadroomLoadBeyondBenchmark", true, false),
        (critical + 0.01, "HeadroomLoadBeyondBenchmark", true, true),
        (critical + 0.01, "HeadroomLoadBeyondBenchmark", false, true),
    ] {
        cases.push_str(&case(running, alert, recorded, fires));
    }
    // Of the annotations only the link depends on what else is recorded.
    let bare = all_rules(&manifest).into_iter().map(|rule| {
        let mut rule = rule.clone();
        if let Some(annotations) = rule.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|name, _| name == "runbook_url");
        }
        rule
    });
    let bare = serde_json::json!({ "groups": [ { "name": "bare", "rules": bare.collect::<Vec<_>>() } ] });
    fs::write(folder.path().join("bare.yaml"), bare.to_string()).unwrap();
    fs::write(folder.path().join("tests.yaml"), cases.replace("rules.yaml", "bare.yaml")).unwrap();
    // Two deployments under two latency limits: every alert has labels of its own.
    let all = recorded(&["--limit", "ttft_p95=1s", "--limit", "itl_p95=100ms", "--format", "prometheus-file"]);
    fs::write(folder.path().join("all.yaml"), rules(&all)).unwrap();
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("left out: promtool is not installed (Debian's package prometheus)");
        return;
    }
    for arguments in [
        &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"][..],
        &["check", "rules", "--lint=all", "--lint-fatal", "all.yaml"],
        &["test", "rules", "tests.yaml"],
    ] {
        let output = Command::new("promtool").args(arguments).current_dir(folder.path()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| text(&said)).concat();
        assert!(output.status.success(), "promtool {arguments:?}:\n{said}");
    }
}

/// Series of two replicas for a test of `promtool`: every 15 seconds a value, and what is added to it.
fn scraped(series: &[(&str, f64, f64)]) -> String {
    let one = |(name, value, more): &(&str, f64, f64)| {
        format!("      - series: '{name}'\n        values: '{value}+{more}x60'\n")
    };
    format!("  - interval: 15s\n    input_series:\n{}", series.iter().map(one).collect::<String>())
}

/// Behind a gate the load that it let in says nothing: what is refused is asked for, too.
#[test]
fn refused_requests_alarm_and_count_as_load_for_an_autoscaler() {
    let of = |more: &[&str], server: &str| {
        let arguments = [more, &["--model-name", "m", "--namespace", "n", "--server", server]].concat();
        let shedding = document(&arguments);
        let shedding =
            all_rules(&shedding).into_iter().find(|rule| rule["alert"] == "HeadroomShedding").unwrap().clone();
        assert_eq!((&shedding["for"], &shedding["labels"]["severity"]), (&"5m".into(), &"critical".into()));
        let keda = document(&[&arguments[..], &["--format", "keda"]].concat());
        let load = keda["spec"]["triggers"][0]["metadata"]["query"].as_str().unwrap().to_owned();
        // The limit on errors of the service level, or what its percentiles leave out.
        (load, shedding["expr"].as_str().unwrap().to_owned())
    };
    let (closed, open) = ([BF16], [POISSON, "--limit", "ttft_p95=4s"]);
    let vllm = |name: &str, instance: &str, more: &str| {
        format!("vllm:{name}{{model_name=\"m\",namespace=\"n\",instance=\"{instance}\"{more}}}")
    };
    let running = [vllm("num_requests_running", "a", ""), vllm("num_requests_running", "b", "")];
    let waiting = vllm("num_requests_waiting", "a", "");
    let finished = vllm("request_success_total", "a", ",finished_reason=\"length\"");
    let refused = vllm("admission_rejections_total", "b", ",reason=\"max_num_queued_reqs\"");
    // Eight in flight. Each second two finish and, where some are refused, three are not let in.
    let inside = |more: &[(&'static str, f64)]| -> Vec<(String, f64, f64)> {
        let name = |what: &str| if what == "refused" { refused.clone() } else { finished.clone() };
        let gauges = [(running[0].clone(), 4.0, 0.0), (running[1].clone(), 3.0, 0.0), (waiting.clone(), 1.0, 0.0)];
        gauges.into_iter().chain(more.iter().map(|(what, rate)| (name(what), 0.0, 15.0 * rate))).collect()
    };
    let sglang = |name: &str, instance: &str, more: &str| {
        format!("sglang:{name}{{namespace=\"n\",instance=\"{instance}\"{more}}}")
    };
    let of_model = ",model_name=\"m\",tp_rank=\"0\"";
    let sglang: Vec<(String, f64, f64)> = vec![
        (sglang("num_running_reqs", "a", of_model), 8.0, 0.0),
        (sglang("num_queue_reqs", "a", of_model), 0.0, 0.0),
        (sglang("num_requests_total", "a", ",model_name=\"m\""), 0.0, 30.0),
        (sglang("http_responses_total", "a", ",status_code=\"503\",endpoint=\"/v1/completions\""), 0.0, 45.0),
        (sglang("http_responses_total", "a", ",status_code=\"500\",endpoint=\"/v1/completions\""), 0.0, 45.0),
        // Somebody else's.
        (sglang("http_responses_total", "b", ",status_code=\"503\",endpoint=\"/v1/completions\""), 0.0, 45.0),
    ];
    let mut cases = String::from("evaluation_interval: 1m\ntests:\n");
    for (series, server, more, load, alarms) in [
        (inside(&[("finished", 2.0), ("refused", 3.0)]), "vllm", &closed[..], 20.0, true),
        (inside(&[("finished", 2.0), ("refused", 0.0)]), "vllm", &closed[..], 8.0, false),
        (inside(&[("finished", 2.0), ("refused", 0.1)]), "vllm", &closed[..], 8.4, false),
        // Not counted is not none, and the load is what is known of it.
        (inside(&[("finished", 2.0)]), "vllm", &closed[..], 8.0, false),
        (inside(&[("finished", 0.0), ("refused", 3.0)]), "vllm", &closed[..], 8.0, true),
        (inside(&[("finished", 2.0), ("refused", 3.0)]), "vllm", &open[..], 5.0, true),
        (inside(&[("finished", 2.0)]), "vllm", &open[..], 2.0, false),
        (sglang, "sglang", &closed[..], 20.0, true),
    ] {
        let (query, alert) = of(more, server);
        let series: Vec<(&str, f64, f64)> =
            series.iter().map(|(name, value, more)| (name.as_str(), *value, *more)).collect();
        let expr = |text: &str| text.replace('\'', "''");
        let fires = if alarms { "[ { labels: '{}', value: 1 } ]" } else { "[]" };
        write!(
            cases,
            "{}    promql_expr_test:\n      - {{ eval_time: 10m, expr: 'round({}, 0.001)', exp_samples: [ {{ labels: '{{}}', value: {load} }} ] }}\n      - {{ eval_time: 10m, expr: 'count({})', exp_samples: {fires} }}\n",
            scraped(&series),
            expr(&query),
            expr(&alert)
        )
        .unwrap();
    }
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("left out: promtool is not installed (Debian's package prometheus)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tests.yaml"), cases).unwrap();
    let output =
        Command::new("promtool").args(["test", "rules", "tests.yaml"]).current_dir(folder.path()).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| text(&said)).concat();
    assert!(output.status.success(), "{said}");
}

#[test]
fn no_two_alerts_have_the_same_labels_and_the_plain_file_says_what_the_manifests_say() {
    let arguments = recorded(&["--limit", "ttft_p95=1s", "--limit", "itl_p95=100ms"]);
    let of = |format: &str| documents(&rules(&[&arguments[..], &["--format", format]].concat()));
    let manifests = of("prometheus");
    let by_operator: Vec<&Value> = manifests.iter().flat_map(|one| list(&one["spec"]["groups"])).collect();
    let file = of("prometheus-file");
    assert_eq!(list(&file[0]["groups"]).iter().collect::<Vec<_>>(), by_operator);
    let grafana = of("grafana");
    for (rules, name) in [
        (by_operator.iter().flat_map(|group| list(&group["rules"])).collect::<Vec<_>>(), "alert"),
        (list(&grafana[0]["groups"]).iter().flat_map(|group| list(&group["rules"])).collect(), "title"),
    ] {
        let alerts: Vec<&&Value> = rules.iter().filter(|rule| rule[name].is_string()).collect();
        assert_eq!(alerts.len(), 10, "{alerts:?}");
        let labels: BTreeSet<String> = alerts.iter().map(|rule| rule["labels"].to_string()).collect();
        assert_eq!(labels.len(), alerts.len(), "{labels:?}");
        assert!(labels.iter().any(|one| one.contains("\"limit\":\"ttft_p95=1000ms\"")), "{labels:?}");
    }
}

#[test]
fn records_alone_feed_the_alerts_that_ship() {
    let arguments = recorded(&["--namespace", "private-ai", "--records-only"]);
    let shipped: Value = serde_saphyr::from_str(
        &fs::read_to_string(crate::root().join("deploy/prometheus/prometheusrule.yaml")).unwrap(),
    )
    .unwrap();
    let recorded = |rule: &Value| -> ((String, String), f64) {
        let expression = rule["expr"].as_str().unwrap();
        let number = expression.strip_prefix("vector(").and_then(|rest| rest.strip_suffix(')')).unwrap();
        ((rule["record"].as_str().unwrap().to_owned(), rule["labels"].to_string()), number.parse().unwrap())
    };
    let manifests = documents(&rules(&arguments));
    let written: BTreeMap<(String, String), f64> = manifests.iter().flat_map(all_rules).map(recorded).collect();
    let benchmarks = &list(&shipped["spec"]["groups"])[0];
    assert_eq!(benchmarks["name"], "headroom-benchmarks");
    for rule in list(&benchmarks["rules"]) {
        let (series, number) = recorded(rule);
        let found = written.get(&series).unwrap_or_else(|| panic!("{series:?} in {written:?}"));
        // To the digits that a person reads.
        assert!((number / found - 1.0).abs() < 0.005, "{series:?}: {number} ships, {found} is written");
    }
    assert!(manifests.iter().flat_map(all_rules).all(|rule| rule["alert"].is_null()));
}

#[test]
fn the_folder_is_for_kustomize_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str| {
        let out = folder.path().join(name);
        assert_eq!(rules(&recorded(&["--max-replicas", "8", "--out", out.to_str().unwrap()])), "");
        let mut files: Vec<(String, String)> = fs::read_dir(&out)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let files = written("a");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "backendtrafficpolicy.yaml",
            "grafana-alerts.yaml",
            "kustomization.yaml",
            "prometheus-rules.yaml",
            "prometheusrule.yaml",
            "scaledobject.yaml"
        ]
    );
    assert_eq!(files, written("b"));
    let file = |name: &str| &files.iter().find(|(found, _)| found == name).unwrap().1;
    let kustomization = documents(file("kustomization.yaml")).remove(0);
    for resource in
        list(&kustomization["resources"]).iter().chain(list(&kustomization["configMapGenerator"][0]["files"]))
    {
        assert!(names.contains(&resource.as_str().unwrap()), "{resource}");
    }
    for name in ["prometheusrule.yaml", "scaledobject.yaml", "backendtrafficpolicy.yaml"] {
        let names: Vec<Value> = documents(file(name)).iter().map(|one| one["metadata"]["name"].clone()).collect();
        assert_eq!(names, ["headroom-tiny-llama-bf16", "headroom-tiny-llama-int8"], "{name}");
    }
    // Grafana reads one document, and every rule has a name of its own of at most 40 characters.
    let grafana = documents(file("grafana-alerts.yaml")).remove(0);
    let uids: Vec<&str> = list(&grafana["groups"])
        .iter()
        .flat_map(|group| list(&group["rules"]))
        .map(|rule| rule["uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids.iter().collect::<BTreeSet<_>>().len(), 10);
    assert!(uids.iter().all(|uid| uid.len() <= 40), "{uids:?}");
}

#[test]
fn names_come_from_the_mapping_of_deployments() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.yaml");
    let entry = "deployments:\n  - name: Chat (big)\n    match: { path: \"**\" }\n    engine: SGLang 0.5.23\n    \
                 production: { model_name: big, namespace: chat, labels: { cluster: eu } }\n";
    fs::write(&facts, entry).unwrap();
    let manifest = document(&[BF16, "--deployments", facts.to_str().unwrap()]);
    assert_eq!(
        (&manifest["metadata"]["name"], &manifest["metadata"]["namespace"]),
        (&"headroom-chat-big".into(), &"chat".into())
    );
    let load = expressions(&manifest).into_iter().find(|one| one.contains("num_running_reqs")).unwrap();
    assert!(load.contains("sglang:num_running_reqs{model_name=\"big\",namespace=\"chat\",cluster=\"eu\"}"), "{load}");
}

/// What Prometheus and Grafana would take for a template is text, and text that YAML would take for a number stays text.
#[test]
fn awkward_names_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("{{ .Oops }}.json");
    fs::copy(crate::root().join(BF16), &file).unwrap();
    let manifest = document(&[file.to_str().unwrap(), "--namespace", "1e10"]);
    assert_eq!(manifest["metadata"]["namespace"], "1e10");
    let alert = *all_rules(&manifest).last().unwrap();
    assert!(alert["annotations"]["headroom_report"].as_str().unwrap().contains("{{`{{`}} .Oops }}"), "{alert}");
    for awkward in ["1e10", "0x1f", "no", "on", "12:30:45", "1_000", "~", "null", "2026-11-24", "0123", "+1", ".5"] {
        let text = rules(&[BF16, "--namespace", awkward]);
        assert!(
            text.contains(&format!("namespace: \"{awkward}\"")) || text.contains(&format!("namespace: '{awkward}'")),
            "{awkward}"
        );
    }
}
