//! The history of a deployment's series as the engine's observations.

use std::collections::HashMap;
use std::time::Duration;

use headroom_base::duration::promql;
use headroom_engine::live::{Histogram, Latencies, Observation};
use headroom_prometheus::dictionary::{Missing, Over, Quantity, Resolved, Selector};
use headroom_prometheus::{Answer, Histogram as Buckets, Series, Severity};
use headroom_protocol::QueryError;

use super::gpu;
use super::source::{Production, When};
use super::target::Target;
use super::time::Grid;

/// Seconds of the series become the milliseconds of the engine.
const MS: f64 = 1_000.0;

/// What is to be known beside the load.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
pub(crate) struct Wanted {
    /// Requests, tokens and cache hits.
    pub(crate) traffic: bool,
    /// Time to first token, between tokens and end to end.
    pub(crate) latencies: bool,
    /// Time in the queue.
    pub(crate) queue: bool,
    /// KV cache and preemptions.
    pub(crate) pressure: bool,
    /// Use of the accelerators.
    pub(crate) gpu: bool,
}

/// The windows to observe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    /// Their ends; each is as long as a step.
    pub(crate) grid: Grid,
    /// What a gauge is averaged over.
    pub(crate) gauge: Duration,
    /// What a rate is taken over.
    pub(crate) rate: Duration,
    /// How often targets are scraped.
    scrape: Duration,
}

impl Windows {
    /// Windows of a step each, and one of what they leave out at the end of the time range. Rates reach back further
    /// where a step has too few scrapes.
    pub(crate) fn of(grid: Grid, scrape: Duration) -> Self {
        Self { grid, gauge: grid.step.max(scrape), rate: grid.step.max(scrape * 4), scrape }
    }

    /// One window, `from_ms` to `to_ms`.
    pub(crate) fn one(from_ms: i64, to_ms: i64) -> Self {
        let grid = Grid::one(from_ms, to_ms);
        Self { grid, gauge: grid.step, rate: grid.step, scrape: grid.step }
    }
}

/// What was seen of a target.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// One a window, whether anything was seen in it or not.
    pub(crate) observations: Vec<Observation>,
    /// Time in the queue, one a window.
    pub(crate) queue: Vec<Option<Histogram>>,
    /// Share of looked-up prompt tokens that the prefix cache had, one a window.
    pub(crate) cache_hits: Vec<Option<f64>>,
    /// What the servers do not have, and why.
    pub(crate) missing: Vec<Missing>,
    /// What Prometheus remarked.
    pub(crate) notices: Vec<(Severity, String)>,
    /// The time between tokens is that of every gap and not of requests, which is what benchmarks report.
    pub(crate) itl_per_gap: bool,
    /// Servers with different bucket bounds were added up.
    pub(crate) uneven: bool,
}

impl Observed {
    /// Share of looked-up prompt tokens that the prefix cache had over all windows, weighted by prompt tokens.
    pub(crate) fn whole_cache_hits(&self) -> Option<f64> {
        let known: Vec<(f64, f64)> = self
            .cache_hits
            .iter()
            .zip(&self.observations)
            .filter_map(|(hits, one)| Some(((*hits)?, one.prompt_tokens?)))
            .collect();
        let tokens: f64 = known.iter().map(|one| one.1).sum();
        (tokens > 0.0).then(|| known.iter().map(|(hits, tokens)| hits * tokens).sum::<f64>() / tokens)
    }

    /// Adds the windows after these.
    fn append(&mut self, after: Self) {
        self.observations.extend(after.observations);
        self.queue.extend(after.queue);
        self.cache_hits.extend(after.cache_hits);
        for missing in after.missing {
            if !self.missing.contains(&missing) {
                self.missing.push(missing);
            }
        }
        for notice in after.notices {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
        self.itl_per_gap |= after.itl_per_gap;
        self.uneven |= after.uneven;
    }
}

/// Which part of an observation a query is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Counters,
    Up,
    Running,
    Waiting,
    KvUse,
    Preemptions,
    Requests,
    Growth(Quantity),
    OutputTokens,
    PromptTokens,
    CacheHits,
    Buckets(Quantity),
    Mean(Quantity),
    GpuUse,
}

/// Observes a target.
///
/// # Errors
/// When Prometheus does not answer.
pub(crate) async fn observe(
    production: &Production,
    resolved: &Resolved,
    target: &Target,
    windows: Windows,
    wanted: Wanted,
) -> Result<Observed, QueryError> {
    let mut observed = observe_windows(production, resolved, target, windows, wanted).await?;
    if let Some((from_ms, to_ms)) = windows.grid.rest(windows.scrape) {
        let from_ms = first_seen(production, resolved, target, (from_ms, to_ms), windows.scrape).await?;
        let last = Windows::one(from_ms, to_ms);
        observed.append(observe_windows(production, resolved, target, last, wanted).await?);
    }
    Ok(observed)
}

