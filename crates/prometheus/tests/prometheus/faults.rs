//! What the client does when things go wrong, and what it sends.

use std::{io::Write as _, time::Duration};

use headroom_prometheus::{
    AT_ONCE, Auth, Client, Config, ErrorKind, Method, Range, Remark, RemarkSeverity, Secret, Window,
};

use crate::scripted::{Act, Scripted};

const ONE: &str =
    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1795490830,"1.5"]}]}}"#;

/// Asks `up` of a server that acts so; says what came and after how many requests.
async fn ask(acts: Vec<Act>, change: impl Fn(&mut Config)) -> (Result<f64, (ErrorKind, String)>, usize) {
    let server = Scripted::start(acts).await;
    let mut config = server.config();
    change(&mut config);
    let result = Client::new(&config).unwrap().query("up", None).await;
    let result = result.map(|answer| answer.data[0].last().unwrap()).map_err(|error| (error.kind, error.message));
    (result, server.requests().len())
}

/// The error of that kind, with those words in it, after that many requests.
async fn refused(acts: Vec<Act>, requests: usize, kind: ErrorKind, words: &[&str]) {
    let (result, count) = ask(acts, |_| {}).await;
    let (found, message) = result.unwrap_err();
    assert_eq!((found, count), (kind, requests), "{message}");
    for word in words {
        assert!(message.contains(word), "expected `{word}` in: {message}");
    }
}

