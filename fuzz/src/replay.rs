//! Every file in the corpora, seeds and former findings alike, keeps every promise on a stable
//! toolchain too.

use std::fs;
use std::path::{Path, PathBuf};

use cpu_time::ThreadTime;

use headroom_engine::run::Run;
use headroom_reports::complete_from;

use super::{BESIDE, STEP, memory, most_time, read_as_target, read_target, targets};

/// Where what a format was recorded as is: reports of its tool, which tests of the readers walk too.
const RECORDED: &str = "../crates/reports/tests/data";

/// What all corpora together may take in the repository, bytes.
const MOST_BYTES: u64 = 2 << 20;

/// What a target starts from: its corpus, and the recorded reports of a format.
fn seeds(target: &str) -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    // Some tools write a folder a level.
    let mut folders = vec![here.join("corpus").join(target), here.join(RECORDED).join(target)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let (below, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
        found.extend(files);
        folders.extend(below);
    }
    found.sort();
    found
}

#[test]
fn every_corpus_is_read_as_promised() {
    let mut bytes = 0;
    for target in targets() {
        let (mut files, mut read) = (0, 0);
        for path in seeds(target) {
            println!("{target} {}", path.display());
            let data = fs::read(&path).unwrap();
            bytes += data.len() as u64;
            files += 1;
            read += read_as_target(target, &data);
        }
        assert!(files > 0 && read > 0, "{target}: {files} files, {read} runs: a corpus without a report tells nothing");
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of corpora");
}

/// No number is taken on trust: each is once below zero, once too large to be multiplied and once too small to divide by.
#[test]
fn every_number_may_be_any_number() {
    const MOST: usize = 80;
    let mut tried = 0;
    for target in targets() {
        for path in seeds(target) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let numbers = numbers(&text);
            for &(from, to) in numbers.iter().step_by(numbers.len().div_ceil(MOST).max(1)) {
                for number in ["-7", "1e308", "1e-308"] {
                    let changed = [&text[..from], number, &text[to..]].concat();
                    println!("{target} {} {number} for {:?} at {from}", path.display(), &text[from..to]);
                    read_target(target, changed.as_bytes());
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 3_000, "{tried} numbers");
}

/// Where the numbers of a text are, without their signs.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let of_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (bytes, mut found, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let from = at;
        let begins = bytes[from].is_ascii_digit();
        at += bytes[from..].iter().take_while(|&&byte| if begins { of_number(byte) } else { of_word(byte) }).count();
        if begins {
            found.push((from, at));
        }
        at = at.max(from + 1);
    }
    found
}

/// What completes a report is in the list of the formats, and so is a target: each entry of it is completed by some seed.
#[test]
fn every_file_that_completes_a_report_has_a_seed() {
    let texts: Vec<String> = seeds(BESIDE).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let completed: Vec<Vec<Run>> = texts.iter().map(|text| complete_from(text, &STEP)).collect();
    for entry in 0..completed[0].len() {
        assert!(completed.iter().any(|runs| runs[entry] != *STEP), "no seed completes a run by entry {entry}");
    }
}

#[test]
fn every_corpus_is_of_a_target() {
    let corpora = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap();
    for folder in corpora.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(targets().any(|target| target == folder), "{folder}");
    }
}

