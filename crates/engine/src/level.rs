//! A level: one load step of a run and everything measured during it.

/// One load step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Level {
    /// Offered load: streams for a closed loop, requests per second for an open one.
    pub load: f64,
    /// The load that the tool was asked to offer, in the unit of [`load`](Self::load), if it offered another one.
    pub asked_load: Option<f64>,
    /// Mean number of requests in flight, as measured. For a saturated closed loop this is
    /// close to `load`.
    pub concurrency: Option<f64>,
    /// Length of the measurement window, seconds.
    pub duration_s: Option<f64>,
    /// Start of the measurement window, milliseconds since the Unix epoch, UTC.
    pub started_ms: Option<i64>,
    /// End of the measurement window, milliseconds since the Unix epoch, UTC.
    pub ended_ms: Option<i64>,
    /// How the requests of this level ended.
    pub requests: Requests,
    /// Throughput as the report states it.
    pub reported: Rates,
    /// Throughput recomputed from counts and duration. Verdicts and curves use this one, because the throughput that
    /// tools report deviates from count over duration by up to 70 %.
    pub rates: Rates,
    /// Mean prompt tokens of a successful request.
    pub prompt_tokens: Option<f64>,
    /// Mean output tokens of a successful request.
    pub output_tokens: Option<f64>,
    /// Time to first token, milliseconds, successful requests.
    pub ttft: Option<Distribution>,
    /// Inter-token latency: per request `(last token − first token) / (tokens − 1)`,
    /// milliseconds.
    pub itl: Option<Distribution>,
    /// Time per output token, milliseconds. For GuideLLM from 0.4 on this is `(last token − request start) / tokens`,
    /// which includes TTFT, so it is never compared across tools.
    pub tpot: Option<Distribution>,
    /// End-to-end latency of a request, milliseconds.
    pub e2e: Option<Distribution>,
    /// One row per successful request, if the report has all of them.
    pub samples: Option<Samples>,
    /// What the server's metrics said during the level, if the tool recorded them.
    pub server: Server,
    /// What the tool itself said about this level, verbatim, and what its settings mean for the level.
    pub tool_warnings: Vec<String>,
}

impl Level {
    /// Energy per output token, joules: the power of all accelerators divided by the output tokens per second. `None`
    /// if one of the two is unknown, or if no tokens came out.
    #[must_use]
    pub fn joules_per_output_token(&self) -> Option<f64> {
        let rate = self.rates.output_tokens.filter(|rate| *rate > 0.0)?;
        Some(self.server.power_w? / rate).filter(|energy| energy.is_finite())
    }
}

/// What a server's metrics said during a level, as means over the level's time. Most reports have none of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Server {
    /// Requests waiting for a place in the batch, summed over all replicas.
    pub queue_depth: Option<f64>,
    /// Share of the KV cache in use, 0 to 1, of the replica with the highest share.
    pub kv_cache_use: Option<f64>,
    /// Power of all accelerators together, watts.
    pub power_w: Option<f64>,
}

/// How requests ended. `incomplete` ones were in flight when the level ended: they are neither a success nor an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// Answered in full.
    pub ok: u64,
    /// Failed, or were refused.
    pub errored: u64,
    /// Still in flight at the end of the level.
    pub incomplete: u64,
}

impl Requests {
    /// Share of errors among finished requests, 0 to 1; `None` if nothing finished.
    #[must_use]
    pub fn error_rate(self) -> Option<f64> {
        let finished = self.ok + self.errored;
        (finished > 0).then(|| self.errored as f64 / finished as f64)
    }
}

/// Throughput of a level, per second. Output, prompt and total tokens are three quantities and are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Successful requests per second.
    pub requests: Option<f64>,
    /// Output tokens per second.
    pub output_tokens: Option<f64>,
    /// Prompt tokens per second.
    pub prompt_tokens: Option<f64>,
    /// Prompt and output tokens per second.
    pub total_tokens: Option<f64>,
}

/// The distribution of one latency over the successful requests of a level, milliseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Number of requests behind the quantiles. Tools that weight by tokens report a larger count; readers set the
    /// number of requests.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation.
    pub std: Option<f64>,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// `(q, value)` with `0 < q < 1`, ascending in `q`, as the tool computed them.
    pub quantiles: Vec<(f64, f64)>,
}

impl Distribution {
    /// The `q` quantile as the tool reported it. `None` if the tool did not report exactly this one: nothing is
    /// interpolated between neighbouring quantiles.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.quantiles.iter().find(|(at, _)| (at - q).abs() < 1e-9).map(|&(_, value)| value)
    }
}

/// Per-request measurements of a level, in columns of equal length; `NaN` if a request lacks the value. Rows are in the
/// report's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// Request start, seconds after the level's own start.
    pub start_s: Vec<f64>,
    /// Time to first token, milliseconds.
    pub ttft_ms: Vec<f64>,
    /// Inter-token latency, milliseconds.
    pub itl_ms: Vec<f64>,
    /// Time per output token, milliseconds.
    pub tpot_ms: Vec<f64>,
    /// End-to-end latency, milliseconds.
    pub e2e_ms: Vec<f64>,
    /// Output tokens.
    pub output_tokens: Vec<f64>,
}

impl Samples {
    /// Number of requests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.e2e_ms.len()
    }

    /// Whether there are no requests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.e2e_ms.is_empty()
    }
}