/// When a target was first there within a time, since what it did in minutes must not be spread over hours. The beginning
/// of the time where nothing tells.
async fn first_seen(
    production: &Production,
    resolved: &Resolved,
    target: &Target,
    (from_ms, to_ms): (i64, i64),
    scrape: Duration,
) -> Result<i64, QueryError> {
    if target.members.is_empty() {
        return Ok(from_ms);
    }
    let Ok(series) = resolved.series(Quantity::OutputTokens, &target.selector) else { return Ok(from_ms) };
    let length = Duration::from_millis(to_ms.abs_diff(from_ms));
    let query = format!("min(min_over_time(timestamp({series})[{}:{}]))", promql(length), promql(scrape));
    let answer = production.ask(&query, When::At(to_ms)).await?;
    let Some(first_s) = answer.data.first().and_then(Series::last) else { return Ok(from_ms) };
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and the result is clamped")]
    // Its first sample stands for the scrape interval before it.
    let began_ms = ((first_s * MS) as i64).saturating_sub(i64::try_from(scrape.as_millis()).unwrap_or(i64::MAX));
    Ok(began_ms.clamp(from_ms, to_ms))
}

async fn observe_windows(
    production: &Production,
    resolved: &Resolved,
    target: &Target,
    windows: Windows,
    wanted: Wanted,
) -> Result<Observed, QueryError> {
    let mut observed = Observed::default();
    let grid = windows.grid;
    if target.members.is_empty() {
        observed.observations = grid.times().map(|at_ms| empty(at_ms, grid)).collect();
        observed.queue = vec![None; observed.observations.len()];
        observed.cache_hits = vec![None; observed.observations.len()];
        return Ok(observed);
    }
    let mut answers = Answers { grid, by_slot: HashMap::new() };
    let asked = queries(resolved, target, windows, wanted, &mut observed.missing);
    answers.ask(production, asked, &mut observed).await?;
    if wanted.latencies && answers.is_empty(Slot::Buckets(Quantity::Tpot)) {
        // Servers of older versions count gaps only.
        let again = histogram_queries(resolved, Quantity::Itl, &target.selector, windows.rate);
        answers.ask(production, again.unwrap_or_default(), &mut observed).await?;
        // A time without any sample says nothing of the server's version.
        observed.itl_per_gap = !answers.is_empty(Slot::Buckets(Quantity::Itl));
    }
    let times: Vec<i64> = grid.times().collect();
    let (replicas, restarted) = answers.counters(&times);
    for (at, &at_ms) in times.iter().enumerate() {
        let value = |slot: Slot| answers.value(slot, at_ms);
        // Rates of a window, as what happened in it.
        let amount = |slot: Slot| value(slot).map(|rate| rate * grid.step.as_secs_f64());
        observed.observations.push(Observation {
            up: value(Slot::Up).map(|up| up > 0.0),
            replicas: replicas[at],
            running: value(Slot::Running),
            waiting: value(Slot::Waiting),
            kv_cache_use: value(Slot::KvUse),
            gpu_utilization: value(Slot::GpuUse),
            preemptions: amount(Slot::Preemptions),
            requests: amount(Slot::Requests),
            growth: growth(answers.grid, windows.rate, value),
            output_tokens: amount(Slot::OutputTokens),
            prompt_tokens: amount(Slot::PromptTokens),
            restarted: restarted[at],
            ..empty(at_ms, grid)
        });
        observed.cache_hits.push(value(Slot::CacheHits));
    }
    if wanted.latencies {
        let ttft = answers.histograms(Quantity::Ttft, &mut observed.uneven);
        let itl = if observed.itl_per_gap { Quantity::Itl } else { Quantity::Tpot };
        let itl = answers.histograms(itl, &mut observed.uneven);
        let e2e = answers.histograms(Quantity::E2e, &mut observed.uneven);
        for (observation, at_ms) in observed.observations.iter_mut().zip(&times) {
            let of = |histograms: &HashMap<i64, Histogram>| histograms.get(at_ms).cloned();
            observation.latencies = Latencies { ttft: of(&ttft), itl: of(&itl), e2e: of(&e2e) };
        }
    }
    let queue = answers.histograms(Quantity::QueueTime, &mut observed.uneven);
    observed.queue = times.iter().map(|at_ms| queue.get(at_ms).cloned()).collect();
    explain_absence(production, target, &answers, windows, wanted, &mut observed).await?;
    Ok(observed)
}

