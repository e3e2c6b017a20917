//! `guidellm run` of 0.8.

use std::path::Path;

use anyhow::Result;
use headroom_base::Secret;
use serde_json::json;

use super::super::child::Prepared;
use super::{Job, REPORT, number};
use crate::arguments::Profile;

/// The server with its key goes into a file that only its owner may read; everything else stands on the command line.
pub(super) fn prepare(job: &Job<'_>) -> Result<Prepared> {
    let request = job.request;
    let mut backend = json!({ "kind": "openai_http", "target": request.target, "model": request.model });
    if let Some(key) = &request.key {
        backend["api_key"] = key.expose().into();
    }
    if request.insecure {
        backend["verify"] = false.into();
    }
    let settings = job.settings("scenario.json", &json!({ "spec": { "backend": backend } }).to_string())?;
    let unit = if request.profile == Profile::Concurrent { "streams" } else { "rate" };
    let profile = json!({ "kind": request.profile.id(), unit: [number(job.load)] });
    let mut arguments: Vec<String> = vec!["run".into(), "--config".into(), settings.to_string_lossy().into_owned()];
    if let Some(tokenizer) = &request.tokenizer {
        arguments.extend(["--tokenizer".to_owned(), format!("kind=huggingface_auto,model={tokenizer}")]);
    }
    arguments.extend(super::pairs(&[
        (
            "--data",
            format!(
                "kind=synthetic_text,prompt_tokens={},output_tokens={}",
                request.prompt_tokens, request.output_tokens
            ),
        ),
        // Few prompts ahead: with the default of 4,096 a short level is over before the first one is sent.
        ("--data-loader", "kind=pytorch,num_workers=1,prefetch_factor=4".to_owned()),
        ("--profile", profile.to_string()),
        ("--constraint", format!("kind=max_duration,seconds={}", job.seconds)),
        ("--seed", format!("kind=static,value={}", job.seed)),
        // Without the texts of prompts and answers, and with every request.
        ("--metrics", "kind=generative,sample_size=0".to_owned()),
        ("--output", format!("kind=json,path={}", job.part.join(REPORT).display())),
    ]));
    arguments.push("--disable-console-interactive".into());
    let mut environment = vec![("GUIDELLM__MAX_WORKER_PROCESSES", Secret::new("2"))];
    if request.tokenizer.as_ref().is_some_and(|tokenizer| Path::new(tokenizer).is_dir()) {
        environment.push(("HF_HUB_OFFLINE", Secret::new("1")));
    }
    Ok(Prepared { program: job.program("guidellm"), arguments, environment })
}
