use std::time::Duration;

use super::*;

#[test]
fn rows_are_in_the_order_of_the_quantities_and_their_keys_are_unique() {
    let quantities: Vec<_> = rows().map(|row| row.quantity).collect();
    assert_eq!(quantities, Quantity::ALL);
    for quantity in Quantity::ALL {
        assert_eq!(quantity.row().quantity, *quantity);
        assert_eq!(Quantity::from_key(quantity.key()), Some(*quantity));
        assert!(!quantity.row().names.is_empty(), "{}", quantity.key());
    }
    assert_eq!(Quantity::from_key("speed"), None);
}

const MINUTE: Duration = Duration::from_mins(1);

fn resolved(names: &[&str], labels: &[&str]) -> Resolved {
    resolve(names.iter().copied(), labels.iter().copied())
}

#[test]
fn the_same_quantity_is_found_under_every_prefix() {
    let check = |names: &[&str], quantity: Quantity, expected: &[&str]| {
        let resolved = resolved(names, &[]);
        let found: Vec<_> = resolved.sources(quantity).iter().map(|source| source.name.as_str()).collect();
        assert_eq!(found, expected, "{names:?}");
        assert_eq!(resolved.why_missing(quantity).is_none(), resolved.has(quantity), "{names:?}");
    };
    check(&["vllm:num_requests_running"], Quantity::Running, &["vllm:num_requests_running"]);
    check(&["ray_vllm_num_requests_running"], Quantity::Running, &["ray_vllm_num_requests_running"]);
    check(&["ray_vllm:num_requests_running"], Quantity::Running, &["ray_vllm:num_requests_running"]);
    check(&["kserve_vllm:num_requests_running"], Quantity::Running, &["kserve_vllm:num_requests_running"]);
    check(&["vllm_num_requests_running"], Quantity::Running, &["vllm_num_requests_running"]);
    // The server's own prefix comes first.
    check(
        &["kserve_vllm:num_requests_running", "vllm:num_requests_running"],
        Quantity::Running,
        &["vllm:num_requests_running", "kserve_vllm:num_requests_running"],
    );
    // A recording rule aggregates series that exist already.
    check(&["job:vllm:num_requests_running", "myvllm:num_requests_running"], Quantity::Running, &[]);
    check(&["vllm:e2e_request_latency_seconds_bucket"], Quantity::E2e, &["vllm:e2e_request_latency_seconds"]);
    check(&["vllm:e2e_request_latency_seconds_sum"], Quantity::E2e, &[]);
    // Ray first exported counters without `_total`, and now exports both forms.
    check(&["ray_vllm_generation_tokens"], Quantity::OutputTokens, &["ray_vllm_generation_tokens"]);
    check(
        &["ray_vllm_generation_tokens", "ray_vllm_generation_tokens_total"],
        Quantity::OutputTokens,
        &["ray_vllm_generation_tokens_total"],
    );
    check(&["vllm:generation_tokens"], Quantity::OutputTokens, &[]);
    check(&["sglang:num_running_reqs"], Quantity::Running, &["sglang:num_running_reqs"]);
    check(&["ray_sglang_num_running_reqs"], Quantity::Running, &["ray_sglang_num_running_reqs"]);
    check(&["trtllm_num_requests_running"], Quantity::Running, &["trtllm_num_requests_running"]);
    check(&["trtllm:num_requests_running"], Quantity::Running, &["trtllm:num_requests_running"]);
    check(&["nv_trt_llm_request_metrics"], Quantity::Running, &["nv_trt_llm_request_metrics"]);
    check(&["DCGM_FI_DEV_POWER_USAGE"], Quantity::GpuPower, &["DCGM_FI_DEV_POWER_USAGE"]);
    check(&[], Quantity::Running, &[]);
}

#[test]
fn a_name_is_known_with_any_prefix_and_suffix() {
    let check = |name: &str, expected: Option<Quantity>| assert_eq!(known(name), expected, "{name}");
    check("vllm:time_to_first_token_seconds_bucket", Some(Quantity::Ttft));
    check("ray_vllm_time_to_first_token_seconds_sum", Some(Quantity::Ttft));
    check("kserve_vllm:num_requests_waiting", Some(Quantity::Waiting));
    check("DCGM_FI_DEV_GPU_UTIL", Some(Quantity::GpuUse));
    check("up", Some(Quantity::Up));
    check("vllm:time_to_first_token_seconds", None);
    check("vllm:num_requests_running_sum", None);
    check("node_cpu_seconds_total", None);
}

