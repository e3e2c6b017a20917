//! The Prometheus series of a deployment, and PromQL on them.
//!
//! The names are those of `docs/metrics.md`; tests check that.

use headroom_engine::run::LoadModel;
use headroom_engine::slo::{Latency, Limit, Subject};

use crate::arguments::Server;

/// One series per deployment, grouped as in the rules that ship with Headroom.
const BY: &str = "by (namespace, model_name)";

/// The series of a deployment, and the server whose metrics they are.
pub(super) struct Series {
    pub(super) server: Server,
    /// Labels with their values.
    pub(super) matchers: Vec<(String, String)>,
}

impl Series {
    /// `{model_name="…",namespace="…"}`.
    fn selector(&self) -> String {
        braced(self.matchers.iter().map(matcher))
    }

    fn name(&self, vllm: &str, sglang: &str) -> String {
        match self.server {
            Server::Vllm => format!("vllm:{vllm}"),
            Server::Sglang => format!("sglang:{sglang}"),
        }
    }

    /// Requests running and waiting, with a function of time applied to each. All ranks of an `SGLang` server export
    /// the same value, so one of them is used.
    fn in_flight(&self, function: &str, by: &str, window: &str) -> String {
        let running = self.gauge(function, "num_requests_running", "num_running_reqs", window);
        let waiting = self.gauge(function, "num_requests_waiting", "num_queue_reqs", window);
        format!("sum{by} ({running}) + sum{by} ({waiting})")
    }

    fn gauge(&self, function: &str, vllm: &str, sglang: &str, window: &str) -> String {
        let over_time = format!("{function}({}{}[{window}])", self.name(vllm, sglang), self.selector());
        match self.server {
            Server::Vllm => over_time,
            Server::Sglang => format!("max without (tp_rank, pp_rank, moe_ep_rank) ({over_time})"),
        }
    }

    /// The load of all replicas together: requests in flight, or arriving requests per second. Arriving requests are
    /// the finished ones plus the growth of the number in flight: an overloaded server finishes only what it can, and
    /// the rest shows in its queue.
    fn whole(&self, model: LoadModel, by: &str, window: &str) -> String {
        match model {
            LoadModel::Closed => self.in_flight("avg_over_time", by, window),
            LoadModel::Open(_) => {
                format!("{} + {}", self.finished(by, window), self.in_flight("deriv", by, window))
            }
        }
    }

    /// The load of one replica over five minutes, one series per deployment. Replicas are counted as distinct
    /// instances.
    pub(super) fn load_per_replica(&self, model: LoadModel) -> String {
        let running = format!("{}{}", self.name("num_requests_running", "num_running_reqs"), self.selector());
        format!(
            "({}) / count {BY} (sum by (namespace, model_name, instance) ({running}))",
            self.whole(model, &format!(" {BY}"), "5m")
        )
    }

    /// The load of all replicas over two minutes as one number, which an autoscaler divides by the load that a replica
    /// holds. Refused requests are demand too. In an open loop their rate is added. In a closed loop the requests in
    /// flight are multiplied by arriving over admitted requests. If none is refused, or the server does not count them,
    /// it is the load.
    pub(super) fn load_of_all(&self, model: LoadModel) -> String {
        let load = self.whole(model, "", "2m");
        let refused = self.refused("", "2m");
        match model {
            LoadModel::Closed => {
                let finished = self.finished("", "2m");
                format!("({load}) * (1 + ({refused} > 0) / ({finished} > 0) or vector(1))")
            }
            LoadModel::Open(_) => format!("{load} + ({refused} or vector(0))"),
        }
    }

    /// The share of the requests arriving in five minutes that was refused for lack of capacity, one series per
    /// deployment; no series if no request arrives.
    pub(super) fn refused_share(&self) -> String {
        let by = format!(" {BY}");
        let (refused, finished) = (self.refused(&by, "5m"), self.finished(&by, "5m"));
        format!("{refused} / ({refused} + {finished} > 0)")
    }

    /// Requests that finished, per second.
    fn finished(&self, by: &str, window: &str) -> String {
        let finished = format!("{}{}", self.name("request_success_total", "num_requests_total"), self.selector());
        format!("sum{by} (rate({finished}[{window}]))")
    }

    /// Requests refused for lack of capacity, per second. `SGLang` counts them in its HTTP layer, which does not know
    /// models, so those of the servers that serve this model are taken.
    fn refused(&self, by: &str, window: &str) -> String {
        match self.server {
            Server::Vllm => {
                let refused = format!("vllm:admission_rejections_total{}", self.selector());
                format!("sum{by} (rate({refused}[{window}]))")
            }
            Server::Sglang => {
                let of_targets = self.matchers.iter().filter(|(label, _)| label != "model_name").map(matcher);
                let refusing = ["status_code=~\"429|503\"".to_owned()];
                let refused = format!("sglang:http_responses_total{}", braced(of_targets.chain(refusing)));
                let served = format!("sglang:num_running_reqs{}", self.selector());
                format!(
                    "sum{by} (sum by (namespace, instance) (rate({refused}[{window}])) * on (namespace, instance) \
                     group_right () group by (namespace, model_name, instance) ({served}))"
                )
            }
        }
    }

    /// The limited quantity as the server measures it, in seconds; `None` if the server does not measure it.
    ///
    /// A benchmark's ITL is one mean per request. Servers call that time per output token; what they call inter-token
    /// latency gives long answers more weight. For some tools TPOT includes the first token.
    pub(super) fn limited(&self, limit: &Limit) -> Option<String> {
        let Subject::Latency(latency, _) = limit.subject else { return None };
        let base = match latency {
            Latency::Ttft => "time_to_first_token_seconds",
            Latency::Itl => "request_time_per_output_token_seconds",
            Latency::E2e => "e2e_request_latency_seconds",
            Latency::Tpot => return None,
        };
        let name = self.name(base, base);
        let selector = self.selector();
        Some(match limit.quantile() {
            Some(q) => format!(
                "histogram_quantile({q}, sum by (namespace, model_name, le) (rate({name}_bucket{selector}[5m])))"
            ),
            None => format!("sum {BY} (rate({name}_sum{selector}[5m])) / sum {BY} (rate({name}_count{selector}[5m]))"),
        })
    }
}

fn matcher((label, value): &(String, String)) -> String {
    format!("{label}=\"{}\"", escaped(value))
}

fn braced(matchers: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", matchers.collect::<Vec<_>>().join(","))
}

/// A label's value inside double quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
