//! `NAME.server.json` beside a report `NAME.json`, whatever tool wrote the report: what the server said of itself meanwhile.
//!
//! `headroom bench` writes it from the server's own metrics; docs/benchmark.md has the form, for those who write one
//! themselves. Values are those of the whole server, so that no name of a metric is needed to read them.

use headroom_engine::level::Level;
use headroom_engine::run::Run;

use crate::document;
use crate::format::{Beside, Companion, CompanionName};
use crate::tree::Tree;

/// Completes a report of any tool.
pub(crate) const BESIDE: Beside =
    Beside { name: CompanionName::Ending { report: ".json", beside: ".server.json" }, apply };

/// Given alone it is no report.
pub(crate) const COMPANION: Companion = Companion {
    recognises: |sniff| sniff.has("server_evidence") && sniff.has("samples"),
    what: "what a server said of itself during a benchmark, which completes the report beside it. Give the report",
};

/// Puts queue and KV cache into every level of which there is a sample. What the tool itself wrote of them stays. Another
/// document changes nothing.
fn apply(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    if tree.at("server_evidence.version").count() != Some(1) {
        return;
    }
    let samples = tree.get("samples").items();
    let alone = run.levels.len() == 1;
    for level in &mut run.levels {
        let meanwhile: Vec<&Tree> = samples.iter().filter(|sample| is_of(level, sample, alone)).collect();
        let mean = |name: &str, is_possible: fn(&f64) -> bool| {
            let values: Vec<f64> =
                meanwhile.iter().filter_map(|sample| sample.get(name).number()).filter(is_possible).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let server = &mut level.server;
        server.queue_depth = server.queue_depth.or_else(|| mean("waiting", |depth| *depth >= 0.0));
        server.kv_cache_use = server.kv_cache_use.or_else(|| mean("kv_cache_use", |share| (0.0..=1.0).contains(share)));
    }
}

/// Whether a sample was taken during a level. A tool takes a while to start and to end, in which the server is idle, so the
/// level's own times decide where the report has them.
fn is_of(level: &Level, sample: &Tree, alone: bool) -> bool {
    if sample.get("phase").text() != Some("during") {
        return false;
    }
    match (level.started_ms, level.ended_ms, sample.get("at_ms").number()) {
        (Some(started), Some(ended), Some(at)) => (started as f64..=ended as f64).contains(&at),
        _ => alone,
    }
}

#[cfg(test)]
mod tests {
    use headroom_engine::level::Server;
    use headroom_engine::run::LoadModel;
    use serde_json::json;

    use super::*;
    use crate::curve;

    fn level(times: Option<[i64; 2]>) -> Level {
        Level { started_ms: times.map(|times| times[0]), ended_ms: times.map(|times| times[1]), ..Level::default() }
    }

    fn check(levels: Vec<Level>, expected: &[(Option<f64>, Option<f64>)]) {
        let sample = |at_ms: i64, phase: &str, waiting: f64, kv: f64| json!({ "at_ms": at_ms, "phase": phase, "waiting": waiting, "kv_cache_use": kv });
        let text = json!({ "server_evidence": { "version": 1, "target": "http://m:8000/metrics" }, "samples": [
            sample(500, "before", 90.0, 0.9), sample(1000, "during", 2.0, 0.2), sample(2000, "during", 4.0, 0.4),
            sample(5000, "during", 30.0, 0.75), { "at_ms": 5500, "phase": "during", "waiting": 40.0 }, sample(9000, "after", 90.0, 0.9)] });
        let mut run = curve::empty_run(LoadModel::Closed);
        run.levels = levels;
        apply(&text.to_string(), &mut run);
        let found: Vec<_> =
            run.levels.iter().map(|level| (level.server.queue_depth, level.server.kv_cache_use)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn samples_count_for_the_level_that_they_were_taken_in() {
        let [first, second] = [level(Some([900, 2500])), level(Some([4900, 6000]))];
        check(vec![first.clone(), second], &[(Some(3.0), Some(0.4_f64.midpoint(0.2))), (Some(35.0), Some(0.75))]);
        check(vec![level(Some([7000, 8000]))], &[(None, None)]);
        // Without times only a report of one level can have them.
        check(vec![level(None)], &[(Some(19.0), Some((0.2 + 0.4 + 0.75) / 3.0))]);
        check(vec![level(None), level(None)], &[(None, None), (None, None)]);
        // What the tool measured itself stays.
        let own = Server { queue_depth: Some(1.0), ..Server::default() };
        check(vec![Level { server: own, ..first }], &[(Some(1.0), Some(0.4_f64.midpoint(0.2)))]);
    }

    #[test]
    fn a_report_and_what_stands_beside_it() {
        let recorded = crate::recorded::folder("vllm-bench");
        let report = crate::recorded::files(&recorded)
            .into_iter()
            .find(|path| crate::read_file(path, "a.json").runs.iter().any(|run| run.levels.len() == 1))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m-c4.json");
        std::fs::copy(report, &path).unwrap();
        let run = crate::read_file(&path, "m-c4.json").runs.remove(0);
        let (Some(started), None) = (run.levels[0].started_ms, run.levels[0].server.queue_depth) else {
            panic!("{run:?}")
        };
        let beside = json!({ "server_evidence": { "version": 1 },
            "samples": [{ "at_ms": started + 1, "phase": "during", "waiting": 6, "kv_cache_use": 0.5 }] });
        std::fs::write(folder.path().join("m-c4.server.json"), beside.to_string()).unwrap();
        let run = crate::read_file(&path, "m-c4.json").runs.remove(0);
        assert_eq!((run.levels[0].server.queue_depth, run.levels[0].server.kv_cache_use), (Some(6.0), Some(0.5)));
        // A report that was compressed since keeps what stands beside it.
        let bytes = std::fs::read(&path).unwrap();
        let packed = folder.path().join("m-c4.json.zst");
        std::fs::write(&packed, zstd::encode_all(bytes.as_slice(), 0).unwrap()).unwrap();
        let run = crate::read_file(&packed, "m-c4.json.zst").runs.remove(0);
        assert_eq!(run.levels[0].server.queue_depth, Some(6.0));
        assert!(crate::completes_others("d/m-c4.server.json"));
        let alone = crate::read_file(&folder.path().join("m-c4.server.json"), "m-c4.server.json");
        assert!(alone.runs.is_empty());
        assert_eq!(alone.problems[0].code, crate::Code::Companion, "{:?}", alone.problems);
    }
}
