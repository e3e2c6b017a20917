//! Rows of model servers.
//!
//! vLLM's names are those of the packages 0.6.6 to 0.33.0; SGLang's of 0.5.23; TensorRT-LLM's of `trtllm-serve` and of
//! its Triton backend.

use super::{
    quantity::Quantity as Q,
    row::{Aggregate, DictionaryRow, Group, MetricName, MetricType, Once, Relabel, Server, Unit},
};

const fn vllm(base: &'static str) -> MetricName {
    MetricName::new(Server::Vllm, base)
}

/// A name that SGLang's front end exports, once per server.
const fn sglang(base: &'static str) -> MetricName {
    MetricName::new(Server::Sglang, base)
}

/// A name that each rank of SGLang's schedulers may export.
const fn sglang_ranks(base: &'static str) -> MetricName {
    MetricName::new(Server::Sglang, base).once(Once::Without(&["tp_rank", "pp_rank", "moe_ep_rank"]))
}

const fn trtllm(base: &'static str) -> MetricName {
    MetricName::new(Server::TensorRtLlm, base)
}

const fn triton(base: &'static str, only: &'static str) -> MetricName {
    MetricName::new(Server::Triton, base).only(only)
}

/// Matchers for the requests to a model in the counts of vLLM's HTTP layer, with further matchers.
macro_rules! by_http {
    ($($more:literal)?) => {
        concat!("handler=~\"/v1/.*|/generate.*|/invocations|/inference.*\",handler!=\"/v1/models\"" $(, $more)?)
    };
}

/// Matchers for the requests to a model in the counts of `SGLang`'s HTTP layer, with further matchers.
macro_rules! by_sglang {
    ($($more:literal)?) => {
        concat!("endpoint=~\"/v1/.*|/generate.*\",endpoint!=\"/v1/models\"" $(, $more)?)
    };
}

const BY_CLASS: &str = "vLLM's own HTTP layer counts by class (`5xx`), which does not distinguish refusals from failures. It has no `model_name`.";

const UNTIL_SET: &str = "With several processes (data-parallel) it appears when it is first set.";

