//! The connection as the settings have it: what is sent, what is secret, what goes wrong and what is said then.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use headroom_protocol::frame::NoticeSeverity;
use headroom_protocol::{Context, HealthStatus, Plugin as _};
use serde_json::{Value, json};

use super::servers::{DEMO, Joined, Server, number};
use crate::support::{BF16, Fixture, assert_mentions, notices, texts};

const SWEEP: (i64, i64) = (1_795_494_077, 1_795_494_374);

/// A server that writes down what it is asked, and answers what it is told.
pub(super) struct Recorder {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Always the same.
    fn answering(status: &'static str, body: &'static str) -> Self {
        Self::with(move |_| (status.to_owned(), body.to_owned()))
    }

    /// What another server says, with a remark as Thanos makes it when one of its stores is gone.
    fn in_front_of(server: &Server, remark: &'static str) -> Self {
        let port = server.port();
        Self::with(move |request| {
            let body = forwarded(port, request);
            let warned = format!("{{\"status\":\"success\",\"warnings\":[\"{remark}\"],");
            ("200 OK".to_owned(), body.replacen("{\"status\":\"success\",", &warned, 1))
        })
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn with(answer: impl Fn(&str) -> (String, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        // They end with the test's process.
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || kept.lock().unwrap().push(served(stream, answer.as_ref())));
            }
        });
        Self { url, requests }
    }

    /// What it was asked, heads and bodies.
    fn requests(&self) -> String {
        self.requests.lock().unwrap().join("\n")
    }
}

/// Reads one request whole and answers it.
fn served(mut stream: TcpStream, answer: &(dyn Fn(&str) -> (String, String) + Send + Sync)) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let whole = request.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.split("\r\n").next().unwrap_or_default().parse().unwrap());
            body.len() >= length
        });
        let read = if whole { 0 } else { stream.read(&mut buffer).unwrap_or(0) };
        if read == 0 {
            break;
        }
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    let (status, body) = answer(&request);
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Who asked may have gone away.
    drop(stream.write_all(answer.as_bytes()));
    request
}

