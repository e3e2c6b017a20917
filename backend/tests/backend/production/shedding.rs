//! A recorded server with a limit on admission: below it, far beyond it, where it lets in what it holds and refuses three of
//! four requests, and below it again.

use serde_json::{Value, json};

use super::made::{FIRST_S, SCRAPES, Scraped, exposition, known};
use super::phases::times_s;
use super::servers::{GATE, Joined, number, text};
use crate::support::{BF16, BF16_OPEN, assert_mentions, numbers, texts};

/// The deployment, under the name of the demonstration's.
const CHAT: &str = "tiny-llama-bf16";
/// The whole recording, seconds since the Unix epoch.
const WHOLE: (i64, i64) = (1_796_105_535, 1_796_105_880);
/// Four users.
const BELOW: (i64, i64) = (1_796_105_550, 1_796_105_640);
/// Seven requests a second, of which the server lets in two.
const BEYOND: (i64, i64) = (1_796_105_660, 1_796_105_775);
/// Four users again; a rate reaches back over four scrapes.
const AGAIN: (i64, i64) = (1_796_105_805, 1_796_105_865);
/// A service level that the recorded server meets at every load that it lets in.
const BEARABLE: &str = "ttft_p95=2500ms";

/// The query with what counts as now being the whole time range.
fn over(kind: &str, (from_s, to_s): (i64, i64)) -> Value {
    json!({
        "queryType": kind, "deployments": CHAT, "window": format!("{}s", to_s - from_s),
        "slo": "custom", "limits": [BEARABLE],
    })
}

async fn recorded() -> Option<Joined> {
    Joined::new(&[BF16], GATE, json!({})).await
}

/// Beyond the limit the load inside is 6.78 of 14.4 users (10.4 under the default service level), so 53 % (35 %) were said to be
/// left: green, with the service level met and nothing that limits, while three of four requests were refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_behind_a_gate_that_refuses() {
    let Some(joined) = recorded().await else { return };
    for (name, range, presence, service, bottleneck) in [
        ("below", BELOW, "serving", "met", "none_seen"),
        ("beyond", BEYOND, "shedding", "violated", "admission_limit"),
        ("again", AGAIN, "serving", "met", "none_seen"),
    ] {
        let frames = joined.frames(over("headroom", range), range).await;
        let field = |field: &str| number(&frames[0], CHAT, field);
        let (left, share) = (field("headroom"), field("refused_share"));
        let inside = 1.0 - field("load") / field("holds");
        assert!(inside > 0.4, "{name}: the load inside leaves {inside}");
        assert_eq!(text(&frames[0], CHAT, "presence"), presence, "{name}");
        assert_eq!(text(&frames[0], CHAT, "slo_state"), service, "{name}");
        let sentence = text(&frames[0], CHAT, "sentence");
        let alert = joined.alert(over("headroom", range), range).await;
        assert_eq!(numbers(&alert[0].fields[0]), [left], "{name}: the rule sees what the panel shows");
        let told = &frames[0].meta.custom["deployments"][0];
        assert_eq!((&told["presence"], &told["headroom"]), (&json!(presence), &json!(left)), "{name}");
        assert_eq!(told["refused_share"], json!(share), "{name}");
        if presence == "shedding" {
            assert_eq!(left.to_bits(), 0.0_f64.to_bits());
            assert!((share - 0.75).abs() < 0.02, "642 of 854 were refused: {share}");
            assert!(field("headroom_lo").is_nan() && field("replicas_needed").is_nan(), "demand is not known");
            assert!(field("headroom_hi") <= 0.0 && field("spare_load") <= 0.0);
            assert_mentions(
                &[sentence.as_str()],
                "6.78 users of 14.4 users: nothing left. 74.7% of requests were refused",
            );
            assert_mentions(&[sentence.as_str()], "not known");
        } else {
            assert_eq!((left.to_bits(), share.to_bits()), (inside.to_bits(), 0.0_f64.to_bits()), "{name}");
            assert!(field("replicas_needed") >= 1.0 && !sentence.contains("refused"), "{name}: {sentence}");
        }

        let frames = joined.frames(over("bottleneck", range), range).await;
        assert_eq!(text(&frames[0], CHAT, "bottleneck"), bottleneck, "{name}");
        assert_eq!(text(&frames[0], CHAT, "presence"), presence, "{name}");
        let evidence = text(&frames[0], CHAT, "evidence");
        assert_eq!(
            evidence.contains("of the requests that arrived were refused"),
            presence == "shedding",
            "{evidence}"
        );
        let limited = joined.alert(over("bottleneck", range), range).await;
        assert_eq!(numbers(&limited[0].fields[0]), [f64::from(u8::from(presence == "shedding"))], "{name}");

        // The alert on refused requests.
        let mut live = over("live", range);
        live["fields"] = json!(["refused_share"]);
        let alert = joined.alert(live, range).await;
        let [field] = alert[0].fields.as_slice() else { panic!("{:?}", alert[0].fields) };
        assert!((numbers(field)[0] - share).abs() < 0.03, "{name}: {:?} for {share}", numbers(field));
        assert_eq!(field.labels["deployment"], CHAT);
    }
}

