//! `vllm bench serve`.

use super::super::child::Prepared;
use super::{Job, REPORT, pairs};
use crate::arguments::Profile;

/// The tool knows no time, only a number of prompts: as many as the level is expected to answer. Before anything was measured
/// that is some of each user.
pub(super) fn prepare(job: &Job<'_>) -> Prepared {
    const PROMPTS_OF_A_USER: f64 = 5.0;
    const FEWEST: f64 = 10.0;
    let request = job.request;
    let expected = match (request.profile, job.request_rate) {
        (Profile::Concurrent, None) => PROMPTS_OF_A_USER * job.load,
        (Profile::Concurrent, Some(rate)) => rate * job.seconds,
        (Profile::Poisson | Profile::Constant, _) => job.load * job.seconds,
    };
    let prompts = expected.max(FEWEST).max(job.load).round();
    let mut arguments: Vec<String> = ["bench", "serve"].map(str::to_owned).to_vec();
    arguments.extend(pairs(&[
        ("--backend", "openai-chat".to_owned()),
        ("--base-url", request.target.clone()),
        ("--endpoint", "/v1/chat/completions".to_owned()),
        ("--model", request.model.clone()),
        ("--dataset-name", "random".to_owned()),
        ("--random-input-len", request.prompt_tokens.to_string()),
        ("--random-output-len", request.output_tokens.to_string()),
        ("--num-prompts", prompts.to_string()),
        ("--seed", job.seed.to_string()),
        ("--percentile-metrics", "ttft,tpot,itl,e2el".to_owned()),
        ("--metric-percentiles", "50,90,95,99".to_owned()),
        ("--result-dir", job.part.to_string_lossy().into_owned()),
        ("--result-filename", REPORT.to_owned()),
    ]));
    arguments.extend(["--save-result", "--save-detailed", "--ignore-eos", "--disable-tqdm"].map(str::to_owned));
    arguments.extend(match request.profile {
        Profile::Concurrent => pairs(&[("--max-concurrency", job.load.to_string())]),
        Profile::Poisson => pairs(&[("--request-rate", job.load.to_string()), ("--burstiness", "1".to_owned())]),
        // The larger, the more even.
        Profile::Constant => pairs(&[("--request-rate", job.load.to_string()), ("--burstiness", "1000000".to_owned())]),
    });
    if let Some(tokenizer) = &request.tokenizer {
        arguments.extend(pairs(&[("--tokenizer", tokenizer.clone())]));
    }
    if request.insecure {
        arguments.push("--insecure".to_owned());
    }
    let environment = request.key.iter().map(|key| ("OPENAI_API_KEY", key.clone())).collect();
    Prepared { program: job.program("vllm"), arguments, environment }
}
