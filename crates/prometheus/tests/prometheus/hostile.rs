//! Hostile servers: every call of the API ends, with a sentence, and takes no more memory than was promised.
//!
//! The client runs in a process of its own, this test's program again, so that its peak is that of the attack alone; the
//! server is on this side.

use std::{env, fmt::Write as _, process::Stdio, time::Duration};

use headroom_prometheus::{Client, Config, Error, ErrorKind, Range, held_bytes};
use tokio::process::Command;

use crate::scripted::{Act, Flow, Scripted};

/// Tells the program that it is the one that is attacked: the address, the call, how often at once, and how many seconds it
/// waits.
const ATTACKED: &str = "HEADROOM_TEST_ATTACKED";
/// What the client waits for an answer that never comes whole.
const IMPATIENT: Duration = Duration::from_secs(1);
/// What it waits for any other: more than a busy machine needs.
const PATIENT: Duration = Duration::from_mins(2);
/// What a process may have at its peak that reads one answer. A budget of 128 MiB, and what else it needs.
const ONE_MIB: u64 = 256;
/// What it may have whatever it reads at once. A budget of 512 MiB, and what else it needs.
const ALL_MIB: u64 = 640;
/// Messages are shown in a panel.
const LONGEST_MESSAGE: usize = 1_000;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Query,
    Range,
    Series,
    Labels,
    Values,
    BuildInfo,
}

use Call::{BuildInfo, Labels, Query, Range as RangeCall, Series, Values};

const CALLS: [Call; 6] = [Query, RangeCall, Series, Labels, Values, BuildInfo];

/// An answer of the right form, around entries that come as often as wanted.
struct Shape {
    begin: &'static str,
    end: &'static str,
    /// As long as real ones: a series with 15 labels, a name of 40 bytes.
    entry: String,
    /// The shortest that there is.
    empty: &'static str,
    /// What takes most memory for its bytes.
    dense: &'static str,
}

impl Call {
    async fn ask(self, client: &Client) -> Result<(), Error> {
        let range = Range { start_ms: 1_795_490_830_000, end_ms: 1_795_490_890_000, step_ms: 15_000 };
        match self {
            Query => client.query("up", None).await.map(drop),
            RangeCall => client.query_range("up", range).await.map(drop),
            Series => client.series(&["up"], None).await.map(drop),
            Labels => client.labels(&["up"], None).await.map(drop),
            Values => client.label_values("job", &["up"], None).await.map(drop),
            BuildInfo => client.buildinfo().await.map(drop),
        }
    }