/// In the order of [`Q::ALL`].
pub(super) const ROWS: &[DictionaryRow] = &[
    DictionaryRow {
        quantity: Q::Ttft,
        key: "ttft",
        title: "Time to first token",
        help: "From arrival at the server to the first token: queue and prefill, without the network.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("time_to_first_token_seconds"),
            sglang("time_to_first_token_seconds").note("Its first bucket ends at 0.1 s."),
            trtllm("time_to_first_token_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::Itl,
        key: "itl",
        title: "Inter-token latency",
        help: "Time between two tokens of one request; every gap counts, so long answers weigh more.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("inter_token_latency_seconds").since(0, 10, 2),
            vllm("time_per_output_token_seconds")
                .until(0, 14, 1)
                .at_times("The same gaps under the old name; 0.10.2 to 0.11.2 show both, 0.12 to 0.14 hide it."),
            sglang("inter_token_latency_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::Tpot,
        key: "tpot",
        title: "Time per output token",
        help: "After the first token, one mean a request.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_time_per_output_token_seconds").since(0, 11, 0),
            sglang("request_time_per_output_token_seconds"),
            trtllm("time_per_output_token_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::E2e,
        key: "e2e",
        title: "End-to-end latency",
        help: "From arrival at the server to the last token.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("e2e_request_latency_seconds").note("Its first bucket ends at 0.3 s."),
            sglang("e2e_request_latency_seconds"),
            trtllm("e2e_request_latency_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::QueueTime,
        key: "queue_time",
        title: "Queue time",
        help: "Time waiting for a place in the batch. An empty queue fills the first bucket: read it as \"at most\".",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_queue_time_seconds").note("Its first bucket ends at 0.3 s."),
            sglang_ranks("queue_time_seconds"),
            trtllm("request_queue_time_seconds").note("Its first bucket ends at 0.3 s."),
        ],
    },
    DictionaryRow {
        quantity: Q::PrefillTime,
        key: "prefill_time",
        title: "Prefill time",
        help: "From the first scheduling to the first token.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_prefill_time_seconds").note("Its first bucket ends at 0.3 s."),
            trtllm("request_prefill_time_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::DecodeTime,
        key: "decode_time",
        title: "Decode time",
        help: "From the first token to the last.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_decode_time_seconds").note("Its first bucket ends at 0.3 s."),
            trtllm("request_decode_time_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::InferenceTime,
        key: "inference_time",
        title: "Inference time",
        help: "From the first scheduling to the last token: prefill and decode.",
        group: Group::Experience,
        kind: MetricType::Histogram,
        unit: Unit::Seconds,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_inference_time_seconds").note("Its first bucket ends at 0.3 s."),
            trtllm("request_inference_time_seconds"),
        ],
    },
    DictionaryRow {
        quantity: Q::Running,
        key: "running",
        title: "Requests running",
        help: "Requests in the batch.",
        group: Group::Load,
        kind: MetricType::Gauge,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("num_requests_running").at_times(UNTIL_SET),
            sglang_ranks("num_running_reqs"),
            trtllm("num_requests_running"),
            triton("nv_trt_llm_request_metrics", "request_type=\"scheduled\""),
        ],
    },
    DictionaryRow {
        quantity: Q::Waiting,
        key: "waiting",
        title: "Requests waiting",
        help: "Requests waiting for a place in the batch.",
        group: Group::Load,
        kind: MetricType::Gauge,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("num_requests_waiting").at_times(UNTIL_SET),
            sglang_ranks("num_queue_reqs"),
            trtllm("num_requests_waiting"),
            triton("nv_trt_llm_request_metrics", "request_type=\"waiting\""),
        ],
    },
    DictionaryRow {
        quantity: Q::WaitingByReason,
        key: "waiting_by_reason",
        title: "Requests waiting by reason",
        help: "`capacity` waits for a place; `deferred` for something else, such as a LoRA adapter or a KV transfer.",
        group: Group::Load,
        kind: MetricType::Gauge,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: Some("reason"),
        names: &[vllm("num_requests_waiting_by_reason").since(0, 20, 0).at_times(UNTIL_SET)],
    },
    DictionaryRow {
        quantity: Q::KvUse,
        key: "kv_use",
        title: "KV cache use",
        help: "Share of the KV cache that is in use; at 1 requests wait or are preempted.",
        group: Group::Pressure,
        kind: MetricType::Gauge,
        unit: Unit::Ratio,
        across: Aggregate::Max,
        breakdown: None,
        names: &[
            vllm("kv_cache_usage_perc").since(0, 9, 2).at_times(UNTIL_SET),
            vllm("gpu_cache_usage_perc")
                .until(0, 11, 2)
                .at_times("The same share under the old name; 0.9 and 0.10 show both, 0.11 hides it."),
            sglang_ranks("token_usage"),
            trtllm("kv_cache_utilization"),
            triton("nv_trt_llm_kv_cache_block_metrics", "kv_cache_block_type=\"fraction\""),
        ],
    },
    DictionaryRow {
        quantity: Q::PrefixCacheQueries,
        key: "prefix_cache_queries",
        title: "Prefix cache queries",
        help: "Tokens looked up in the prefix cache.",
        group: Group::Pressure,
        kind: MetricType::Counter,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("prefix_cache_queries_total").since(0, 9, 2),
            vllm("gpu_prefix_cache_queries_total").since(0, 7, 3).until(0, 10, 2).at_times("The V1 engine only."),
            sglang("prompt_tokens_total").note("Every prompt token is looked up."),
        ],
    },
    DictionaryRow {
        quantity: Q::PrefixCacheHits,
        key: "prefix_cache_hits",
        title: "Prefix cache hits",
        help: "Tokens found in the prefix cache.",
        group: Group::Pressure,
        kind: MetricType::Counter,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("prefix_cache_hits_total").since(0, 9, 2),
            vllm("gpu_prefix_cache_hits_total").since(0, 7, 3).until(0, 10, 2).at_times("The V1 engine only."),
            sglang("cached_tokens_total").at_times("It appears with the first hit."),
        ],
    },
    DictionaryRow {
        quantity: Q::PrefixCacheHitRatio,
        key: "prefix_cache_hit_ratio",
        title: "Prefix cache hit ratio",
        help: "Share of looked-up tokens that were found, as the server computes it; hits over queries are better where \
               there are both, because they are of a known time.",
        group: Group::Pressure,
        kind: MetricType::Gauge,
        unit: Unit::Ratio,
        across: Aggregate::Mean,
        breakdown: None,
        names: &[
            vllm("gpu_prefix_cache_hit_rate")
                .until(0, 8, 5)
                .valid(">= 0")
                .at_times("The V0 engine only, and -1 where prefix caching is off."),
            sglang_ranks("cache_hit_rate").note("Of the last prefill batch."),
            trtllm("kv_cache_hit_rate"),
        ],
    },
    DictionaryRow {
        quantity: Q::Preemptions,
        key: "preemptions",
        title: "Preemptions",
        help: "Requests thrown out of the batch for want of KV cache; their work is done again.",
        group: Group::Pressure,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("num_preemptions_total").at_times("0.7.3 with the V1 engine lacks it."),
            sglang_ranks("num_retracted_requests_total").at_times("It appears with the first retraction."),
        ],
    },
    DictionaryRow {
        quantity: Q::AdmissionRejections,
        key: "admission_rejections",
        title: "Admission rejections",
        help: "Requests refused with HTTP status 503 because a limit on admission was reached (`--max-num-queued-reqs`, which \
               counts running and waiting requests, or `--max-num-queued-tokens`): one for each HTTP request, however many \
               answers it asks for. Both reasons are there from the start, at 0, whether a limit is set or not. Its series have \
               no `engine` label.",
        group: Group::Pressure,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: Some("reason"),
        names: &[vllm("admission_rejections_total").since(0, 32, 0)],
    },
    DictionaryRow {
        quantity: Q::PromptTokens,
        key: "prompt_tokens",
        title: "Prompt tokens",
        help: "Prompt tokens read, those of aborted requests too.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[vllm("prompt_tokens_total"), sglang("prompt_tokens_total"), trtllm("prompt_tokens_total")],
    },
    DictionaryRow {
        quantity: Q::CachedPromptTokens,
        key: "cached_prompt_tokens",
        title: "Cached prompt tokens",
        help: "Prompt tokens that a cache spared.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("prompt_tokens_cached_total").since(0, 16, 0),
            sglang("cached_tokens_total").at_times("It appears with the first hit."),
        ],
    },
    DictionaryRow {
        quantity: Q::OutputTokens,
        key: "output_tokens",
        title: "Output tokens",
        help: "Tokens generated, those of aborted requests too: a little more than clients count.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[vllm("generation_tokens_total"), sglang("generation_tokens_total"), trtllm("generation_tokens_total")],
    },
    DictionaryRow {
        quantity: Q::Success,
        key: "success",
        title: "Requests finished",
        help: "By reason: `stop`, `length`, `abort`, from 0.13 `error`, from 0.32 `repetition`. Requests that a client \
               gave up are not counted in 0.32, `abort` stays at 0.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: Some("finished_reason"),
        names: &[
            vllm("request_success_total").at_times("The V0 engine shows a reason when it first happens."),
            sglang("num_requests_total").note("Without a reason."),
            trtllm("request_success_total"),
        ],
    },
    DictionaryRow {
        quantity: Q::Failed,
        key: "failed",
        title: "Requests failed",
        help: "Requests that ended without an answer, as the engine counts them. A refused request never gets there: see \
               Admission rejections and HTTP requests.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            vllm("request_success_total")
                .only("finished_reason=~\"abort|error\"")
                .at_times("Requests that a client gave up are not counted in 0.32."),
            sglang("num_aborted_requests_total").at_times("It appears with the first one."),
            trtllm("request_error_total").at_times("It appears with the first one."),
        ],
    },
    DictionaryRow {
        quantity: Q::HttpRequests,
        key: "http_requests",
        title: "HTTP requests",
        help: "Answers by class of status (`2xx`, `4xx`, `5xx`). A refused request is among `5xx`, beside those that failed.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: Some("status"),
        names: &[
            MetricName::new(Server::Http, "http_requests_total").only(by_http!()).at_times(
                "It appears with the first answer. vLLM's V1 servers have it, 0.8.5 with the V0 engine does not. \
                     It has no `model_name`.",
            ),
            sglang("http_responses_total")
                .only(by_sglang!())
                .relabel(Relabel { to: "status", replacement: "${1}xx", from: "status_code", regex: "(.).." })
                .at_times("It appears with the first answer."),
        ],
    },
    DictionaryRow {
        quantity: Q::HttpAnswers,
        key: "http_answers",
        title: "HTTP answers by status",
        help: "Answers where each status is counted by itself (`200`, `503`): whoever has them can tell a refused request from \
               one that failed.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: Some("status"),
        names: &[
            MetricName::new(Server::Http, "http_requests_total")
                .only(by_http!(",status=~\"[1-5][0-9][0-9]\""))
                .at_times(BY_CLASS),
            sglang("http_responses_total")
                .only(by_sglang!())
                .relabel(Relabel { to: "status", replacement: "$1", from: "status_code", regex: "(.*)" })
                .at_times("It appears with the first answer."),
        ],
    },
    DictionaryRow {
        quantity: Q::HttpRefusals,
        key: "http_refusals",
        title: "HTTP refusals",
        help: "Answers 429 (too many requests) and 503 (unavailable): requests refused for want of capacity.",
        group: Group::Traffic,
        kind: MetricType::Counter,
        unit: Unit::Requests,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[
            MetricName::new(Server::Http, "http_requests_total")
                .only(by_http!(",status=~\"429|503\""))
                .at_times(BY_CLASS),
            sglang("http_responses_total")
                .only(by_sglang!(",status_code=~\"429|503\""))
                .at_times("It appears with the first refusal."),
        ],
    },
    DictionaryRow {
        quantity: Q::PromptLength,
        key: "prompt_length",
        title: "Prompt length",
        help: "Prompt tokens of a request.",
        group: Group::Traffic,
        kind: MetricType::Histogram,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[vllm("request_prompt_tokens"), sglang("prompt_tokens_histogram")],
    },
    DictionaryRow {
        quantity: Q::OutputLength,
        key: "output_length",
        title: "Output length",
        help: "Output tokens of a request.",
        group: Group::Traffic,
        kind: MetricType::Histogram,
        unit: Unit::Tokens,
        across: Aggregate::Sum,
        breakdown: None,
        names: &[vllm("request_generation_tokens"), sglang("generation_tokens_histogram")],
    },
    DictionaryRow {
        quantity: Q::CacheConfig,
        key: "cache_config",
        title: "KV cache configuration",
        help: "Blocks and their size in the labels `num_gpu_blocks` and `block_size` (SGLang: `num_pages`, `page_size`). \
               VictoriaMetrics drops labels above 30 a series unless `-maxLabelsPerTimeseries` is raised.",
        group: Group::State,
        kind: MetricType::Info,
        unit: Unit::Number,
        across: Aggregate::Max,
        breakdown: None,
        names: &[
            vllm("cache_config_info").at_times("0.7.3 with the V1 engine lacks it."),
            sglang_ranks("cache_config_info"),
        ],
    },
    DictionaryRow {
        quantity: Q::Up,
        key: "up",
        title: "Scrape up",
        help: "1 when the last scrape of a target worked, 0 when it failed.",
        group: Group::State,
        kind: MetricType::Gauge,
        unit: Unit::Number,
        across: Aggregate::Min,
        breakdown: None,
        names: &[MetricName::new(Server::Prometheus, "up")],
    },
    DictionaryRow {
        quantity: Q::ProcessStart,
        key: "process_start",
        title: "Process start",
        help: "When the server's process started, in seconds since 1970-01-01 UTC.",
        group: Group::State,
        kind: MetricType::Gauge,
        unit: Unit::Seconds,
        across: Aggregate::Max,
        breakdown: None,
        names: &[MetricName::new(Server::Prometheus, "process_start_time_seconds")
            .at_times("vLLM with several processes (data-parallel, several API servers, V0) does not show it.")],
    },
];
