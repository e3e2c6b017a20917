//! Files with more in them than is kept: the rest is told, what comes first is read.

use std::io::Write as _;

use headroom_reports::{Reading, read};

use crate::support::told;

/// Reads `head`, `count` times `piece` and `tail`.
fn check(head: &str, piece: impl Fn(usize) -> String, count: usize, tail: &str, expected: &[&str]) -> Reading {
    let mut text = head.to_owned();
    text.extend((1..=count).map(piece));
    text.push_str(tail);
    let reading = read("a", text.as_bytes());
    assert_eq!(told(&reading.problems), expected, "{head} {:?}", reading.problems);
    reading
}

#[test]
fn load_steps() {
    let row = |load: usize| format!("{load},5\n");
    let reading = check("users,ttft_p95_ms\n", row, 5_000, "", &["out_of_range line 4098"]);
    assert_eq!(reading.runs[0].levels.len(), 4_096);
    let entry = |load: usize| {
        format!(
            "{{\"model_id\":\"m\",\"num_prompts\":1,\"request_throughput\":1,\"max_concurrency\":{load},\"completed\":1,\
             \"duration\":1}}{}",
            if load < 5_000 { "," } else { "" }
        )
    };
    let reading = check("[", entry, 5_000, "]", &["out_of_range [4096]"]);
    assert_eq!(reading.runs[0].levels.len(), 4_096);
}

#[test]
fn requests() {
    let step = |rows: usize| {
        let column = vec!["1"; rows].join(",");
        format!(
            "{{\"model_id\":\"m\",\"num_prompts\":{rows},\"request_throughput\":1,\"max_concurrency\":{rows},\
             \"completed\":{rows},\"duration\":1,\"ttfts\":[{column}],\"output_lens\":[{column}]}}\n"
        )
    };
    let reading = check(
        &step(100_000),
        |_| step(250_000),
        1,
        "",
        &["out_of_range ttfts[200000]", "out_of_range output_lens[200000]"],
    );
    let kept: Vec<bool> = reading.runs[0].levels.iter().map(|level| level.samples.is_some()).collect();
    assert_eq!(kept, [true, false], "a part of the requests is no sample of all");
}

#[test]
fn problems() {
    let mistakes = |head: &str, piece: &str, more: &str| {
        let text = head.to_owned() + &piece.repeat(3_000);
        let reading = read("a", text.as_bytes());
        assert_eq!(reading.problems.len(), 1_001, "{head}");
        assert!(reading.problems[1_000].message.contains(more), "{}", reading.problems[1_000]);
        reading.runs.len()
    };
    assert_eq!(mistakes("users,ttft_p95_ms\n1,1\n", "x\n", "found 2000 more"), 1);
    assert_eq!(mistakes("levels:\n- { users: 1 }\n", "- { usres: 1 }\n", "found 5000 more"), 1);
    let benchmarks = "{\"metadata\":{\"guidellm_version\":\"0.8.1\"},\"benchmarks\":[{}";
    let text = benchmarks.to_owned() + &",{}".repeat(5_000) + "]}";
    let reading = read("a", text.as_bytes());
    let first = ["out_of_range benchmarks[4096]", "missing_value benchmarks[0].strategy.type_"];
    assert_eq!(told(&reading.problems)[..2], first);
    assert_eq!((reading.runs.len(), reading.problems.len()), (0, 1_001));
}

#[test]
fn values_and_references() {
    let head = "{\"load_summary\":{\"requested_rate\":1},\"successes\":{\"count\":1},\"more\":[0";
    check(head, |_| ",0".to_owned(), 400_000, "]}", &["out_of_range more[262132]"]);
    let text = "x".repeat(100_000);
    let head = format!("benchmarks:\n- type_: generative_benchmark\n  a: &a {text}\n  b:\n");
    check(&head, |_| "  - *a\n".to_owned(), 1_000, "", &["malformed"]);
    let long = "benchmarks:\n- type_: generative_benchmark\n  a:\n";
    let line = format!("  - {text}\n");
    check(long, |_| line.clone(), 200, "", &["out_of_range"]);
}

/// A file of a few kilobytes that expands to terabytes, layer by layer, in the middle of what looks like a report.
#[test]
fn what_expands_without_an_end() {
    let member = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let spaces = member(&vec![b' '; 16 << 20]);
    // 2 TiB of spaces in members of 16 MiB, which are 64 members of 2,048 each.
    let many = member(&spaces.repeat(2_048)).repeat(64);
    let begun = member(&member(&member(br#"{"metadata":{"version":1,"guidellm_version":"0.8.1"},"benchmarks":["#)));
    let mut file = begun;
    file.extend(member(&many));
    assert!(file.len() < 1 << 20, "{}", file.len());
    let reading = read("a", file.as_slice());
    assert!(reading.runs.is_empty());
    let said: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|said| said.contains("as no report does")), "{said:?}");
}
