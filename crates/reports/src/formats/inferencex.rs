//! InferenceX (formerly InferenceMAX): the processed result of one concurrency (`agg_*.json`) or an array of them. The
//! raw results of its service-level script are in vLLM's format and read there.
//!
//! Latencies are in seconds. Throughput is given per GPU, and there are neither counts nor a duration. So token rates
//! are the tool's own multiplied by the number of GPUs, and the request rate follows from the concurrency by Little's
//! law.

use headroom_engine::level::{Level, Rates};

use crate::flat::{self, Entry};
use crate::format::{Companion, Format, Report, Steps};
use crate::inferencex;
use crate::input::Input;
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};

/// The tool that these runs name.
const TOOL: &str = "inferencex";

pub(crate) const FORMAT: Format = Format {
    id: "inferencex",
    name: "InferenceX result (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`agg_*.json` or an array of them",
    recognises,
    read,
    companions: &[Companion {
        recognises: |sniff| sniff.has("power_valid") && sniff.has("integration_method"),
        what: "InferenceX's check of its power measurement. Give the agg_*.json of the same run",
    }],
    beside: &[],
};

fn recognises(sniff: &Sniff<'_>) -> bool {
    ["hw", "conc", "tput_per_gpu"].iter().all(|key| sniff.has_in_first(key))
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let mut steps = Vec::new();
    let whole = flat::read(input, report, |entry, report| steps.extend(step(&entry, report)));
    steps::finish(steps, whole, report);
}

fn step(entry: &Entry, report: &mut Report<'_>) -> Option<Step> {
    let fields = &entry.fields;
    let path = entry.path.as_deref();
    let Some(users) = fields.get("conc").positive() else {
        steps::unusable(report, path, "conc", "a concurrency above 0");
        return None;
    };
    let gpus = inferencex::gpus(fields);
    // A summary without a count is given a count of one.
    let latency = |name: &str| {
        summary::flat(fields.entries(), &format!("_{name}"), MS_PER_S, 1).map(|mut found| {
            found.count = 0;
            found
        })
    };
    let e2e = latency("e2el");
    let per_gpu = |key: &str| Some(fields.get(key).number()? * f64::from(gpus?));
    let reported = Rates {
        requests: None,
        output_tokens: per_gpu("output_tput_per_gpu"),
        prompt_tokens: per_gpu("input_tput_per_gpu"),
        total_tokens: per_gpu("tput_per_gpu"),
    };
    let requests = e2e.as_ref().and_then(|e2e| steps::ratio(users, e2e.mean? / MS_PER_S));
    let level = Level {
        concurrency: Some(users),
        reported,
        rates: Rates { requests, ..reported },
        prompt_tokens: fields.get("isl").positive(),
        output_tokens: fields.get("osl").positive(),
        ttft: latency("ttft"),
        itl: latency("tpot"),
        e2e,
        ..Level::default()
    };
    let mut step = Step::new(TOOL, Offer::Closed(users), level);
    step.path = path.map(str::to_owned);
    step.stated = inferencex::deployment(fields);
    step.labels = inferencex::labels(fields, &["framework", "spec_decoding", "disagg", "ep", "dp_attention"]);
    step.shape = inferencex::shape(fields);
    Some(step)
}