    fn shape(self) -> Shape {
        let labels: Vec<String> =
            (0..15).map(|index| format!(r#""label_{index:02}":"a-value-of-a-label-{index:02}""#)).collect();
        let labels = labels.join(",");
        let name = r#""a_name_of_forty_bytes_01234567890123456""#.to_owned();
        match self {
            Query => Shape {
                begin: r#"{"status":"success","data":{"resultType":"vector","result":["#,
                end: "]}}",
                entry: format!(r#"{{"metric":{{{labels}}},"value":[1795490830,"0.5"]}}"#),
                empty: r#"{"metric":{}}"#,
                dense: r#"{"metric":{"":"","":""}}"#,
            },
            RangeCall => Shape {
                begin: r#"{"status":"success","data":{"resultType":"matrix","result":["#,
                end: "]}}",
                entry: format!(r#"{{"metric":{{{labels}}},"values":[[1795490830,"0.5"],[1795490845,"0.25"]]}}"#),
                empty: r#"{"metric":{}}"#,
                dense: r#"{"metric":{"":"","":""}}"#,
            },
            Series => Shape {
                begin: r#"{"status":"success","data":["#,
                end: "]}",
                entry: format!("{{{labels}}}"),
                empty: "{}",
                dense: r#"{"a":"b"}"#,
            },
            Labels | Values => Shape {
                begin: r#"{"status":"success","data":["#,
                end: "]}",
                entry: name,
                empty: r#""""#,
                dense: r#""a""#,
            },
            BuildInfo => Shape {
                begin: r#"{"status":"success","data":{"#,
                end: "}}",
                entry: format!("{name}:{name}"),
                empty: r#""":0"#,
                dense: r#""a":"b""#,
            },
        }
    }

    /// Whether the answer is read whole before it is understood.
    fn is_list(self) -> bool {
        !matches!(self, Query | RangeCall)
    }
}

/// A head whose body ends with the connection.
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// An answer with an entry so many times; without a number it never ends.
fn repeated(begin: &str, entry: &str, times: Option<usize>, end: &str) -> Act {
    Act::Flow(Flow {
        begin: format!("{HEAD}\r\n{begin}"),
        // The end has one entry more, without a comma.
        piece: format!("{entry},"),
        times,
        end: format!("{entry}{end}"),
        pause: None,
    })
}

/// The same in gzip: few bytes on the wire.
fn packed(begin: &str, entry: &str, times: usize, end: &str) -> Act {
    Act::packed(HEAD, begin, &format!("{entry},"), times, &format!("{entry}{end}"))
}

/// What a server does, and how a call of it may end.
struct Attack {
    name: &'static str,
    /// `None` where the call knows nothing of the kind.
    act: fn(Call) -> Option<Act>,
    /// How many calls at once.
    at_once: usize,
    most_mib: u64,
    /// How it ends; `None` where an answer may come as well.
    ends: fn(Call) -> &'static [Option<ErrorKind>],
}

const TOO_MUCH: &[Option<ErrorKind>] = &[Some(ErrorKind::TooMuch)];
const NO_PROMETHEUS: &[Option<ErrorKind>] = &[Some(ErrorKind::NotPrometheus)];

/// What is said of peaks was measured on Linux; a process that reads a small answer has 8 MiB.
const ATTACKS: &[Attack] = &[
    // 140 MiB, lists 17.
    Attack {
        name: "300,000 series of 15 labels, or as many names",
        act: |call| {
            let Shape { begin, end, entry, .. } = call.shape();
            Some(repeated(begin, &entry, Some(300_000), end))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| TOO_MUCH,
    },
    // 56 MiB, lists 17.
    Attack {
        name: "ten million empty series or names in gzip",
        act: |call| {
            let Shape { begin, end, empty, .. } = call.shape();
            Some(packed(begin, empty, 10_000_000, end))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| TOO_MUCH,
    },
    // 98 MiB, lists 138. Series were read into maps before, which took 535.
    Attack {
        name: "8 MiB of what takes most memory",
        act: |call| {
            let Shape { begin, end, dense, .. } = call.shape();
            let times = ((8 << 20) - begin.len() - end.len()) / (dense.len() + 1) - 1;
            Some(repeated(begin, dense, Some(times), end))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| &[None, Some(ErrorKind::TooMuch)],
    },
    // 526 MiB.
    Attack {
        name: "four times 300,000 series at once",
        act: |call| {
            let Shape { begin, end, entry, .. } = call.shape();
            Some(repeated(begin, &entry, Some(300_000), end))
        },
        at_once: 4,
        most_mib: ALL_MIB,
        ends: |_| TOO_MUCH,
    },
    // 530 MiB. Series took 1,078 in maps.
    Attack {
        name: "sixteen times 8 MiB of what takes most memory, from two clients",
        act: |call| {
            let Shape { begin, end, dense, .. } = call.shape();
            let times = ((8 << 20) - begin.len() - end.len()) / (dense.len() + 1) - 1;
            Some(repeated(begin, dense, Some(times), end))
        },
        at_once: 16,
        most_mib: ALL_MIB,
        ends: |_| &[None, Some(ErrorKind::TooMuch)],
    },
    // 140 MiB, lists 17.
    Attack {
        name: "entries without end",
        act: |call| {
            let Shape { begin, entry, .. } = call.shape();
            Some(repeated(begin, &entry, None, ""))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| TOO_MUCH,
    },
    // 137 MiB.
    Attack {
        name: "samples of one series without end",
        act: |call| {
            let begin = format!(r#"{}{{"metric":{{}},"values":["#, call.shape().begin);
            (call == RangeCall).then(|| repeated(&begin, r#"[1795490830,"0.5"]"#, None, ""))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| TOO_MUCH,
    },
    // 188 MiB: an empty series has room for as many samples as the one before.
    Attack {
        name: "a long series and an empty one in turn without end",
        act: |call| {
            let samples = vec![r#"[1795490830,"0.5"]"#; 5_000].join(",");
            let pair = format!(r#"{{"metric":{{}},"values":[{samples}]}},{{"metric":{{}},"values":[]}}"#);
            (call == RangeCall).then(|| repeated(call.shape().begin, &pair, None, ""))
        },
        at_once: 1,
        most_mib: ONE_MIB,
        ends: |_| TOO_MUCH,
    },
    // 540 MiB. Remarks were not counted before, and a long text took time in proportion to the square of its length.
    Attack {
        name: "warnings of a megabyte, each another, eight answers at once",
        act: |_| {
            let mut body = r#"{"status":"success","data":null,"warnings":["#.to_owned();
            for index in 0..99 {
                write!(body, "\"{index}{}\",", "w".repeat(1_000_000)).unwrap();
            }
            Some(Act::Flow(Flow {
                begin: format!("{HEAD}\r\n{body}"),
                piece: String::new(),
                times: Some(0),
                end: "\"\"]}".to_owned(),
                pause: None,
            }))
        },
        at_once: 8,
        most_mib: ALL_MIB,
        ends: |call| if call.is_list() { TOO_MUCH } else { &[None, Some(ErrorKind::TooMuch)] },
    },
    Attack {
        name: "a text without end",
        act: |_| {
            let begin = format!("{HEAD}\r\n{{\"status\":\"success\",\"data\":{{\"version\":\"");
            let piece = "text ".to_owned();
            Some(Act::Flow(Flow { begin, piece, times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |call| if call.is_list() { TOO_MUCH } else { NO_PROMETHEUS },
    },
    Attack {
        name: "a number without end",
        act: |_| {
            let begin = format!("{HEAD}\r\n{{\"status\":\"success\",\"data\":");
            Some(Act::Flow(Flow { begin, piece: "12345".to_owned(), times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |call| if call.is_list() { TOO_MUCH } else { NO_PROMETHEUS },
    },
    Attack {
        name: "lists in lists without end",
        act: |_| {
            let begin = format!("{HEAD}\r\n{{\"status\":\"success\",\"x\":");
            Some(Act::Flow(Flow { begin, piece: "[".to_owned(), times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |call| if call.is_list() { TOO_MUCH } else { NO_PROMETHEUS },
    },
    Attack {
        name: "white space without end",
        act: |_| {
            let begin = format!("{HEAD}\r\n{{\"status\":");
            Some(Act::Flow(Flow { begin, piece: " \n".to_owned(), times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        // Nothing of it is kept by a query, so that it is time that ends it.
        ends: |call| if call.is_list() { TOO_MUCH } else { &[Some(ErrorKind::Timeout)] },
    },
    Attack {
        name: "a header without end",
        act: |_| {
            let begin = format!("{HEAD}X-Long: ");
            Some(Act::Flow(Flow { begin, piece: "text".to_owned(), times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |_| &[Some(ErrorKind::Unreachable)],
    },
    Attack {
        name: "an error page without end",
        act: |_| {
            let begin = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n\r\n".to_owned();
            Some(Act::Flow(Flow { begin, piece: "<p>no".to_owned(), times: None, end: String::new(), pause: None }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |_| &[Some(ErrorKind::Unavailable)],
    },
    Attack {
        name: "a byte a second",
        act: |_| {
            let begin = format!("{HEAD}\r\n");
            let pause = Some(Duration::from_secs(1));
            Some(Act::Flow(Flow { begin, piece: " ".to_owned(), times: None, end: String::new(), pause }))
        },
        at_once: 1,
        most_mib: 64,
        ends: |_| &[Some(ErrorKind::Timeout)],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_call_ends_and_takes_no_more_memory_than_was_promised() {
    if let Ok(words) = env::var(ATTACKED) {
        return attacked(&words).await;
    }
    let mut failed = String::new();
    for attack in ATTACKS {
        for call in CALLS {
            let Some(act) = (attack.act)(call) else { continue };
            let server = Scripted::start(vec![act]).await;
            let ends = (attack.ends)(call);
            let waits = if ends.contains(&Some(ErrorKind::Timeout)) { IMPATIENT } else { PATIENT };
            let told = told_by_the_attacked(&server.config().url, call, attack.at_once, waits).await;
            let mut wrong = |what: &str| writeln!(failed, "{}, {call:?}: {what}: {told:?}", attack.name).unwrap();
            if told.ends.len() != attack.at_once
                || !told.ends.iter().all(|(kind, _)| ends.iter().any(|known| kind_name(*known) == *kind))
            {
                wrong("it ends in another way");
            }
            if told.ends.iter().any(|(_, message)| message.len() > LONGEST_MESSAGE) {
                wrong("a message that nobody reads");
            }
            if told.held != 0 {
                wrong("bytes that nobody has are still counted");
            }
            // Known on Linux alone.
            if told.peak_mib.is_some_and(|peak| peak > attack.most_mib) {
                wrong("more memory than was promised");
            }
            println!("{}, {call:?}: peak {:?} MiB, {:?}", attack.name, told.peak_mib, told.ends.first());
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

fn kind_name(kind: Option<ErrorKind>) -> String {
    kind.map_or_else(|| "answered".to_owned(), |kind| format!("{kind:?}"))
}

/// What the process that was attacked says at its end.
#[derive(Debug)]
struct Told {
    /// The kind of error of each call, or that it was answered, and the message.
    ends: Vec<(String, String)>,
    /// The most memory that the process had.
    peak_mib: Option<u64>,
    /// Bytes that are still counted.
    held: usize,
}

async fn told_by_the_attacked(url: &str, call: Call, at_once: usize, waits: Duration) -> Told {
    let name = "hostile::every_call_ends_and_takes_no_more_memory_than_was_promised";
    let index = CALLS.iter().position(|one| *one == call).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(ATTACKED, format!("{url} {index} {at_once} {}", waits.as_secs()))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{url} {call:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    let lines = |word: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect()
    };
    let end = |line: String| line.split_once(' ').map(|(kind, message)| (kind.to_owned(), message.to_owned())).unwrap();
    Told {
        ends: lines("ended ").into_iter().map(end).collect(),
        peak_mib: lines("peak ").first().and_then(|line| line.parse().ok()),
        held: lines("held ")[0].parse().unwrap(),
    }
}

/// Asks as it was told, and says how that ended.
async fn attacked(words: &str) {
    let [url, index, at_once, seconds] = words.split(' ').collect::<Vec<_>>()[..] else { panic!("{words}") };
    let (call, at_once) = (CALLS[index.parse::<usize>().unwrap()], at_once.parse::<usize>().unwrap());
    let mut config = Config::new(url);
    config.timeout = Duration::from_secs(seconds.parse().unwrap());
    config.retries = 0;
    // The second has places of its own, as another data source has.
    let clients = [Client::new(&config).unwrap(), Client::new(&config).unwrap()];
    let calls: Vec<_> = (0..at_once)
        .map(|index| {
            let client = clients[index / headroom_prometheus::AT_ONCE % 2].clone();
            tokio::spawn(async move { call.ask(&client).await })
        })
        .collect();
    for one in calls {
        let ended = one.await.unwrap().err();
        let message = ended.as_ref().map_or("", |error| &error.message).replace('\n', " ");
        println!("ended {} {message}", kind_name(ended.map(|error| error.kind)));
    }
    println!("held {}", held_bytes());
    if let Some(peak) = peak_mib() {
        println!("peak {peak}");
    }
}

/// The most memory that this process has had, where the system says so.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// What is JSON, or nearly, and no answer of the API: every call says so, and none takes a part of it for an answer.
#[tokio::test]
async fn what_is_of_another_type_is_no_answer() {
    let check = |call: Call, body: String| async move {
        let server = Scripted::start(vec![Act::json("200 OK", &body)]).await;
        let mut config = server.config();
        config.retries = 0;
        let ended = call.ask(&Client::new(&config).unwrap()).await;
        let error = ended.expect_err(&format!("{call:?}: {body}"));
        assert_eq!(error.kind, ErrorKind::NotPrometheus, "{call:?}: {body}: {error}");
        assert!(error.message.len() <= LONGEST_MESSAGE, "{call:?}: {body}: {error}");
        assert_eq!(held_bytes(), 0, "{call:?}: {body}");
    };
    for call in CALLS {
        for body in ["", "null", "7", "\"success\"", "[]", "[[]]", "{", "{}{}", "\u{0}", "{\"status\":\"success\"} x"] {
            check(call, body.to_owned()).await;
        }
        for status in ["1", "null", "[]", "{}", "true", "\"other\""] {
            check(call, format!(r#"{{"status":{status},"data":null}}"#)).await;
        }
        let nested = "[".repeat(1_000);
        for data in ["1", "true", "\"text\"", "[1]", "[[]]", "[null]", "{\"a\"}", "[{\"a\":1}]", nested.as_str()] {
            // What a server says about itself may be nothing at all.
            if (call, data) != (BuildInfo, "[null]") {
                check(call, format!(r#"{{"status":"success","data":{data}}}"#)).await;
            }
        }
        for warnings in ["1", "{}", "[1]"] {
            check(call, format!(r#"{{"status":"success","data":null,"warnings":{warnings}}}"#)).await;
        }
    }
    for call in [Query, RangeCall] {
        for result in [
            "1",
            "{}",
            "\"text\"",
            "[1]",
            "[[]]",
            "[{\"metric\":[]}]",
            "[{\"metric\":{\"a\":1}}]",
            "[{\"metric\":{\"a\":{}}}]",
            "[{\"values\":{}}]",
            "[{\"values\":[1]}]",
            "[{\"values\":[[1]]}]",
            "[{\"values\":[[\"1\",\"1\"]]}]",
            "[{\"values\":[[1,1]]}]",
            "[{\"values\":[[1,\"one\"]]}]",
            "[{\"values\":[[1e999,\"1\"]]}]",
            "[{\"values\":[[1,\"1\",2]]}]",
            "[{\"value\":\"1\"}]",
        ] {
            check(call, format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":{result}}}}}"#)).await;
        }
    }
}
