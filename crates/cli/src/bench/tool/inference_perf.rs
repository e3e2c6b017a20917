//! `inference-perf` of 0.7.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::super::child::Prepared;
use super::{Job, number};
use crate::arguments::{Bench, Profile};

/// Everything goes into a file that only its owner may read; JSON is YAML.
pub(super) fn prepare(job: &Job<'_>) -> Result<Prepared> {
    let request = job.request;
    let mut settings = shown(request);
    if let Some(key) = &request.key {
        settings["server"]["api_key"] = key.expose().into();
    }
    if let Some(tokenizer) = &request.tokenizer {
        settings["tokenizer"] = json!({ "pretrained_model_name_or_path": tokenizer });
    }
    let requests = job.request_rate.map_or(5.0 * job.load, |rate| rate * job.seconds).max(job.load).max(10.0).round();
    settings["load"] = match request.profile {
        // A number of requests and no time.
        Profile::Concurrent => json!({ "type": "concurrent", "base_seed": job.seed,
            "stages": [{ "concurrency_level": number(job.load), "num_requests": number(requests) }] }),
        Profile::Poisson | Profile::Constant => json!({ "type": request.profile.id(), "base_seed": job.seed,
            "stages": [{ "rate": number(job.load), "duration": number(job.seconds.round()) }] }),
    };
    settings["storage"] = json!({ "local_storage": { "path": job.part.to_string_lossy() } });
    let settings = job.settings("settings.yaml", &settings.to_string())?;
    let arguments = vec!["--config_file".to_owned(), settings.to_string_lossy().into_owned()];
    Ok(Prepared { program: job.program("inference-perf"), arguments, environment: Vec::new() })
}

/// What may be shown of the settings: all but the key.
fn shown(request: &Bench) -> Value {
    let fixed =
        |tokens: u32| json!({ "min": tokens, "max": tokens, "mean": tokens, "std_dev": 0, "total_count": 1000 });
    json!({
        "api": { "type": "completion", "streaming": true },
        "server": { "type": "vllm", "model_name": request.model, "base_url": request.target, "ignore_eos": true },
        "data": { "type": "random", "input_distribution": fixed(request.prompt_tokens), "output_distribution": fixed(request.output_tokens) },
        "report": { "request_lifecycle": { "summary": true, "per_stage": true } },
    })
}

/// The report does not name the model; `config.yaml` beside it does. Written by us and without the key, which the tool's own
/// copy of its settings would have.
pub(super) fn beside(request: &Bench, folder: &Path) -> Result<()> {
    let path = folder.join("config.yaml");
    let text = format!(
        "api:\n  type: completion\nserver:\n  model_name: {}\n  base_url: {}\nload:\n  type: {}\n",
        json!(request.model),
        json!(request.target),
        request.profile.id()
    );
    fs::write(&path, text).with_context(|| format!("expected to write {}", path.display()))
}
