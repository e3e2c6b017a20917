//! `aiperf profile` of 0.13.

use anyhow::{Result, bail};

use super::super::child::Prepared;
use super::{Job, pairs};
use crate::arguments::Profile;

pub(super) fn prepare(job: &Job<'_>) -> Result<Prepared> {
    let request = job.request;
    if request.key.is_some() {
        bail!(
            "AIPerf takes a key on its command line alone, where every user of this machine can read it: use another tool, or a \
             server that needs none"
        );
    }
    let mut arguments = vec!["profile".to_owned()];
    arguments.extend(pairs(&[
        ("--model", request.model.clone()),
        ("--url", request.target.clone()),
        ("--endpoint-type", "chat".to_owned()),
        ("--benchmark-duration", job.seconds.to_string()),
        ("--isl", request.prompt_tokens.to_string()),
        ("--isl-stddev", "0".to_owned()),
        ("--osl", request.output_tokens.to_string()),
        ("--osl-stddev", "0".to_owned()),
        ("--extra-inputs", "ignore_eos:true".to_owned()),
        ("--random-seed", job.seed.to_string()),
        ("--artifact-dir", job.part.to_string_lossy().into_owned()),
        ("--ui", "none".to_owned()),
    ]));
    arguments.push("--streaming".to_owned());
    arguments.extend(match request.profile {
        Profile::Concurrent => pairs(&[("--concurrency", job.load.to_string())]),
        Profile::Poisson | Profile::Constant => {
            pairs(&[("--request-rate", job.load.to_string()), ("--request-rate-mode", request.profile.id().to_owned())])
        }
    });
    if let Some(tokenizer) = &request.tokenizer {
        arguments.extend(pairs(&[("--tokenizer", tokenizer.clone())]));
    }
    Ok(Prepared { program: job.program("aiperf"), arguments, environment: Vec::new() })
}