/// The body that a server answers to this request, in the HTTP of 1996, whose answers come in one piece and plain.
fn forwarded(port: u16, request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head: Vec<String> = head
        .lines()
        .filter(|line| !line.to_lowercase().starts_with("accept-encoding"))
        .map(|line| line.replace(" HTTP/1.1", " HTTP/1.0"))
        .collect();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{}\r\n\r\n{body}", head.join("\r\n")).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

const EMPTY: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
const PARTIAL: &str = "{\"status\":\"success\",\"warnings\":[\"store gateway 3 did not answer\"],\"infos\":[\"PromQL info: \
metric might not be a counter\"],\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"job\":\"a\"},\"values\":[[1795494100,\"1\"]]}]}}";

/// A data source without reports that asks this address, with secrets.
fn alone(settings: Value, secrets: &[(&str, &str)]) -> Fixture {
    let mut fixture = Fixture::configured(&[], settings);
    let source = fixture.context.data_source.as_mut().unwrap();
    source.secure = secrets.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    fixture
}

async fn ask(fixture: &Fixture, json: Value) -> headroom_protocol::QueryResponse {
    let mut query = crate::support::query(&json);
    query.time_range = headroom_protocol::TimeRange { from_ms: SWEEP.0 * 1_000, to_ms: SWEEP.1 * 1_000 };
    query.interval_ms = 15_000;
    fixture.plugin.query(&fixture.context, &query).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_settings_say_is_sent() {
    let recorder = Recorder::answering("200 OK", EMPTY);
    let check = async |settings: Value, secrets: &[(&str, &str)], expected: &[&str]| {
        let mut settings = settings;
        settings["prometheusUrl"] = json!(recorder.url);
        recorder.requests.lock().unwrap().clear();
        let response = ask(&alone(settings.clone(), secrets), json!({"queryType": "promql", "expr": "up"})).await;
        assert_eq!(response.error, None, "{settings}");
        let sent = recorder.requests().to_lowercase();
        for part in expected {
            assert!(sent.contains(&part.to_lowercase()), "{settings}: {part:?} was not sent: {sent}");
        }
    };
    check(json!({}), &[], &["POST /api/v1/query_range", "query=up", "step=15"]).await;
    check(json!({"httpMethod": "GET"}), &[], &["GET /api/v1/query_range?", "query=up"]).await;
    check(json!({}), &[("prometheusToken", "sesame")], &["authorization: Bearer sesame"]).await;
    check(
        json!({"basicAuthUser": "ada"}),
        &[("basicAuthPassword", "secret")],
        // base64 of `ada:secret`.
        &["authorization: Basic YWRhOnNlY3JldA=="],
    )
    .await;
    check(json!({"prometheusTenant": "team-a"}), &[], &["x-scope-orgid: team-a"]).await;
    check(
        json!({"httpHeaderName1": "X-One", "httpHeaderName3": "X-Three"}),
        &[("httpHeaderValue1", "first"), ("httpHeaderValue3", "third")],
        &["x-one: first", "x-three: third"],
    )
    .await;
    check(json!({"customQueryParameters": "namespace=chat&dedup=true"}), &[], &["namespace=chat", "dedup=true"]).await;
    // The server is to give up a little sooner than who waits for it.
    check(json!({"prometheusTimeoutSeconds": 7}), &[], &["timeout=6650ms"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_setting_is_named_and_no_secret_is_told() {
    let check = async |settings: Value, secrets: &[(&str, &str)], expected: &[&str]| {
        let mut settings = settings;
        if settings.get("prometheusUrl").is_none() {
            settings["prometheusUrl"] = json!("http://127.0.0.1:9");
        }
        let fixture = alone(settings.clone(), secrets);
        let health = fixture.plugin.check_health(&fixture.context).await;
        assert_eq!(health.status, HealthStatus::Error, "{settings}: {}", health.message);
        let response = ask(&fixture, json!({"queryType": "live"})).await;
        let error = response.error.unwrap();
        for said in [&health.message, &error.message] {
            for part in expected {
                assert!(said.contains(part), "{settings}: {part:?} is missing from {said:?}");
            }
        }
        // Every viewer may ask for all of it.
        let marks = ask(&fixture, json!({"queryType": "annotations"})).await;
        let (_, production) = fixture.get("production").await;
        let everything = format!("{} {} {} {marks:?} {production}", health.message, health.details, error.message);
        assert!(!everything.contains("MARKER"), "{settings}: {everything}");
    };
    check(json!({"prometheusUrl": "prometheus:9090"}), &[], &["http://"]).await;
    check(json!({"tlsAuthWithCACert": true}), &[], &["secureJsonData.tlsCACert", "tlsAuthWithCACert is on"]).await;
    check(json!({"tlsAuth": true}), &[("tlsClientCert", "MARKER")], &["secureJsonData.tlsClientKey"]).await;
    check(json!({"tlsAuthWithCACert": true}), &[("tlsCACert", "MARKER")], &["PEM"]).await;
    check(json!({"httpHeaderName2": "X-Key"}), &[], &["secureJsonData.httpHeaderValue2", "X-Key"]).await;
    check(json!({"httpHeaderName1": "not a name"}), &[("httpHeaderValue1", "MARKER")], &["not a name"]).await;
    // People paste a whole header, and passwords into addresses.
    for header in ["Authorization: Bearer MARKER", "X-Key=MARKER"] {
        check(json!({"httpHeaderName1": header}), &[], &["httpHeaderName1 is `"]).await;
        check(json!({"httpHeaderName1": header}), &[("httpHeaderValue1", "x")], &["the name of a header"]).await;
    }
    for url in [
        "http://ada:MARKER@127.0.0.1:9",
        "http://ada:MARKER@127.0.0.1:port",
        "http://ada:MAR/MARKER@127.0.0.1:9",
        "ftp://ada:MARKER@127.0.0.1",
        "ada:MARKER@127.0.0.1:9",
        "http://127.0.0.1:9/?token=MARKER",
        "http://127.0.0.1:9/#MARKER",
        "127.0.0.1:9?token=MARKER",
    ] {
        check(json!({"prometheusUrl": url}), &[], &["prometheusUrl"]).await;
    }
    check(
        json!({"basicAuthUser": "ada"}),
        &[("prometheusToken", "MARKER"), ("basicAuthPassword", "MARKER")],
        &["basicAuthUser", "found both"],
    )
    .await;
    // Nobody listens there.
    check(json!({}), &[("prometheusToken", "MARKER")], &["127.0.0.1:9"]).await;
}

/// A proxy in front that shows what it was asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_echoed_is_told_without_secrets() {
    let echoing = |status: &'static str, body: fn(&str) -> String| {
        Recorder::with(move |request| (status.to_owned(), body(request)))
    };
    let text = |request: &str| request.to_owned();
    let error = |request: &str| json!({"status": "error", "errorType": "bad_data", "error": request}).to_string();
    let warning = |request: &str| {
        json!({"status": "success", "warnings": [request], "data": {"resultType": "matrix", "result": []}}).to_string()
    };
    for recorder in [
        echoing("401 Unauthorized", text),
        echoing("500 Internal Server Error", text),
        echoing("200 OK", text),
        echoing("400 Bad Request", error),
        echoing("200 OK", warning),
    ] {
        let settings = json!({"prometheusUrl": recorder.url, "httpHeaderName1": "X-Key", "prometheusTimeoutSeconds": 1,
            "customQueryParameters": "api_key=MARKER3"});
        for (name, user) in [("prometheusToken", Value::Null), ("basicAuthPassword", json!("ada"))] {
            let mut settings = settings.clone();
            settings["basicAuthUser"] = user;
            let fixture = alone(settings, &[(name, "MARKER1"), ("httpHeaderValue1", "MARKER2")]);
            let response = ask(&fixture, json!({"queryType": "promql", "expr": "up"})).await;
            let health = fixture.plugin.check_health(&fixture.context).await;
            let said = format!("{response:?} {} {}", health.message, health.details);
            // base64 of `ada:MARKER1`.
            assert!(!said.contains("MARKER") && !said.contains("YWRhOk1BUktFUjE="), "{said}");
            assert!(said.contains("<redacted>"), "it was echoed, and seen to be: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_prometheus_remarks_is_passed_on() {
    let recorder = Recorder::answering("200 OK", PARTIAL);
    let fixture = alone(json!({"prometheusUrl": recorder.url}), &[]);
    let response = ask(&fixture, json!({"queryType": "promql", "expr": "up"})).await;
    assert_eq!(response.error, None);
    let said = notices(&response.frames);
    assert_mentions(&said, "store gateway 3 did not answer");
    assert_mentions(&said, "metric might not be a counter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partial_response_is_a_warning_of_every_query() {
    let Some(server) = Server::prometheus(DEMO).await else { return };
    let recorder = Recorder::in_front_of(&server, "store gateway 3 did not answer");
    let fixture = Fixture::configured(&[BF16], json!({"prometheusUrl": recorder.url}));
    for kind in ["live", "headroom", "overlay", "bottleneck", "drift", "energy", "cost_now", "promql", "annotations"] {
        let response = ask(&fixture, json!({"queryType": kind, "expr": "up"})).await;
        assert_eq!(response.error, None, "{kind}");
        let said = &response.frames[0].meta.notices;
        let warned = said.iter().filter(|notice| notice.text.contains("store gateway 3 did not answer"));
        let severities: Vec<NoticeSeverity> = warned.map(|notice| notice.severity).collect();
        assert_eq!(severities, [NoticeSeverity::Warning], "{kind}: once, as a warning: {said:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_none_is_an_error_with_a_reason() {
    for (status, body, expected, code) in [
        ("401 Unauthorized", "", "401", 502),
        ("403 Forbidden", "", "403", 502),
        ("404 Not Found", "<html>nginx</html>", "404", 502),
        ("200 OK", "<html>Sign in</html>", "Sign in", 502),
        (
            "422 Unprocessable Entity",
            "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"too many samples\"}",
            "too many samples",
            400,
        ),
    ] {
        let recorder = Recorder::answering(status, body);
        let fixture = alone(json!({"prometheusUrl": recorder.url}), &[]);
        let response = ask(&fixture, json!({"queryType": "promql", "expr": "up"})).await;
        let error = response.error.as_ref().unwrap_or_else(|| panic!("{status}"));
        assert!(error.message.contains(expected), "{status}: {}", error.message);
        assert_eq!(response.status(), code, "{status}: {}", error.message);
        let health = fixture.plugin.check_health(&fixture.context).await;
        assert_eq!(health.status, HealthStatus::Error);
        assert!(health.message.contains(expected), "{status}: {}", health.message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_prometheus_the_reports_still_answer() {
    let fixture = Fixture::with(&[BF16]);
    for kind in ["live", "headroom", "overlay", "bottleneck", "drift", "energy", "cost_now", "promql"] {
        let response = ask(&fixture, json!({"queryType": kind, "expr": "up"})).await;
        let error = response.error.unwrap();
        assert!(error.message.contains("no Prometheus") && error.message.contains("settings"), "{}", error.message);
    }
    for list in ["production", "namespaces", "served_models"] {
        assert_eq!(fixture.get(list).await, (200, json!([])), "{list}");
    }
    let response = ask(&fixture, json!({"queryType": "annotations"})).await;
    assert_eq!(response.error, None);
    assert_eq!(response.frames[0].rows().unwrap(), 1, "the benchmark's region");
    let response = ask(&fixture, json!({"queryType": "annotations", "kinds": "episodes"})).await;
    assert!(response.error.is_some(), "what was asked for by name cannot be given");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_prometheus_is_an_error_and_recovers() {
    let Some(mut joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    let query = json!({"queryType": "headroom", "deployments": "tiny-llama-bf16"});
    let before = joined.frames(query.clone(), SWEEP).await;
    joined.server.kill();
    // What was asked within seconds is still known; the next refresh is not.
    let refresh = (SWEEP.0 + 5, SWEEP.1 + 5);
    let response = joined.ask(&joined.fixture.context, &query, refresh).await;
    let error = response.error.as_ref().unwrap();
    assert!(error.message.starts_with("Prometheus: "), "{}", error.message);
    assert_eq!(response.status(), 502, "{}", error.message);
    // The reports do not need it.
    let verdict = joined.ask(&joined.fixture.context, &json!({"queryType": "verdict"}), SWEEP).await;
    assert_eq!(verdict.error, None);
    joined.server.revive().await;
    let after = joined.frames(query, refresh).await;
    let name = |frame: &headroom_protocol::frame::Frame| texts(frame.field("deployment").unwrap());
    assert_eq!(name(&after[0]), name(&before[0]));
    assert!(number(&after[0], "tiny-llama-bf16", "load") > 0.0, "{after:?}");
}

/// A Prometheus in which these series had these values in the last two minutes.
async fn of_now(series: &[(&str, &str)]) -> Option<Server> {
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut text = String::new();
    for (series, value) in series {
        for ago in [120, 60, 30, 0] {
            writeln!(text, "{series} {value} {}", now_s - ago).unwrap();
        }
    }
    Server::of_text(&format!("{text}# EOF\n")).await
}

/// Another deployment's server may count what this one's does not, and the dashboards show both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn save_and_test_says_which_deployment_lacks_what() {
    let mut series = Vec::new();
    for (instance, model) in [("a:8000", "whole"), ("b:8000", "old")] {
        let labels = format!("job=\"vllm\",instance=\"{instance}\"");
        series.push(format!("up{{{labels}}}"));
        for row in headroom_prometheus::dictionary::rows() {
            let vllm = row.names.iter().filter(|name| name.server == headroom_prometheus::dictionary::Server::Vllm);
            for name in vllm.filter(|name| model == "whole" || !name.base.contains("queue_time")) {
                let mark =
                    if row.kind == headroom_prometheus::dictionary::MetricType::Histogram { "_bucket" } else { "" };
                let le = if mark.is_empty() { "" } else { ",le=\"+Inf\"" };
                series.push(format!("{}{mark}{{{labels},model_name=\"{model}\"{le}}}", name.written()));
            }
        }
    }
    let series: Vec<(&str, &str)> = series.iter().map(|series| (series.as_str(), "1")).collect();
    let Some(server) = of_now(&series).await else { return };
    let joined = Joined::over(&[], server, json!({})).await;
    let health = joined.fixture.plugin.check_health(&joined.fixture.context).await;
    for part in ["2 model servers", "Dashboards show old (no benchmark), whole (no benchmark).", "old: Queue time: "] {
        assert!(health.message.contains(part), "{part:?} is missing from {:?}", health.message);
    }
    let missing: Vec<&str> = health.details["prometheus"]["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .filter(|text| !text.contains("HTTP requests"))
        .collect();
    assert!(matches!(missing.as_slice(), [one] if one.starts_with("old: Queue time: ")), "{missing:#?}");
}

/// Queries are about sixty deployments at once; lists are about all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_deployment_is_listed() {
    let names: Vec<String> = (0..75).map(|at| format!("m{at:02}")).collect();
    let series: Vec<String> = names
        .iter()
        .rev()
        .flat_map(|model| {
            let labels = format!("job=\"vllm\",instance=\"{model}:8000\"");
            [format!("up{{{labels}}}"), format!("vllm:num_requests_running{{{labels},model_name=\"{model}\"}}")]
        })
        .collect();
    let down = |series: &str| series.starts_with("up") && series.contains("m7");
    let series: Vec<(&str, &str)> =
        series.iter().map(|series| (series.as_str(), if down(series) { "0" } else { "1" })).collect();
    let Some(server) = of_now(&series).await else { return };
    // A service level that is wrong judges nothing here.
    let joined = Joined::over(&[], server, json!({"defaultSlo": "gone"})).await;
    let health = joined.fixture.plugin.check_health(&joined.fixture.context).await;
    assert_eq!(health.status, HealthStatus::Ok, "{}", health.message);
    let details = &health.details["prometheus"];
    let listed = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&details["deployments"]), names);
    assert_eq!(details["targets"], 75);
    assert_eq!(details["failing"], json!(["m70:8000", "m71:8000", "m72:8000", "m73:8000", "m74:8000"]));
    let lacks: Vec<&str> =
        details["missing"].as_array().unwrap().iter().filter_map(|lack| lack.as_str()?.split(':').next()).collect();
    assert_eq!(lacks[..3], ["Requests waiting", "Output tokens", "Prompt tokens"], "in the order that dashboards have");
    let (status, production) = joined.fixture.get("production").await;
    assert_eq!((status, listed(&production)), (200, names));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn save_and_test_says_what_is_there() {
    let series = [
        ("up{job=\"vllm\",instance=\"a:8000\"}", "0"),
        ("vllm:num_requests_running{job=\"vllm\",instance=\"a:8000\",model_name=\"m\"}", "1"),
        ("vllm:generation_tokens_total{job=\"vllm\",instance=\"a:8000\",model_name=\"m\"}", "1"),
    ];
    let Some(server) = of_now(&series).await else { return };
    let joined = Joined::over(&[BF16], server, json!({})).await;
    let health = joined.fixture.plugin.check_health(&joined.fixture.context).await;
    assert_eq!(health.status, HealthStatus::Ok, "{}", health.message);
    let url = joined.server.url();
    for part in [
        "1 report",
        &format!(" at {url} answers: 1 model server (vLLM"),
        "Not scraped now: a:8000.",
        "Time to first token",
    ] {
        assert!(health.message.contains(part), "{part:?} is missing from {:?}", health.message);
    }
    assert!(health.message.contains("Dashboards show m (no benchmark)."), "{}", health.message);
    assert!(health.message.contains("Benchmarked and not found in production: tiny-llama-bf16."), "{}", health.message);
    let details = &health.details["prometheus"];
    assert_eq!((&details["targets"], &details["failing"]), (&json!(1), &json!(["a:8000"])));
    let (status, namespaces) = joined.fixture.get("namespaces").await;
    assert_eq!((status, namespaces), (200, json!([])), "these series have none");
    let (_, production) = joined.fixture.get("production").await;
    assert_eq!(details["deployments"], production, "health lists what dashboards, variables and editors list");
    assert_eq!(
        production,
        json!([
            {"name": "m", "model_name": "m", "namespace": null, "servers": 1, "benchmark": false},
            {"name": "tiny-llama-bf16", "model_name": null, "namespace": null, "servers": 0, "benchmark": true},
        ])
    );

    // A Prometheus is enough; a store is not needed.
    let context = Context {
        data_source: joined.fixture.context.data_source.clone().map(|mut source| {
            source.json_data = json!({"prometheusUrl": url}).to_string().into();
            source.uid = "alone".to_owned();
            source
        }),
        ..joined.fixture.context.clone()
    };
    let health = joined.fixture.plugin.check_health(&context).await;
    assert_eq!(health.status, HealthStatus::Ok, "{}", health.message);
    assert!(health.message.contains("production is shown without benchmarks"), "{}", health.message);
    for list in ["runs", "deployments", "models"] {
        assert_eq!(joined.fixture.call(&context, "GET", list).await, (200, json!([])), "{list}");
    }
    let (_, production) = joined.fixture.call(&context, "GET", "production").await;
    assert_eq!(production.as_array().unwrap().len(), 1);
}