#[test]
fn what_is_missing_says_why() {
    let check = |names: &[&str], quantity: Quantity, words: &[&str]| {
        let resolved = resolved(names, &[]);
        let missing = resolved.why_missing(quantity).unwrap();
        for word in words {
            assert!(missing.words.contains(word), "{names:?}: {missing}");
        }
    };
    check(&[], Quantity::Ttft, &["no metrics of a model server", "scraped"]);
    check(&["up"], Quantity::Ttft, &["no metrics of a model server"]);
    check(&["vllm:num_requests_running"], Quantity::GpuPower, &["no metrics of a DCGM exporter", "namespace"]);
    check(
        &["DCGM_FI_DEV_POWER_USAGE"],
        Quantity::FanSpeed,
        &["does not export `DCGM_FI_DEV_FAN_SPEED`", "Off by default"],
    );
    check(&["sglang:num_running_reqs"], Quantity::DecodeTime, &["SGLang does not measure it"]);
    check(&["sglang:num_running_reqs"], Quantity::Up, &["`up` is not here"]);
    check(&["sglang:num_running_reqs"], Quantity::Ttft, &["`sglang:time_to_first_token_seconds` is not here"]);
    // No version has these names together.
    check(
        &["vllm:num_requests_running", "vllm:num_requests_swapped", "vllm:admission_rejections_total"],
        Quantity::WaitingByReason,
        &["`vllm:num_requests_waiting_by_reason` is not here"],
    );
    // Quantities asked for in a way that their kind does not allow.
    let resolved = resolved(&["vllm:num_requests_running"], &[]);
    let error = resolved.rate(Quantity::Running, &Selector::all(), MINUTE, &[]).unwrap_err();
    assert_eq!(error.words, "Requests running is a gauge and has no rate.");
}

