//! Production in the coordinates of a benchmark: time windows grouped by their load.

use super::observation::{Latencies, Observation};
use crate::level::{Level, Rates, Requests};
use crate::run::{Deployment, Known, LoadModel, Provenance, Run, Workload};
use crate::whole;

/// At most about this many bins: more cannot be told apart in a panel, and each would have fewer requests.
const MOST_BINS: f64 = 40.0;

/// All time windows with about the same load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bin {
    /// Lowest load of the bin.
    pub from: f64,
    /// Upper end of the bin; a load of exactly this belongs to the next bin.
    pub to: f64,
    /// Mean load of one replica, weighted by time.
    pub load: f64,
    /// Total time in this bin, seconds.
    pub seconds: f64,
    /// Number of windows.
    pub windows: u64,
    /// Mean number of requests in flight per replica.
    pub concurrency: Option<f64>,
    /// Finished requests of one replica; `None` if the server does not count them.
    pub requests: Option<f64>,
    /// Output tokens of one replica.
    pub output_tokens: Option<f64>,
    /// Prompt tokens of one replica.
    pub prompt_tokens: Option<f64>,
    /// Latencies of the requests of all replicas.
    pub latencies: Latencies,
    /// Whether some latencies were left out because their histograms had other bounds.
    pub mixed_bounds: bool,
}

impl Bin {
    /// An amount per request, for example output tokens; `None` without requests.
    #[must_use]
    pub fn per_request(&self, amount: Option<f64>) -> Option<f64> {
        let requests = self.requests.filter(|requests| *requests > 0.0)?;
        Some(amount? / requests)
    }

    /// The number of requests that statistics may rely on: zero if requests are not counted.
    pub(super) fn counted(&self) -> u64 {
        whole::count(self.requests.unwrap_or(0.0).round())
    }
}

/// The width of the bins for loads up to `highest`: 1, 2 or 5 times a power of ten, and at least one user.
#[must_use]
pub fn bin_width(highest: f64, model: LoadModel) -> f64 {
    let least = match model {
        LoadModel::Closed => 1.0,
        LoadModel::Open(_) => 1e-3,
    };
    let wanted = highest / MOST_BINS;
    let mut decade: f64 = least;
    while decade.is_finite() && decade * 5.0 < wanted {
        decade *= 10.0;
    }
    [1.0, 2.0, 5.0].into_iter().map(|step| step * decade).find(|width| *width >= wanted).unwrap_or(decade)
}

/// The time windows grouped by load, ascending. A bin of width `w` reaches from `(k − ½)·w` to `(k + ½)·w`, so that a
/// whole number of users lies in the middle of its bin. Windows with zero or unknown load are left out.
#[must_use]
pub fn bins(observations: &[Observation], model: LoadModel, width: f64) -> Vec<Bin> {
    let mut loads: Vec<(f64, f64, &Observation)> = observations
        .iter()
        .filter_map(|observation| Some((observation.load(model)?, observation)))
        .filter(|(load, observation)| *load > 0.0 && observation.seconds > 0.0)
        .map(|(load, observation)| ((load / width).round(), load, observation))
        .collect();
    loads.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.at_ms.cmp(&b.2.at_ms)));
    loads
        .chunk_by(|a, b| a.0 >= b.0)
        .map(|chunk| {
            let members: Vec<&Observation> = chunk.iter().map(|member| member.2).collect();
            Bin {
                from: ((chunk[0].0 - 0.5) * width).max(0.0),
                to: (chunk[0].0 + 0.5) * width,
                ..gather(&members, model)
            }
        })
        .collect()
}