/// How many more requests were in flight after a step than before it. `None` where the running ones are not known.
fn growth(grid: Grid, window: Duration, value: impl Fn(Slot) -> Option<f64>) -> Option<f64> {
    let change = |quantity| value(Slot::Growth(quantity));
    let whole = change(Quantity::Running)? + change(Quantity::Waiting).unwrap_or(0.0);
    Some(whole * grid.step.as_secs_f64() / window.as_secs_f64())
}

fn empty(at_ms: i64, grid: Grid) -> Observation {
    Observation { at_ms, seconds: grid.step.as_secs_f64(), ..Observation::default() }
}

/// Every query of the first round. What no server here has is noted.
fn queries(
    resolved: &Resolved,
    target: &Target,
    windows: Windows,
    wanted: Wanted,
    missing: &mut Vec<Missing>,
) -> Vec<(Slot, String)> {
    let selector = &target.selector;
    let mut found: Vec<(Slot, String)> = Vec::new();
    let mut add = |slot: Slot, query: Result<String, Missing>| match query {
        Ok(query) => found.push((slot, query)),
        Err(why) => missing.push(why),
    };
    let gauge = |quantity, over| resolved.value_over(quantity, over, selector, windows.gauge, &[]);
    let rate = |quantity| resolved.rate(quantity, selector, windows.rate, &[]);
    // Whether any server was scraped: the smallest would call a deployment down that lost one of ten.
    add(Slot::Up, resolved.series(Quantity::Up, &target.scrape_selector()).map(|query| format!("max({query})")));
    add(Slot::Counters, resolved.series(Quantity::OutputTokens, selector));
    add(Slot::Running, gauge(Quantity::Running, Over::Mean));
    add(Slot::Waiting, gauge(Quantity::Waiting, Over::Mean));
    add(Slot::OutputTokens, rate(Quantity::OutputTokens));
    if wanted.traffic || wanted.latencies {
        add(Slot::Requests, rate(Quantity::Success));
    }
    if wanted.traffic {
        // Over the same time as the rate that it adds to.
        for quantity in [Quantity::Running, Quantity::Waiting] {
            add(Slot::Growth(quantity), resolved.value_over(quantity, Over::Change, selector, windows.rate, &[]));
        }
        add(Slot::PromptTokens, rate(Quantity::PromptTokens));
        add(Slot::CacheHits, resolved.prefix_cache_hit_ratio(selector, windows.rate, &[]));
    }
    if wanted.pressure {
        add(Slot::KvUse, gauge(Quantity::KvUse, Over::Max));
        add(Slot::Preemptions, rate(Quantity::Preemptions));
    }
    if wanted.gpu
        && let Some(gpus) = gpu::selector(target)
    {
        add(Slot::GpuUse, resolved.value_over(Quantity::GpuUse, Over::Mean, &gpus, windows.gauge, &[]));
    }
    let mut histograms = Vec::new();
    if wanted.latencies {
        histograms.extend([Quantity::Ttft, Quantity::E2e]);
        // A server that does not have it counts gaps between tokens, which are asked for where this gives no answer.
        if let Ok(queries) = histogram_queries(resolved, Quantity::Tpot, selector, windows.rate) {
            found.extend(queries);
        }
    }
    if wanted.queue {
        histograms.push(Quantity::QueueTime);
    }
    for quantity in histograms {
        match histogram_queries(resolved, quantity, selector, windows.rate) {
            Ok(queries) => found.extend(queries),
            Err(why) => missing.push(why),
        }
    }
    found
}

fn histogram_queries(
    resolved: &Resolved,
    quantity: Quantity,
    selector: &Selector,
    window: Duration,
) -> Result<Vec<(Slot, String)>, Missing> {
    Ok(vec![
        (Slot::Buckets(quantity), resolved.buckets(quantity, selector, window, &[])?),
        (Slot::Mean(quantity), resolved.mean(quantity, selector, window, &[])?),
    ])
}