/// The state is the same wherever it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_about_it_says_that_it_is_shedding() {
    let Some(joined) = recorded().await else { return };
    for kind in ["headroom", "overlay", "live", "bottleneck", "drift", "cost_now"] {
        let frames = joined.frames(over(kind, BEYOND), BEYOND).await;
        let told = frames[0].meta.custom["presence"].as_str().map(str::to_owned);
        let found = told.unwrap_or_else(|| text(&frames[0], CHAT, "presence"));
        assert_eq!(found, "shedding", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_time_it_sheds_for_as_long_as_it_refuses() {
    let Some(joined) = recorded().await else { return };
    let mut series = over("headroom", WHOLE);
    series["format"] = json!("series");
    let frames = joined.frames(series, WHOLE).await;
    let times = times_s(&frames[0]);
    let left = numbers(frames[0].field("headroom").unwrap());
    let within = |range: (i64, i64)| -> Vec<f64> {
        let inside = times.iter().zip(&left).filter(|(at, _)| range.0 < **at && **at <= range.1);
        inside.map(|(_, left)| *left).filter(|left| !left.is_nan()).collect()
    };
    let (below, beyond, again) = (within(BELOW), within(BEYOND), within(AGAIN));
    assert!(beyond.len() > 15 && beyond.iter().all(|left| *left <= 0.0), "{beyond:?}");
    for (name, values) in [("below", below), ("again", again)] {
        // A rate reaches back over four scrapes: the first windows after it still hold what was refused.
        let settled = &values[values.len() / 3..];
        assert!(settled.len() > 5 && settled.iter().all(|left| *left > 0.4), "{name}: {values:?}");
    }

    let frames = joined.frames(over("bottleneck", WHOLE), WHOLE).await;
    let phases = frames[0].meta.custom["deployments"][0]["phases"].as_array().unwrap().clone();
    let found: Vec<&str> = phases.iter().map(|phase| phase["phase"].as_str().unwrap()).collect();
    let after = found.iter().position(|phase| *phase == "shedding").unwrap();
    assert_eq!((found[after - 1], found[after + 1]), ("calm", "recovered"), "{found:?}");
    let [from, to] = ["from_ms", "to_ms"].map(|key| phases[after][key].as_i64().unwrap() / 1_000);
    assert!((from - 1_796_105_645).abs() <= 10 && (to - 1_796_105_778).abs() <= 25, "{from} to {to}");

    let marks =
        joined.frames(json!({"queryType": "annotations", "deployments": CHAT, "kinds": ["episodes"]}), WHOLE).await;
    assert_eq!(texts(marks[0].field("title").unwrap()), [format!("{CHAT} refused requests: limit on admission")]);
    assert_eq!(texts(marks[0].field("tags").unwrap()), [format!("shedding,admission_limit,{CHAT},private-ai")]);
}

/// By the rate of requests that the open-loop benchmark holds, it is the same answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_loop_has_nothing_left_either() {
    let Some(joined) = Joined::new(&[BF16_OPEN], GATE, json!({})).await else { return };
    let mut query = over("headroom", BEYOND);
    query["limits"] = json!(["ttft_p95=10s"]);
    let frames = joined.frames(query, BEYOND).await;
    let field = |field: &str| number(&frames[0], CHAT, field);
    assert!(1.0 - field("load") / field("holds") > 0.2, "{} of {} req/s", field("load"), field("holds"));
    assert_eq!(field("headroom").to_bits(), 0.0_f64.to_bits());
}

/// What a server does not count is not known, which is not zero: vLLM before 0.32, whose HTTP layer has one class for a refusal and
/// a failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_are_not_counted_are_unknown() {
    let range = (FIRST_S, FIRST_S + (SCRAPES - 1) * 15);
    let http = |scraped: Scraped, status: &str, rate: f64| {
        let labels =
            format!("job=\"vllm\",instance=\"a:8000\",handler=\"/v1/completions\",method=\"POST\",status=\"{status}\"");
        scraped.with(&format!("http_requests_total{{{labels}}}"), |scrape| rate * 15.0 * scrape)
    };
    let old = || exposition("0.13.0-saturated.txt.gz", "a:8000");
    let new = || exposition("0.32.0-saturated.txt.gz", "a:8000");
    for (what, scraped, refused, presence) in [
        ("0.13, no HTTP layer", old(), None, "serving"),
        ("0.13, by class", http(http(old(), "2xx", 2.0), "5xx", 6.0), None, "serving"),
        ("0.32", new(), Some(0.0), "serving"),
        // Servers and proxies that count each status tell.
        ("each status, none refused", http(http(old(), "200", 2.0), "500", 6.0), Some(0.0), "serving"),
        ("each status, 503", http(http(old(), "200", 2.0), "503", 6.0), Some(6.0), "shedding"),
        ("each status, 429", http(http(old(), "200", 2.0), "429", 6.0), Some(6.0), "shedding"),
    ] {
        let Some(joined) = scraped.joined(json!({})).await else { return };
        let frames = joined.frames(json!({"queryType": "live", "window": "10m"}), range).await;
        let there = |frame: &&headroom_protocol::frame::Frame| frame.meta.custom["presence"] != "no_data";
        let frame = frames.iter().find(there).unwrap();
        assert_eq!(frame.meta.custom["presence"], presence, "{what}");
        let found = known(frame, "refused_per_second");
        match refused {
            None => assert!(found.is_empty(), "{what}: {found:?}"),
            Some(rate) => {
                let last = *found.last().unwrap();
                assert!((last - rate).abs() < 0.1, "{what}: {found:?}");
            }
        }
        let headroom = joined.frames(json!({"queryType": "headroom", "window": "10m"}), range).await;
        let shares = known(&headroom[0], "refused_share");
        assert_eq!(shares.is_empty(), refused.is_none(), "{what}: {shares:?}");
        assert!(shares.iter().all(|share| (*share > 0.5) == (presence == "shedding")), "{what}: {shares:?}");
    }
}