#[tokio::test]
async fn passing_trouble_is_tried_again_and_lasting_trouble_is_not() {
    let ok = || Act::json("200 OK", ONE);
    let busy = || Act::answer("503 Service Unavailable", "text/html", "<html>no healthy upstream</html>");
    let cut = |body: &str| Act::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{body}").into_bytes());
    let check = |acts: Vec<Act>, requests: usize| async move {
        assert_eq!(ask(acts, |_| {}).await, (Ok(1.5), requests));
    };
    check(vec![ok()], 1).await;
    check(vec![busy(), busy(), ok()], 3).await;
    check(vec![Act::answer("502 Bad Gateway", "text/plain", ""), ok()], 2).await;
    check(vec![Act::Close, ok()], 2).await;
    check(vec![cut(&ONE[..40]), Act::Close, ok()], 3).await;

    refused(vec![busy()], 3, ErrorKind::Unavailable, &["cannot answer now (503", "no healthy upstream"]).await;
    refused(vec![Act::Close], 3, ErrorKind::Unreachable, &["the connection broke"]).await;
    let (result, count) = ask(vec![busy(), ok()], |config| config.retries = 0).await;
    assert_eq!((result.unwrap_err().0, count), (ErrorKind::Unavailable, 1));
    // A query that took too long would take too long again.
    let timeout = r#"{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"#;
    refused(
        vec![Act::json("503 Service Unavailable", timeout)],
        1,
        ErrorKind::Timeout,
        &["query timed out in expression evaluation", "shorter time range"],
    )
    .await;
    refused(
        vec![Act::json("500 Internal Server Error", r#"{"status":"error","errorType":"internal","error":"disk"}"#)],
        1,
        ErrorKind::Unavailable,
        &["disk"],
    )
    .await;
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let bad = r#"{"status":"error","errorType":"bad_data","error":"1:4: parse error: unexpected end"}"#;
    refused(vec![Act::json("400 Bad Request", bad)], 1, ErrorKind::Rejected, &["1:4: parse error: unexpected end"])
        .await;
    let vm = r#"{"status":"error","errorType":"422","error":"error when executing query"}"#;
    refused(vec![Act::json("422 Unprocessable Entity", vm)], 1, ErrorKind::Rejected, &["error when executing query"])
        .await;
    let points = r#"{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries"}"#;
    refused(vec![Act::json("400 Bad Request", points)], 1, ErrorKind::TooMuch, &["11,000", "raise the step"]).await;
    refused(
        vec![Act::answer("401 Unauthorized", "text/plain", "Unauthorized")],
        1,
        ErrorKind::Unauthorized,
        &["token"],
    )
    .await;
    refused(vec![Act::answer("403 Forbidden", "text/plain", "")], 1, ErrorKind::Forbidden, &["right to read"]).await;
    refused(
        vec![Act::answer("404 Not Found", "text/plain", "404 page not found")],
        1,
        ErrorKind::NotFound,
        &["/api/v1/query does not exist", "before /api/v1", "404 page not found"],
    )
    .await;
    refused(vec![Act::answer("405 Method Not Allowed", "text/plain", "")], 1, ErrorKind::Rejected, &["GET"]).await;
    refused(vec![Act::answer("429 Too Many Requests", "text/plain", "")], 1, ErrorKind::Unavailable, &["too often"])
        .await;
    refused(
        vec![Act::Bytes(
            b"HTTP/1.1 302 Found\r\nLocation: https://sso.example/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .to_vec(),
        )],
        1,
        ErrorKind::NotPrometheus,
        &["https://sso.example/login", "login"],
    )
    .await;
    refused(
        vec![Act::answer("400 Bad Request", "text/plain", "Client sent an HTTP request to an HTTPS server.\n")],
        1,
        ErrorKind::Tls,
        &["https://"],
    )
    .await;
    refused(vec![Act::answer("418 I'm a teapot", "text/plain", "short")], 1, ErrorKind::NotPrometheus, &["418"]).await;
    refused(
        vec![Act::answer("200 OK", "text/html", "<!DOCTYPE html>\n<title>Grafana</title>")],
        1,
        ErrorKind::NotPrometheus,
        &["a page", "<!DOCTYPE html> <title>Grafana</title>"],
    )
    .await;
    refused(vec![Act::json("200 OK", "[1,2]")], 1, ErrorKind::NotPrometheus, &["expected an object", "[1,2]"]).await;
    refused(vec![Act::json("200 OK", "{}")], 1, ErrorKind::NotPrometheus, &["success"]).await;
    refused(vec![Act::json("200 OK", bad)], 1, ErrorKind::Rejected, &["parse error"]).await;
    refused(vec![Act::json("200 OK", &ONE[..50])], 1, ErrorKind::NotPrometheus, &["ends in the middle"]).await;
}

#[tokio::test]
async fn nobody_there_and_no_answer_are_two_things() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::new(&Config::new(format!("http://127.0.0.1:{port}"))).unwrap();
    let error = client.query("up", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("Connection refused") && error.message.contains("host and port"), "{error}");

    let (result, count) = ask(vec![Act::Silence], |config| config.timeout = Duration::from_millis(100)).await;
    let (kind, message) = result.unwrap_err();
    assert_eq!((kind, count), (ErrorKind::Timeout, 1), "{message}");
    assert!(message.contains("within 0.1 s"), "{message}");

    let error = Client::new(&Config::new("http://no-such-host.invalid")).unwrap().query("up", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn a_dropped_call_ends_the_request() {
    let server = Scripted::start(vec![Act::Silence]).await;
    let client = Client::new(&server.config()).unwrap();
    let call = tokio::spawn(async move { client.query("up", None).await });
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    server.client_gone().await;
    assert!(call.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_few_calls_are_open_at_once_whatever_they_ask() {
    let server = Scripted::start(vec![Act::Silence]).await;
    let client = Client::new(&server.config()).unwrap();
    let call = |index: usize| {
        let client = client.clone();
        tokio::spawn(async move {
            match index % 4 {
                0 => drop(client.query("up", None).await),
                1 => drop(client.series(&["up"], None).await),
                2 => drop(client.labels(&["up"], None).await),
                _ => drop(client.label_values("job", &["up"], None).await),
            }
        })
    };
    let open = || async {
        // Until nothing more comes.
        let mut before = usize::MAX;
        while before != server.requests().len() {
            before = server.requests().len();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        before
    };
    let calls: Vec<_> = (0..40).map(call).collect();
    assert_eq!(open().await, AT_ONCE);
    for call in &calls {
        call.abort();
    }
    assert_eq!(open().await, AT_ONCE, "who waits and is cancelled never asks");
    let last: Vec<_> = (0..2).map(call).collect();
    assert_eq!(open().await, AT_ONCE + 2, "the places are free again");
    drop(last);
}

#[tokio::test]
async fn what_is_sent_is_what_was_set() {
    let server = Scripted::start(vec![Act::json("200 OK", ONE)]).await;
    let mut config = server.config();
    config.url += "/prometheus/";
    config.auth = Auth::Basic { user: "ada".to_owned(), password: Secret::new("MARKER1") };
    config.tenant = Some("team-a".to_owned());
    config.headers = vec![("X-Custom".to_owned(), Secret::new("MARKER2"))];
    config.parameters = vec![("namespace".to_owned(), "a b".to_owned())];
    config.timeout = Duration::from_secs(20);
    let client = Client::new(&config).unwrap();
    client.query("sum(up{a=\"b\"})", Some(1_795_490_830_781)).await.unwrap();
    let range = Range { start_ms: 1_000, end_ms: 2_500, step_ms: 500 };
    client.query_range("up", range).await.unwrap();

    let mut config = server.config();
    config.auth = Auth::Bearer(Secret::new("MARKER3\n"));
    config.method = Method::Get;
    Client::new(&config).unwrap().query("up+1", None).await.unwrap();

    let requests = server.requests();
    let head = |request: &str| request.split("\r\n\r\n").next().unwrap().to_lowercase();
    assert!(requests[0].starts_with("POST /prometheus/api/v1/query?namespace=a+b HTTP/1.1\r\n"), "{}", requests[0]);
    for header in [
        "authorization: basic ywrhok1buktfuje=",
        "x-scope-orgid: team-a",
        "x-custom: marker2",
        "content-type: application/x-www-form-urlencoded",
        "accept-encoding: gzip",
    ] {
        assert!(head(&requests[0]).contains(header), "{header}: {}", requests[0]);
    }
    assert!(
        requests[0].ends_with("query=sum%28up%7Ba%3D%22b%22%7D%29&timeout=19000ms&time=1795490830.781"),
        "{}",
        requests[0]
    );
    assert!(requests[1].ends_with("query=up&start=1&end=2.500&step=0.500&timeout=19000ms"), "{}", requests[1]);
    assert!(requests[2].starts_with("GET /api/v1/query?query=up%2B1&timeout=28500ms HTTP/1.1\r\n"), "{}", requests[2]);
    assert!(head(&requests[2]).contains("authorization: bearer marker3\r\n"), "{}", requests[2]);
}

#[tokio::test]
async fn lists_are_asked_for_as_the_api_wants_them() {
    let list = r#"{"status":"success","data":["a","b"],"warnings":["store down"],"infos":["note"]}"#;
    let sets = r#"{"status":"success","data":[{"__name__":"up","job":"a"}]}"#;
    let acts = vec![Act::json("200 OK", list), Act::json("200 OK", list), Act::json("200 OK", sets)];
    let server = Scripted::start(acts).await;
    let client = Client::new(&server.config()).unwrap();
    let window = Some(Window { start_ms: 1_000, end_ms: 2_000 });
    let labels = client.labels(&["up", "{job=\"a\"}"], window).await.unwrap();
    assert_eq!(labels.data, ["a", "b"]);
    let remark = |severity, text: &str| Remark { severity, text: text.to_owned() };
    assert_eq!(labels.remarks, [remark(RemarkSeverity::Warning, "store down"), remark(RemarkSeverity::Info, "note")]);
    client.label_values("__name__", &["up"], window).await.unwrap();
    let series = client.series(&["up"], None).await.unwrap().data;
    assert_eq!(series, [[("__name__".to_owned(), "up".to_owned()), ("job".to_owned(), "a".to_owned())]]);

    let requests = server.requests();
    assert!(requests[0].starts_with("POST /api/v1/labels HTTP/1.1"), "{}", requests[0]);
    assert!(requests[0].ends_with("match%5B%5D=up&match%5B%5D=%7Bjob%3D%22a%22%7D&start=1&end=2"), "{}", requests[0]);
    assert!(
        requests[1].starts_with("GET /api/v1/label/__name__/values?match%5B%5D=up&start=1&end=2 HTTP/1.1"),
        "{}",
        requests[1]
    );
    for wrong in ["", "1a", "a/b", "a?b", "ä"] {
        assert_eq!(client.label_values(wrong, &[], None).await.unwrap_err().kind, ErrorKind::Rejected, "{wrong}");
    }
}

#[tokio::test]
async fn an_answer_may_come_in_any_pieces() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(ONE.as_bytes()).unwrap();
    let body = gzip.finish().unwrap();
    let mut packed =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    packed.extend(body);
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for byte in ONE.bytes() {
        chunked.extend([b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    chunked.extend(b"0\r\n\r\n");
    for bytes in [packed, chunked] {
        assert_eq!(ask(vec![Act::Bytes(bytes)], |_| {}).await, (Ok(1.5), 1));
    }
}

#[tokio::test]
async fn more_than_the_settings_keep_is_refused() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"2"],[3,"3"]]}]}}"#;
    let server = Scripted::start(vec![Act::json("200 OK", body)]).await;
    let mut config = server.config();
    config.max_bytes = 700;
    config.max_points = 3;
    let client = Client::new(&config).unwrap();
    // Three samples and their series a part, 240 bytes: the third part is too much.
    let range = |points: i64| Range { start_ms: 1_000, end_ms: points * 1_000, step_ms: 1_000 };
    assert_eq!(client.query_range("up", range(6)).await.unwrap().data[0].values.len(), 6);
    let error = client.query_range("up", range(9)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooMuch, "{error}");
    assert!(error.message.contains("larger step"), "{error}");
    for wrong in [Range { start_ms: 2, end_ms: 1, step_ms: 1 }, Range { start_ms: 1, end_ms: 2, step_ms: 0 }] {
        assert_eq!(client.query_range("up", wrong).await.unwrap_err().kind, ErrorKind::Rejected);
    }
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let server = Scripted::start(vec![Act::answer("401 Unauthorized", "text/plain", "no")]).await;
    let mut config = server.config();
    config.headers = vec![("X-Key".to_owned(), Secret::new("MARKER"))];
    for auth in
        [Auth::Bearer(Secret::new("MARKER")), Auth::Basic { user: "ada".to_owned(), password: Secret::new("MARKER") }]
    {
        config.auth = auth;
        let client = Client::new(&config).unwrap();
        let error = client.query("up", None).await.unwrap_err();
        let encoded = "YWRhOk1BUktFUg==";
        for text in [format!("{config:?}"), format!("{client:?}"), format!("{error:?}"), error.to_string()] {
            assert!(!text.contains("MARKER") && !text.contains(encoded), "{text}");
        }
    }
    config.auth = Auth::Bearer(Secret::new("MARKER\r\nX-Evil: 1"));
    let error = Client::new(&config).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(error.message.contains("authorization") && !error.message.contains("MARKER"), "{error}");
}

/// A proxy that shows what it was asked, as debugging pages and sign-in pages do.
#[tokio::test]
async fn what_an_upstream_echoes_is_told_without_secrets() {
    let pair = "YWRhOk1BUktFUjE=";
    let json = |status: &str, error: &str| {
        Act::json(status, &serde_json::json!({"status": "error", "errorType": "bad_data", "error": error}).to_string())
    };
    let long = format!("<html>{} MARKER1 MARKER2 {pair} api_key=MARKER3", "x".repeat(180));
    let echo = "Authorization: Bearer MARKER1, X-Key: MARKER2, ?api_key=MARKER3";
    let redirect = "HTTP/1.1 302 Found\r\nLocation: https://ada:MARKER1@sso/login?next=%2Fapi%3Fapi_key%3DMARKER3\r\n\
                    Content-Length: 0\r\nConnection: close\r\n\r\n";
    let warned = serde_json::json!({"status": "success", "warnings": [echo], "infos": [pair],
        "data": {"resultType": "vector", "result": []}});
    for act in [
        Act::answer("401 Unauthorized", "text/plain", echo),
        Act::answer("500 Internal Server Error", "text/html", &long),
        Act::answer("503 Service Unavailable", "text/plain", pair),
        Act::answer("200 OK", "text/html", &long),
        Act::answer("200 OK", "text/plain", echo),
        json("400 Bad Request", echo),
        json("422 Unprocessable Entity", &format!("too many samples for {echo}")),
        json("200 OK", echo),
        Act::Bytes(redirect.as_bytes().to_vec()),
        Act::json("200 OK", &warned.to_string()),
    ] {
        let server = Scripted::start(vec![act]).await;
        let mut config = server.config();
        config.retries = 0;
        config.headers = vec![("X-Key".to_owned(), Secret::new("MARKER2"))];
        config.parameters = vec![("api_key".to_owned(), "MARKER3".to_owned())];
        for auth in [
            Auth::Bearer(Secret::new("MARKER1")),
            Auth::Basic { user: "ada".to_owned(), password: Secret::new("MARKER1") },
        ] {
            let is_basic = matches!(auth, Auth::Basic { .. });
            config.auth = auth;
            let client = Client::new(&config).unwrap();
            let query = client.query("up", None).await;
            let list = client.labels(&["up"], None).await;
            for said in [format!("{query:?}"), format!("{list:?}"), format!("{client:?}")] {
                assert!(!said.contains("MARKER"), "{said}");
                assert!(!is_basic || !said.contains(pair), "{said}");
            }
        }
    }
}