/// Names what a server that is up did not show.
async fn explain_absence(
    production: &Production,
    target: &Target,
    answers: &Answers,
    windows: Windows,
    wanted: Wanted,
    observed: &mut Observed,
) -> Result<(), QueryError> {
    let mut absent = Vec::new();
    let expected = [
        (true, Slot::Running, Quantity::Running),
        (wanted.latencies, Slot::Buckets(Quantity::Ttft), Quantity::Ttft),
        (wanted.latencies, Slot::Buckets(Quantity::E2e), Quantity::E2e),
        (wanted.queue, Slot::Buckets(Quantity::QueueTime), Quantity::QueueTime),
        (wanted.traffic, Slot::Requests, Quantity::Success),
        (wanted.traffic, Slot::PromptTokens, Quantity::PromptTokens),
        (wanted.pressure, Slot::KvUse, Quantity::KvUse),
    ];
    for (asked, slot, quantity) in expected {
        let named = observed.missing.iter().any(|missing| missing.quantity == quantity);
        if asked && !named && answers.is_empty(slot) {
            absent.push(quantity);
        }
    }
    let up = observed.observations.iter().any(|one| one.up == Some(true));
    if absent.is_empty() || !up {
        return Ok(());
    }
    let from_ms = windows.grid.start_ms - windows.grid.step_ms();
    let own = production.resolved_of(&target.instances(), from_ms, windows.grid.end_ms).await?;
    observed.missing.extend(absent.into_iter().filter_map(|quantity| own.why_missing(quantity).cloned()));
    Ok(())
}

/// The answers by what they are for.
struct Answers {
    grid: Grid,
    by_slot: HashMap<Slot, Vec<Series>>,
}

impl Answers {
    async fn ask(
        &mut self,
        production: &Production,
        queries: Vec<(Slot, String)>,
        observed: &mut Observed,
    ) -> Result<(), QueryError> {
        let when =
            if self.grid.start_ms == self.grid.end_ms { When::At(self.grid.end_ms) } else { When::Over(self.grid) };
        let (slots, texts): (Vec<Slot>, Vec<String>) = queries.into_iter().unzip();
        let answers = production.ask_all(texts.into_iter().map(|text| (text, when))).await?;
        for (slot, Answer { data, notices }) in slots.into_iter().zip(answers) {
            for notice in notices {
                let notice = (notice.severity, notice.text);
                if !observed.notices.contains(&notice) {
                    observed.notices.push(notice);
                }
            }
            self.by_slot.insert(slot, data);
        }
        Ok(())
    }

    fn series(&self, slot: Slot) -> &[Series] {
        self.by_slot.get(&slot).map_or(&[], Vec::as_slice)
    }

    fn is_empty(&self, slot: Slot) -> bool {
        self.series(slot).iter().all(|series| series.values.is_empty())
    }

    /// The value of the one series at a time; `NaN` is none.
    fn value(&self, slot: Slot, at_ms: i64) -> Option<f64> {
        let series = self.series(slot).first()?;
        let at = series.timestamps_ms.binary_search(&at_ms).ok()?;
        series.values.get(at).copied().filter(|value| value.is_finite())
    }

    /// How many servers were there at each time, and whether the counters of one began anew since the time before.
    fn counters(&self, times: &[i64]) -> (Vec<Option<f64>>, Vec<bool>) {
        let mut servers: Vec<Vec<&str>> = vec![Vec::new(); times.len()];
        let mut restarted = vec![false; times.len()];
        for series in self.series(Slot::Counters) {
            let instance = series.label("instance").unwrap_or_default();
            let mut before: Option<f64> = None;
            for (at_ms, &value) in series.timestamps_ms.iter().zip(&series.values) {
                let Ok(at) = times.binary_search(at_ms) else { continue };
                if !servers[at].contains(&instance) {
                    servers[at].push(instance);
                }
                restarted[at] |= before.is_some_and(|before| value < before);
                before = Some(value);
            }
        }
        let count = |servers: Vec<&str>| (!servers.is_empty()).then_some(servers.len() as f64);
        (servers.into_iter().map(count).collect(), restarted)
    }

    /// A histogram at every time that has one, in milliseconds, with what fell into it in a step.
    fn histograms(&self, quantity: Quantity, uneven: &mut bool) -> HashMap<i64, Histogram> {
        let grouped = Buckets::from_series(self.series(Slot::Buckets(quantity)));
        let Some(buckets) = grouped.first() else { return HashMap::new() };
        *uneven |= buckets.uneven();
        let seconds = self.grid.step.as_secs_f64();
        buckets
            .timestamps_ms
            .iter()
            .enumerate()
            .map(|(index, &at_ms)| {
                let pairs: Vec<(f64, f64)> =
                    buckets.buckets(index).iter().map(|bucket| (bucket.le * MS, bucket.count * seconds)).collect();
                let count = pairs.iter().map(|pair| pair.1).fold(0.0, f64::max);
                let sum = self.value(Slot::Mean(quantity), at_ms).map(|mean| mean * MS * count);
                (at_ms, Histogram::from_cumulative(&pairs, sum))
            })
            .collect()
    }
}