/// Files of megabytes that cost a reader more than their size, were it not to stop, or to look at a byte once.
#[test]
fn large_files_take_little_memory_and_time() {
    const MIB: usize = 1 << 20;
    const PAGE: &str = "<script>window.runInfo = {};window.workloadDetails = {};";
    const ROWS: &str = "prompt_tokens,generation_tokens,ttft,generation_time,launch_time,finish_time\n";
    let repeated = |head: &str, piece: &str, bytes: usize, tail: &str| {
        let mut text = head.to_owned();
        text.extend(std::iter::repeat_n(piece, bytes / piece.len()));
        text + tail
    };
    let step = |value: &str| {
        format!(
            "{{\"model_id\":\"m\",\"request_throughput\":1,\"max_concurrency\":{value},\"completed\":1,\"duration\":1}}\n"
        )
    };
    let cases = [
        ("guidellm_json", repeated("{\"benchmarks\":[{}", ",{}", 16 * MIB, "]}")),
        ("guidellm_json", repeated("{\"conclusions\":[", "{\"kind\":\"a\",\"reason\":\"b\"},", 16 * MIB, "null]}")),
        ("guidellm_json", repeated("{\"config\":{\"metadata\":{\"a\":1", ",\"label\":1", 16 * MIB, "}}}")),
        ("guidellm_yaml", repeated("benchmarks:\n", "- {a: 1, b: [1, 2, 3]}\n", 11 * MIB, "")),
        ("guidellm_yaml", repeated("benchmarks: [1", ",1", 11 * MIB, "]\n")),
        ("guidellm_yaml", repeated(&format!("a: &a \"{}\"\nb: [*a", "\\x01".repeat(MIB / 4)), ", *a", MIB / 8, "]\n")),
        ("guidellm_csv", repeated("Run Info", ",", 3 * MIB, "\n")),
        ("guidellm_csv", repeated("Type,Run Id\n", "a\n", 3 * MIB, "")),
        ("table_csv", repeated("users,ttft_p95_ms", ",a", 3 * MIB, "\n1,2\n")),
        ("table_csv", repeated("users,ttft_p95_ms\n", "1\n", 3 * MIB, "")),
        ("table_csv", repeated("users,ttft_p95_ms\n", "1,2\n", 3 * MIB, "")),
        ("table_yaml", repeated("levels:\n", "- {u: 1}\n", 3 * MIB, "")),
        ("table_yaml", repeated("levels:\n", "- {users: 1}\n", 3 * MIB, "")),
        ("deployments", repeated("deployments:\n", "- {u: 1}\n", 3 * MIB, "")),
        ("inference_perf", repeated("{\"successes\":[\"", &format!("{}\",\"", "x".repeat(500)), 16 * MIB, "\"]}")),
        ("inference_perf", repeated("{\"successes\":[1", ",1", 16 * MIB, "]}")),
        ("llm_d", repeated("{\"metrics\":{\"a\":1", ",\"a\":1", 16 * MIB, "}}")),
        ("aiperf_sweep", repeated("{\"per_combination_metrics\":[{}", ",{}", 16 * MIB, "]}")),
        ("inferencex", repeated("[{}", ",{\"conc\":1}", 16 * MIB, "]")),
        ("vllm_bench", repeated("", &step("1"), 16 * MIB, "")),
        ("vllm_bench", repeated("{\"ttfts\":[1", ",1", 16 * MIB, "]}")),
        (
            "sglang",
            repeated(
                "",
                "{\"max_concurrency\":2,\"mean_e2e_latency_ms\":1,\"completed\":1,\"duration\":1}\n",
                16 * MIB,
                "",
            ),
        ),
        ("guidellm_html", repeated("<script>window.GUIDELLM_REPORT = {\"runs\":[{}", ",{}", 16 * MIB, "]}")),
        ("guidellm_page", repeated(PAGE, "window.runInfo = 1;", 2 * MIB, "")),
        ("guidellm_page", repeated(PAGE, "window.", 16 * MIB, "")),
        ("guidellm_page", repeated(&format!("{PAGE}window.benchmarks = [{{}}"), ",{}", 16 * MIB, "]")),
        ("evalscope", repeated("{\"Success Requests\":1,\"a\":[1", ",1", 16 * MIB, "]}")),
        ("genai_bench", repeated("{\"individual_request_metrics\":[{}", ",{\"ttft\":1}", 16 * MIB, "]}")),
        ("llmperf", repeated("{\"a\":1", ",\"a\":1", 16 * MIB, "}")),
        ("lmbench", repeated(ROWS, "1,1,1,1,1,1\n", 3 * MIB, "")),
        ("lmbench", repeated(ROWS, "a\n", 3 * MIB, "")),
        ("together_runner", repeated("{\"metrics\":[1", ",1", 16 * MIB, "]}")),
        ("inferencex_agentic", repeated("{\"request_metrics\":[1", ",1", 16 * MIB, "]}")),
        ("beside", repeated("Endpoint,Type,Metric,Unit,avg\n", "a,gauge,vllm:num_requests_waiting,,1\n", 8 * MIB, "")),
        ("beside", repeated("Endpoint,Type,Metric,Unit,avg", ",a", 8 * MIB, "\n")),
        ("any", repeated("{\"a\":\"", "x", 16 * MIB, "\"}")),
    ];
    let mut over = Vec::new();
    for (target, text) in cases {
        let start = ThreadTime::now();
        let (_, peak) = memory::peak_of(|| read_target(target, text.as_bytes()));
        let (peak, took) = (peak / MIB, start.elapsed());
        let begin: String = text.chars().take(40).collect();
        println!("{target:14} {:3} MiB: {peak:4} MiB, {took:.1?}  {begin:?}", text.len() / MIB);
        if peak > 64 {
            over.push(format!("{target} {begin:?}: {peak} MiB"));
        }
        if took > most_time(text.len()) {
            over.push(format!("{target} {begin:?}: {took:?}"));
        }
    }
    assert!(over.is_empty(), "more than 64 MiB, or more time than is promised: {over:#?}");
}
