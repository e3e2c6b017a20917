//! Files that benchmark tools write beside their reports and that hold no load step. A person
//! who gives a whole folder should learn what each is, and not that it is unknown.

use crate::sniff::Sniff;

/// A kind of file: how it is recognised, what it is and what to give instead.
struct Companion {
    recognises: fn(&Sniff<'_>) -> bool,
    what: &'static str,
}

const COMPANIONS: &[Companion] = &[
    Companion {
        recognises: |sniff| sniff.has("successes.queue_len") || sniff.has("successes.kv_cache_usage_percentage"),
        what: "inference-perf's snapshot of server metrics from Prometheus, which is not a benchmark. Give the \
               stage_N_lifecycle_metrics.json beside it",
    },
    Companion {
        recognises: |sniff| {
            sniff.has_line("server:") && sniff.has_line("load:") && (sniff.has_line("api:") || sniff.has_line("data:"))
        },
        what: "inference-perf's settings, which name the model for the reports beside them. Give the \
               stage_N_lifecycle_metrics.json beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("global.warnings") && sniff.has("reports"),
        what: "inference-perf's own check of its reports. Give the stage_N_lifecycle_metrics.json beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("[].request") && sniff.has("[].response") && sniff.has("[].start_time"),
        what: "inference-perf's log of single requests. Give the stage_N_lifecycle_metrics.json beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("metadata.request_start_ns") && sniff.has("metrics"),
        what: "AIPerf's log of single requests. Give the profile_export_aiperf.json beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("benchmark_id") && sniff.has("cfg"),
        what: "AIPerf's settings. Give the profile_export_aiperf.json beside it",
    },
    Companion {
        recognises: |sniff| {
            sniff
                .lines()
                .next()
                .is_some_and(|line| line.starts_with("Metric,avg,min,max") || line.contains("_throughput_mean,"))
        },
        what: "AIPerf's table, which is rounded. Give the profile_export_aiperf.json beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("power_valid") && sniff.has("integration_method"),
        what: "InferenceX's check of its power measurement. Give the agg_*.json of the same run",
    },
    Companion {
        recognises: |sniff| sniff.has("[].max_concurrency") && !sniff.has("[].model_id"),
        what: "the parameters of a vLLM sweep. Give the run=N.json or summary.json in the folders beside it",
    },
    Companion {
        recognises: |sniff| sniff.has("$defs") && sniff.has("properties"),
        what: "a JSON schema, which describes reports. Give a report",
    },
];

/// What a file is that no format knows, if it is one of these.
pub(crate) fn named(sniff: &Sniff<'_>) -> Option<&'static str> {
    COMPANIONS.iter().find(|companion| (companion.recognises)(sniff)).map(|companion| companion.what)
}