/// All windows as one bin, whatever their load; [`Bin::from`] and [`Bin::to`] are the lowest and the highest load among
/// them.
#[must_use]
pub fn gather(members: &[&Observation], model: LoadModel) -> Bin {
    let mut bin = Bin { from: f64::INFINITY, ..Bin::default() };
    let mut in_flight = (0.0, 0.0);
    for observation in members {
        let (Some(load), Some(replicas)) = (observation.load(model), observation.replicas) else { continue };
        bin.from = bin.from.min(load);
        bin.to = bin.to.max(load);
        bin.load += load * observation.seconds;
        bin.seconds += observation.seconds;
        bin.windows += 1;
        if let Some(concurrency) = observation.concurrency() {
            in_flight.0 += concurrency / replicas * observation.seconds;
            in_flight.1 += observation.seconds;
        }
        add(&mut bin.requests, observation.requests, replicas);
        add(&mut bin.output_tokens, observation.output_tokens, replicas);
        add(&mut bin.prompt_tokens, observation.prompt_tokens, replicas);
        bin.mixed_bounds |= !bin.latencies.add(&observation.latencies);
    }
    if bin.seconds > 0.0 {
        bin.load /= bin.seconds;
    } else {
        bin.from = 0.0;
    }
    bin.concurrency = (in_flight.1 > 0.0).then(|| in_flight.0 / in_flight.1);
    bin
}

fn add(sum: &mut Option<f64>, more: Option<f64>, replicas: f64) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0.0) + more / replicas);
    }
}

/// Production's own curve as a run: every bin is a level. It is judged, drawn and compared like a benchmark's; its
/// provenance says that it is not a benchmark. Quantiles are interpolated within buckets; for their exact range use the
/// bins.
#[must_use]
pub fn production_run(name: &str, bins: &[Bin], model: LoadModel) -> Run {
    let known = |value: &str| Some(Known { value: value.to_owned(), source: "production".to_owned() });
    let per_request = |tokens: fn(&Bin) -> Option<f64>| {
        let known: Vec<(f64, f64)> = bins.iter().filter_map(|bin| Some((tokens(bin)?, bin.requests?))).collect();
        let requests: f64 = known.iter().map(|(_, requests)| requests).sum();
        (requests > 0.0).then(|| known.iter().map(|(tokens, _)| tokens).sum::<f64>() / requests)
    };
    Run {
        id: format!("production:{name}"),
        provenance: Provenance {
            source: "production metrics".to_owned(),
            tool: "prometheus".to_owned(),
            ..Provenance::default()
        },
        deployment: Deployment { name: known(name), ..Deployment::default() },
        workload: Workload {
            prompt_tokens: per_request(|bin| bin.prompt_tokens),
            output_tokens: per_request(|bin| bin.output_tokens),
            shape: None,
        },
        load_model: model,
        levels: bins.iter().map(level).collect(),
        off_curve: Vec::new(),
    }
}

fn level(bin: &Bin) -> Level {
    let rate = |amount: f64| (bin.seconds > 0.0).then(|| amount / bin.seconds);
    let rates = Rates {
        requests: bin.requests.and_then(rate),
        output_tokens: bin.output_tokens.and_then(rate),
        prompt_tokens: bin.prompt_tokens.and_then(rate),
        total_tokens: bin.output_tokens.zip(bin.prompt_tokens).and_then(|(output, prompt)| rate(output + prompt)),
    };
    let ok = bin.counted();
    let distribution = |histogram: Option<&super::Histogram>| {
        histogram.filter(|histogram| histogram.count() > 0.0).map(|histogram| {
            let mut distribution = histogram.distribution();
            // A histogram of the gaps between tokens counts many per request, but only requests are independent.
            distribution.count = distribution.count.min(ok);
            distribution
        })
    };
    Level {
        load: bin.load,
        concurrency: bin.concurrency,
        duration_s: Some(bin.seconds),
        requests: Requests { ok, ..Requests::default() },
        reported: rates,
        rates,
        prompt_tokens: bin.per_request(bin.prompt_tokens),
        output_tokens: bin.per_request(bin.output_tokens),
        ttft: distribution(bin.latencies.ttft.as_ref()),
        itl: distribution(bin.latencies.itl.as_ref()),
        e2e: distribution(bin.latencies.e2e.as_ref()),
        ..Level::default()
    }
}
