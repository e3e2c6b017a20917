//! What real servers export, version by version: every quantity that a version has is found, and what it lacks is said.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
};

use expect_test::expect_file;
use headroom_prometheus::Page;
use headroom_prometheus::dictionary::{Group, Quantity, Resolved, known, resolve, rows};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The text that a real server showed.
fn recorded(file: &str) -> String {
    let mut text = String::new();
    let bytes = std::fs::read(data(&format!("metrics/{file}.txt.gz"))).unwrap();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    text
}

/// The names of metrics and of labels in an exposition text.
fn exposition(file: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = recorded(file);
    let (mut names, mut labels) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let end = line.find(['{', ' ']).unwrap();
        names.insert(line[..end].to_owned());
        if let Some((inside, _)) = line[end..].strip_prefix('{').and_then(|rest| rest.rsplit_once('}')) {
            // No label of these files has an escaped quote or a comma before a quote in its value.
            for pair in inside.split("\",") {
                labels.insert(pair.split('=').next().unwrap().to_owned());
            }
        }
    }
    (names, labels)
}

fn resolved(file: &str) -> Resolved {
    let (names, labels) = exposition(file);
    resolve(names.iter().map(String::as_str), labels.iter().map(String::as_str))
}

/// One line a quantity: what serves it, or why nothing does.
fn table(resolved: &Resolved) -> String {
    let mut text = String::new();
    for seen in resolved.seen() {
        writeln!(text, "{} `{}`: {}", seen.server.title(), seen.prefix, seen.versions).unwrap();
    }
    for row in rows().filter(|row| row.group != Group::Gpu) {
        let names: Vec<_> = resolved.sources(row.quantity).iter().map(|source| source.name.as_str()).collect();
        match resolved.why_missing(row.quantity) {
            Some(missing) => writeln!(text, "- {missing}").unwrap(),
            None => writeln!(text, "+ {}: {}", row.key, names.join(", ")).unwrap(),
        }
    }
    text
}

#[test]
fn every_version_resolves_what_it_has_and_says_what_it_lacks() {
    use Quantity as Q;
    let check = |file: &str, versions: &str, expected: &[Quantity]| {
        let resolved = resolved(file);
        assert_eq!(resolved.seen()[0].versions.to_string(), versions, "{file}");
        // `up` is no server's own: Prometheus adds it.
        let missing: Vec<_> = resolved
            .missing()
            .iter()
            .map(|missing| missing.quantity)
            .filter(|quantity| quantity.row().group != Group::Gpu && *quantity != Q::Up)
            .collect();
        assert_eq!(missing, expected, "{file}");
        expect_file![data(&format!("resolved/{file}.txt"))].assert_eq(&table(&resolved));
    };
    // The V0 engine: no prefix cache counters, no HTTP counters, no own process.
    check(
        "0.8.5-V0-saturated",
        "0.6.6 to 0.8.5",
        &[
            Q::Tpot,
            Q::WaitingByReason,
            Q::PrefixCacheQueries,
            Q::PrefixCacheHits,
            Q::PrefixCacheHitRatio,
            Q::AdmissionRejections,
            Q::CachedPromptTokens,
            Q::HttpRequests,
            Q::HttpAnswers,
            Q::HttpRefusals,
            Q::ProcessStart,
        ],
    );
    check(
        "0.10.2-V1",
        "0.10.2",
        &[Q::Tpot, Q::WaitingByReason, Q::PrefixCacheHitRatio, Q::AdmissionRejections, Q::CachedPromptTokens],
    );
    // Scraped before the first answer: no HTTP counters yet.
    check(
        "0.13.0-saturated",
        "0.13.0 to 0.14.1",
        &[
            Q::WaitingByReason,
            Q::PrefixCacheHitRatio,
            Q::AdmissionRejections,
            Q::CachedPromptTokens,
            Q::HttpRequests,
            Q::HttpAnswers,
            Q::HttpRefusals,
        ],
    );
    check("0.32.0-a", "0.32.0 to 0.33.0", &[Q::PrefixCacheHitRatio]);
    check("0.32.0-healthy", "0.32.0 to 0.33.0", &[Q::PrefixCacheHitRatio]);
    check("0.32.0-saturated", "0.32.0 to 0.33.0", &[Q::PrefixCacheHitRatio]);
    check(
        "0.32.0-idle-fresh",
        "0.32.0 to 0.33.0",
        &[Q::PrefixCacheHitRatio, Q::HttpRequests, Q::HttpAnswers, Q::HttpRefusals],
    );
    // Data-parallel: several processes, none of which exports itself.
    check("0.32.0-dp2", "0.32.0 to 0.33.0", &[Q::PrefixCacheHitRatio, Q::ProcessStart]);
}

#[test]
fn both_names_of_a_quantity_are_found_with_the_new_one_first() {
    let resolved = resolved("0.10.2-V1");
    let names = |quantity| resolved.sources(quantity).iter().map(|source| source.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(Quantity::Itl), ["vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"]);
    assert_eq!(names(Quantity::KvUse), ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"]);
    assert_eq!(names(Quantity::PrefixCacheHits), ["vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"]);
}

/// Every serving metric of the recordings is in the dictionary or known not to be a quantity.
#[test]
fn no_name_of_the_recordings_is_overlooked() {
    const NO_QUANTITY: &[&str] = &[
        "vllm:engine_sleep_state",
        "vllm:estimated_",
        "vllm:external_prefix_cache_",
        "vllm:iteration_tokens_total_",
        "vllm:lora_requests_info",
        "vllm:mm_cache_",
        "vllm:prompt_tokens_by_source_total",
        "vllm:prompt_tokens_cached_by_source_total",
        "vllm:request_max_num_generation_tokens_",
        "vllm:request_num_preemptions_",
        "vllm:request_params_",
        "vllm:request_prefill_kv_computed_tokens_",
    ];
    for file in ["0.8.5-V0-saturated", "0.10.2-V1", "0.13.0-saturated", "0.32.0-saturated", "0.32.0-dp2"] {
        let (names, _) = exposition(file);
        for name in names.iter().filter(|name| name.starts_with("vllm:") && !name.ends_with("_created")) {
            let listed = NO_QUANTITY.iter().any(|prefix| name.starts_with(prefix));
            assert_eq!(known(name).is_none(), listed, "{file}: {name}");
        }
    }
}

#[test]
fn a_page_of_a_real_server_has_its_load_and_its_cache() {
    use Quantity as Q;
    const ASKED: [Quantity; 6] =
        [Q::Running, Q::Waiting, Q::KvUse, Q::PrefixCacheQueries, Q::PrefixCacheHits, Q::Preemptions];
    let check = |file: &str, expected: [Option<f64>; 6]| {
        let page = Page::read(&recorded(file));
        assert_eq!(ASKED.map(|quantity| page.value(quantity)), expected, "{file}");
    };
    let (kv, kv_0_8) = (0.933_333_333_333_333_3, 0.946_153_846_153_846_1);
    check("0.32.0-saturated", [Some(6.0), Some(8.0), Some(kv), Some(15_094.0), Some(0.0), Some(35.0)]);
    // The V0 engine shows a share of the prefix cache instead of counters.
    check("0.8.5-V0-saturated", [Some(8.0), Some(6.0), Some(kv_0_8), None, None, Some(4.0)]);
}
