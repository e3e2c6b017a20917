//! The latency objectives of a benchmark, and how many requests met them as GuideLLM counts, from 0.8 on
//! (`schemas/benchmark/goodput.py`, `benchmark/schemas/metrics.py`).

use headroom_engine::display;
use headroom_engine::run::ToolConclusion;

use crate::json::{Parser, Stop};

/// `config.slo` of a benchmark, in milliseconds.
#[derive(Default)]
pub(super) struct Objectives {
    ttft: Option<f64>,
    /// GuideLLM calls it `tpot_ms` and checks it against the inter-token latency.
    itl: Option<f64>,
    e2e: Option<f64>,
}

/// What `metrics` says about the objectives.
#[derive(Default, Clone, Copy)]
pub(super) struct Attainment {
    /// Share of requests that met them, 0 to 1. Errors count as missed; requests that were cut off do not count.
    pub(super) share: Option<f64>,
    /// Number of requests that `share` is based on.
    pub(super) determined: Option<u64>,
    /// Requests per second that met every objective.
    pub(super) goodput: Option<f64>,
}

impl Objectives {
    /// Reads `slo`; empty if there is none.
    pub(super) fn read(parser: &mut Parser<'_, '_>) -> Result<Self, Stop> {
        let mut objectives = Self::default();
        parser.object(|parser, key| {
            match key {
                "ttft_ms" => objectives.ttft = parser.number()?,
                "tpot_ms" => objectives.itl = parser.number()?,
                "e2el_ms" => objectives.e2e = parser.number()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(objectives)
    }

    /// The tool's figure in words; `None` if there is none, as without objectives.
    pub(super) fn told(&self, attainment: Attainment, load: f64) -> Option<ToolConclusion> {
        let share = attainment.share.filter(|share| (0.0..=1.0).contains(share))?;
        let of = attainment.determined.map_or_else(|| "requests".to_owned(), |count| display::count(count, "request"));
        let limits: Vec<String> = [("TTFT", self.ttft), ("ITL", self.itl), ("E2E", self.e2e)]
            .into_iter()
            .filter_map(|(name, limit)| Some(format!("{name} ≤ {}", display::milliseconds(limit?))))
            .collect();
        let limits = if limits.is_empty() {
            "every objective, which the report does not name".to_owned()
        } else {
            limits.join(", ")
        };
        let rate = attainment.goodput.map_or_else(String::new, |rate| format!("; {} such req/s", display::rate(rate)));
        Some(ToolConclusion {
            kind: "slo_attainment".to_owned(),
            status: None,
            load: Some(load),
            message: format!("{} of {of} met {limits}{rate}", display::percent(share)),
        })
    }
}