#[test]
fn promql_is_written_from_the_names_and_labels_that_exist() {
    let chat = Selector::all().equal("model_name", "chat \"a\"\\b");
    let check =
        |names: &[&str], labels: &[&str], make: &dyn Fn(&Resolved) -> Result<String, Missing>, expected: &str| {
            assert_eq!(make(&resolved(names, labels)).as_deref(), Ok(expected), "{names:?}");
        };
    check(
        &["vllm:generation_tokens_total"],
        &[],
        &|r| r.rate(Quantity::OutputTokens, &Selector::all(), MINUTE, &[]),
        "sum(rate(vllm:generation_tokens_total[1m]))",
    );
    // Version 0.10.2 exports both names: the old one counts only for instances without the new one.
    check(
        &["vllm:inter_token_latency_seconds_bucket", "vllm:time_per_output_token_seconds_bucket"],
        &[],
        &|r| r.buckets(Quantity::Itl, &chat, MINUTE, &["model_name"]),
        "sum by (le, model_name) (rate(vllm:inter_token_latency_seconds_bucket{model_name=\"chat \\\"a\\\"\\\\b\"}[1m]) or on \
         (instance, cluster) rate(vllm:time_per_output_token_seconds_bucket{model_name=\"chat \\\"a\\\"\\\\b\"}[1m]))",
    );
    check(
        &["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
        &[],
        &|r| r.value(Quantity::KvUse, &Selector::all(), &[]),
        "max(vllm:kv_cache_usage_perc or on (instance, cluster) vllm:gpu_cache_usage_perc)",
    );
    check(
        &["vllm:kv_cache_usage_perc"],
        &[],
        &|r| r.value_over(Quantity::KvUse, Over::Max, &Selector::all(), MINUTE, &["pod"]),
        "max by (pod) (max_over_time(vllm:kv_cache_usage_perc[1m]))",
    );
    check(
        &["vllm:e2e_request_latency_seconds_bucket"],
        &[],
        &|r| r.total(Quantity::E2e, &Selector::all(), MINUTE, &[]),
        "sum(rate(vllm:e2e_request_latency_seconds_sum[1m]))",
    );
    check(
        &["nv_trt_llm_request_metrics"],
        &[],
        &|r| r.value(Quantity::Waiting, &Selector::all().equal("pod", "a"), &[]),
        r#"sum(nv_trt_llm_request_metrics{request_type="waiting",pod="a"})"#,
    );
    check(
        &["vllm:gpu_prefix_cache_hit_rate"],
        &[],
        &|r| r.value_over(Quantity::PrefixCacheHitRatio, Over::Mean, &Selector::all(), MINUTE, &[]),
        "avg(((avg_over_time(vllm:gpu_prefix_cache_hit_rate[1m]) >= 0)))",
    );
    check(
        &["vllm:cache_config_info"],
        &[],
        &|r| r.series(Quantity::CacheConfig, &Selector::all().equal("pod", "a")),
        r#"vllm:cache_config_info{pod="a"}"#,
    );
}

#[test]
fn a_refusal_is_told_where_each_status_is_counted_by_itself() {
    let check = |quantity: Quantity, names: &[&str], expected: &str| {
        let servers = Selector::all().equal("instance", "a");
        assert_eq!(resolved(names, &[]).rate(quantity, &servers, MINUTE, &[]).as_deref(), Ok(expected), "{names:?}");
    };
    check(
        Quantity::HttpRefusals,
        &["http_requests_total"],
        r#"sum(rate(http_requests_total{handler=~"/v1/.*|/generate.*|/invocations|/inference.*",handler!="/v1/models",status=~"429|503",instance="a"}[1m]))"#,
    );
    check(
        Quantity::HttpAnswers,
        &["http_requests_total"],
        r#"sum(rate(http_requests_total{handler=~"/v1/.*|/generate.*|/invocations|/inference.*",handler!="/v1/models",status=~"[1-5][0-9][0-9]",instance="a"}[1m]))"#,
    );
    check(
        Quantity::HttpRefusals,
        &["sglang:http_responses_total"],
        r#"sum(rate(sglang:http_responses_total{endpoint=~"/v1/.*|/generate.*",endpoint!="/v1/models",status_code=~"429|503",instance="a"}[1m]))"#,
    );
}

#[test]
fn labels_go_by_one_name_whatever_they_are_called() {
    let prod = Selector::all().equal("namespace", "prod");
    let check = |labels: &[&str], expected: &str| {
        let resolved = resolved(&["vllm:num_requests_running"], labels);
        assert_eq!(resolved.value(Quantity::Running, &prod, &["namespace"]).as_deref(), Ok(expected), "{labels:?}");
    };
    check(&[], r#"sum by (namespace) (vllm:num_requests_running{namespace="prod"})"#);
    check(&["namespace"], r#"sum by (namespace) (vllm:num_requests_running{namespace="prod"})"#);
    check(
        &["kubernetes_namespace"],
        r#"sum by (namespace) (label_replace(vllm:num_requests_running{kubernetes_namespace="prod"}, "namespace", "$1", "kubernetes_namespace", "(.+)"))"#,
    );
    check(
        &["namespace", "exported_namespace"],
        r#"sum by (namespace) (label_replace((vllm:num_requests_running{exported_namespace="prod",exported_namespace!=""} or vllm:num_requests_running{exported_namespace="",namespace="prod"}), "namespace", "$1", "exported_namespace", "(.+)"))"#,
    );
}

#[test]
fn things_that_are_exported_several_times_count_once() {
    let check =
        |names: &[&str], labels: &[&str], make: &dyn Fn(&Resolved) -> Result<String, Missing>, expected: &str| {
            assert_eq!(make(&resolved(names, labels)).as_deref(), Ok(expected), "{names:?}");
        };
    check(
        &["DCGM_FI_DEV_POWER_USAGE"],
        &[],
        &|r| r.value(Quantity::GpuPower, &Selector::all(), &["pod"]),
        "sum by (pod) (max by (UUID, pod) (((DCGM_FI_DEV_POWER_USAGE < 1e15))))",
    );
    check(
        &["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"],
        &[],
        &|r| r.rate(Quantity::GpuEnergy, &Selector::all(), MINUTE, &[]),
        "sum(max by (UUID) ((rate(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION[1m]) * 0.001)))",
    );
    check(
        &["DCGM_FI_DEV_FB_USED"],
        &[],
        &|r| r.value_over(Quantity::GpuMemoryUsed, Over::Mean, &Selector::all(), MINUTE, &[]),
        "sum(max by (UUID, GPU_I_ID) (((avg_over_time(DCGM_FI_DEV_FB_USED[1m]) < 1e15) * 1048576)))",
    );
    // Every rank of a tensor-parallel group counts the same requests.
    check(
        &["sglang:num_running_reqs"],
        &["tp_rank", "dp_rank"],
        &|r| r.value(Quantity::Running, &Selector::all(), &[]),
        "sum(max without (tp_rank) (sglang:num_running_reqs))",
    );
    check(
        &["sglang:num_running_reqs"],
        &["dp_rank"],
        &|r| r.value(Quantity::Running, &Selector::all(), &[]),
        "sum(sglang:num_running_reqs)",
    );
    check(
        &["sglang:http_responses_total"],
        &[],
        &|r| r.rate(Quantity::HttpRequests, &Selector::all(), MINUTE, &["status"]),
        "sum by (status) (label_replace(rate(sglang:http_responses_total{endpoint=~\"/v1/.*|/generate.*\",\
         endpoint!=\"/v1/models\"}[1m]), \"status\", \"${1}xx\", \"status_code\", \"(.)..\"))",
    );
}

#[test]
fn selectors_are_written_as_promql_reads_them() {
    let check = |selector: Selector, expected: &str| assert_eq!(selector.to_string(), expected);
    check(Selector::all(), "{}");
    check(Selector::all().equal("namespace", "prod"), r#"{namespace="prod"}"#);
    check(
        Selector::all().equal("namespace", "pr\"od").any_of("pod", &["a\\b.*"]),
        r#"{namespace="pr\"od",pod=~"a\\\\b\\.\\*"}"#,
    );
    check(Selector::all().equal("a", "").any_of("b", &["x\n", "ä"]), r#"{a="",b=~"x\n|ä"}"#);
}
