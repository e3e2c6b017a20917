//! Turns the history of a deployment's series into the engine's observations.

mod arrivals;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use headroom_engine::live::{Histogram, Latencies, Observation};
use headroom_prometheus::dictionary::{Aggregate, Missing, Over, Quantity, Resolved, Selector, Together};
use headroom_prometheus::{Histogram as Buckets, RemarkSeverity, Series};
use headroom_protocol::QueryError;

use self::arrivals::{arrivals, growth, refusals};
use super::gpu;
use super::source::{Lasting, Production, When};
use super::target::Target;
use super::time::Grid;

/// The factor from the series' seconds to the engine's milliseconds.
const MS: f64 = 1_000.0;

/// What to observe besides the load.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
pub(crate) struct Wanted {
    /// Requests, tokens and cache hits.
    pub(crate) traffic: bool,
    /// Time to first token, between tokens and end to end.
    pub(crate) latencies: bool,
    /// Time in the queue.
    pub(crate) queue: bool,
    /// Use of the KV cache, and preemptions.
    pub(crate) pressure: bool,
    /// Utilization of the accelerators.
    pub(crate) gpu: bool,
    /// Refused requests, which show whether the deployment sheds load.
    pub(crate) refusals: bool,
}

/// The most samples in the answer to one expression, over all targets of a group. This limits the memory held at once.
const MOST_SAMPLES: usize = 500_000;
/// The assumed number of bounds of a latency histogram, the quantity with the most series per target.
const BOUNDS: usize = 24;

/// The time windows to observe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// The ends of the windows; each window is one step long.
    pub(crate) grid: Grid,
    /// The window over which a gauge is averaged.
    pub(crate) gauge: Duration,
    /// The window of a rate.
    pub(crate) rate: Duration,
    /// How often targets are scraped.
    scrape: Duration,
}

impl Windows {
    /// Windows of one step each, and another one for the rest of the time range after the last of them. If a step has
    /// too few scrapes, rates use a longer window.
    pub(crate) fn of(grid: Grid, scrape: Duration) -> Self {
        Self { grid, gauge: grid.step.max(scrape), rate: grid.step.max(scrape * 4), scrape }
    }

    /// The most targets in one group.
    fn most_targets(&self) -> usize {
        let points = (self.grid.end_ms - self.grid.start_ms) / self.grid.step_ms() + 1;
        (MOST_SAMPLES / BOUNDS / usize::try_from(points).unwrap_or(usize::MAX).max(1)).max(1)
    }

    /// A single window, from `from_ms` to `to_ms`.
    pub(crate) fn one(from_ms: i64, to_ms: i64) -> Self {
        let grid = Grid::one(from_ms, to_ms);
        Self { grid, gauge: grid.step, rate: grid.step, scrape: grid.step }
    }
}

/// The observations of a target.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// One for each window, even if nothing was seen in it.
    pub(crate) observations: Vec<Observation>,
    /// Time in the queue, one histogram for each window.
    pub(crate) queue: Vec<Option<Histogram>>,
    /// Share of looked-up prompt tokens that were found in the prefix cache, one for each window, 0 to 1.
    pub(crate) cache_hits: Vec<Option<f64>>,
    /// What the servers do not export, and why.
    pub(crate) missing: Vec<Missing>,
    /// Remarks of Prometheus.
    pub(crate) notices: Vec<(RemarkSeverity, String)>,
    /// Whether the time between tokens is that of every gap, and not the mean of each request, which benchmarks report.
    pub(crate) itl_per_gap: bool,
    /// Whether servers with different bucket bounds were added up.
    pub(crate) uneven: bool,
}

impl Observed {
    /// Share of looked-up prompt tokens that were found in the prefix cache, over all windows, weighted by prompt
    /// tokens, 0 to 1.
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

    /// Appends later windows.
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

/// The part of an observation that a query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Counters,
    Up,
    Running,
    Waiting,
    KvUse,
    Preemptions,
    Requests,
    Refused(Quantity),
    Growth(Quantity),
    OutputTokens,
    PromptTokens,
    CacheHits,
    CacheQueries,
    CacheHitRatio,
    Buckets(Quantity),
    Total(Quantity),
    GpuUse,
}

/// Which of a target's selectors a query uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The target's own series.
    Members,
    /// `up` of the target's servers.
    Scrapes,
    /// The target's accelerators.
    Gpus,
}

/// A query about several targets.
struct Part {
    slot: Slot,
    query: String,
    about: About,
    /// How the groups of a target are aggregated; `None` if the query returns unaggregated series.
    aggregate: Option<Aggregate>,
}

/// Targets that share queries.
struct Group<'a> {
    targets: Vec<&'a Target>,
    members: Together,
    scrapes: Together,
    /// The targets with known accelerators, as indices, and their combined selector.
    gpus: (Vec<usize>, Together),
}

impl<'a> Group<'a> {
    fn of(targets: Vec<&'a Target>) -> Self {
        let known: Vec<(usize, Selector)> =
            targets.iter().enumerate().filter_map(|(at, target)| Some((at, gpu::selector(target)?))).collect();
        let (places, selectors) = known.into_iter().unzip();
        Self {
            members: Together::of(targets.iter().map(|target| target.selector.clone()).collect()),
            scrapes: Together::of(targets.iter().map(|target| target.scrape_selector()).collect()),
            gpus: (places, Together::of(selectors)),
            targets,
        }
    }

    /// The series of each target in the answer to a query.
    fn split(&self, part: &Part, series: &[Series]) -> Vec<Vec<Series>> {
        let together = match part.about {
            About::Members => &self.members,
            About::Scrapes => &self.scrapes,
            About::Gpus => &self.gpus.1,
        };
        let split = match part.aggregate {
            Some(aggregate) => together.split_aggregated(series, aggregate, &["le"]),
            None => together.split(series),
        };
        if part.about != About::Gpus {
            return split;
        }
        let mut of_each = vec![Vec::new(); self.targets.len()];
        for (place, own) in self.gpus.0.iter().zip(split) {
            of_each[*place] = own;
        }
        of_each
    }
}

/// Observes targets, each over its own windows, and returns the observations of each in the order of the targets.
/// Targets with the same windows share queries.
///
/// # Errors
/// If Prometheus does not answer.
pub(crate) async fn observe(
    production: &Production,
    resolved: &Resolved,
    targets: &[(&Target, Windows)],
    wanted: Wanted,
    lasting: Lasting,
) -> Result<Vec<Observed>, QueryError> {
    let mut observed = observe_windows(production, resolved, targets, wanted, lasting).await?;
    let rests: Vec<(usize, (i64, i64))> = targets
        .iter()
        .enumerate()
        .filter_map(|(at, (_, windows))| Some((at, windows.grid.rest(windows.scrape)?)))
        .collect();
    if rests.is_empty() {
        return Ok(observed);
    }
    let began = first_seen(production, resolved, targets, &rests).await?;
    let last: Vec<(&Target, Windows)> = rests
        .iter()
        .zip(began)
        .map(|((at, (_, to_ms)), from_ms)| (targets[*at].0, Windows::one(from_ms, *to_ms)))
        .collect();
    let last = observe_windows(production, resolved, &last, wanted, lasting).await?;
    for ((at, _), last) in rests.into_iter().zip(last) {
        observed[at].append(last);
    }
    Ok(observed)
}

/// When each target was first seen within its rest of the time range, so that what it did in minutes is not spread over
/// hours. If that is unknown, the start of the rest.
async fn first_seen(
    production: &Production,
    resolved: &Resolved,
    targets: &[(&Target, Windows)],
    rests: &[(usize, (i64, i64))],
) -> Result<Vec<i64>, QueryError> {
    let mut began: Vec<i64> = rests.iter().map(|(_, (from_ms, _))| *from_ms).collect();
    let mut groups: Vec<((i64, i64), Duration, Vec<usize>)> = Vec::new();
    for (place, (at, time)) in rests.iter().enumerate() {
        let (target, windows) = targets[*at];
        if target.members.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|(other, scrape, _)| other == time && *scrape == windows.scrape) {
            Some((.., places)) => places.push(place),
            None => groups.push((*time, windows.scrape, vec![place])),
        }
    }
    for ((from_ms, to_ms), scrape, places) in groups {
        let together = Together::of(places.iter().map(|place| targets[rests[*place].0].0.selector.clone()).collect());
        let length = Duration::from_millis(to_ms.abs_diff(from_ms));
        let Ok(query) = resolved.first_sample(Quantity::OutputTokens, &together, length, scrape) else { continue };
        let answer = production.ask(&query, When::At(to_ms)).await?;
        let first = together.split_aggregated(&answer.data, Aggregate::Min, &[]);
        for (place, own) in places.into_iter().zip(first) {
            let Some(first_s) = own.first().and_then(Series::last) else { continue };
            #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and the result is clamped")]
            // The first sample stands for the scrape interval before it.
            let first_ms =
                ((first_s * MS) as i64).saturating_sub(i64::try_from(scrape.as_millis()).unwrap_or(i64::MAX));
            began[place] = first_ms.clamp(from_ms, to_ms);
        }
    }
    Ok(began)
}

/// Observes targets over their windows, without the rest of the time range.
async fn observe_windows(
    production: &Production,
    resolved: &Resolved,
    targets: &[(&Target, Windows)],
    wanted: Wanted,
    lasting: Lasting,
) -> Result<Vec<Observed>, QueryError> {
    let mut observed: Vec<Option<Observed>> =
        targets.iter().map(|(target, windows)| unseen(target, *windows)).collect();
    let mut groups: Vec<(Windows, Vec<usize>)> = Vec::new();
    for (at, (_, windows)) in targets.iter().enumerate().filter(|(at, _)| observed[*at].is_none()) {
        let most = windows.most_targets();
        match groups.iter_mut().find(|(other, places)| other == windows && places.len() < most) {
            Some((_, places)) => places.push(at),
            None => groups.push((*windows, vec![at])),
        }
    }
    for (windows, places) in groups {
        let group = Group::of(places.iter().map(|at| targets[*at].0).collect());
        let seen = observe_group(production, resolved, &group, windows, wanted, lasting).await?;
        for (at, seen) in places.into_iter().zip(seen) {
            observed[at] = Some(seen);
        }
    }
    Ok(observed.into_iter().flatten().collect())
}

/// The empty observations of a target without servers; `None` if the target has servers to query.
fn unseen(target: &Target, windows: Windows) -> Option<Observed> {
    if !target.members.is_empty() {
        return None;
    }
    let observations: Vec<Observation> = windows.grid.times().map(|at_ms| empty(at_ms, windows.grid)).collect();
    Some(Observed {
        queue: vec![None; observations.len()],
        cache_hits: vec![None; observations.len()],
        observations,
        ..Observed::default()
    })
}

/// Observes targets that have the same windows.
async fn observe_group(
    production: &Production,
    resolved: &Resolved,
    group: &Group<'_>,
    windows: Windows,
    wanted: Wanted,
    lasting: Lasting,
) -> Result<Vec<Observed>, QueryError> {
    let grid = windows.grid;
    let ask = Asking { production, group, grid, lasting };
    let mut missing = Vec::new();
    let parts = queries(resolved, group, windows, wanted, &mut missing);
    let mut observed: Vec<Observed> =
        group.targets.iter().map(|_| Observed { missing: missing.clone(), ..Observed::default() }).collect();
    let mut answers: Vec<Answers> = group.targets.iter().map(|_| Answers { grid, by_slot: HashMap::new() }).collect();
    ask.parts(&parts, &mut answers, &mut observed).await?;
    let lacks: Vec<bool> =
        answers.iter().map(|own| wanted.latencies && own.is_empty(Slot::Buckets(Quantity::Tpot))).collect();
    if lacks.contains(&true) {
        // Servers of older versions only measure every gap.
        let again = histogram_queries(resolved, Quantity::Itl, &group.members, windows.rate).unwrap_or_default();
        ask.parts(&again, &mut answers, &mut observed).await?;
    }
    if !wanted.traffic && answers.iter().any(Answers::has_refusals) {
        // The number of refused requests is only meaningful with the number of admitted ones; if none was refused,
        // these are not needed.
        let admitted: Vec<Part> = arrivals(resolved, group, windows).into_iter().filter_map(Result::ok).collect();
        ask.parts(&admitted, &mut answers, &mut observed).await?;
    }
    let times: Vec<i64> = grid.times().collect();
    for ((seen, answers), lacks) in observed.iter_mut().zip(&answers).zip(lacks) {
        // A window without any sample says nothing about the server's version.
        seen.itl_per_gap = lacks && !answers.is_empty(Slot::Buckets(Quantity::Itl));
        answers.tell(&times, windows, wanted, seen);
    }
    explain_absence(production, group, &answers, windows, wanted, &mut observed).await?;
    Ok(observed)
}

fn empty(at_ms: i64, grid: Grid) -> Observation {
    Observation { at_ms, seconds: grid.step.as_secs_f64(), ..Observation::default() }
}

/// Every query of the first round, and what no server here has.
fn queries(
    resolved: &Resolved,
    group: &Group,
    windows: Windows,
    wanted: Wanted,
    missing: &mut Vec<Missing>,
) -> Vec<Part> {
    let members = &group.members;
    let selector = members.selector();
    let mut found: Vec<Part> = Vec::new();
    let mut add = |slot: Slot, about: About, aggregate: Option<Aggregate>, query: Result<String, Missing>| match query {
        Ok(query) => found.push(Part { slot, query, about, aggregate }),
        Err(why) => missing.push(why),
    };
    let across = |quantity: Quantity| Some(quantity.row().across);
    let over = |quantity, over, together: &Together, window| {
        resolved.value_over(quantity, over, together.selector(), window, &together.labels_for(quantity))
    };
    let gauge = |quantity, how| over(quantity, how, members, windows.gauge);
    let rate = |quantity| resolved.rate(quantity, selector, windows.rate, &members.labels_for(quantity));
    // Whether any server was scraped: with the minimum, a deployment that lost one of ten servers would count as down.
    let up = resolved.series(Quantity::Up, group.scrapes.selector());
    let scraped = group.scrapes.labels().join(", ");
    let up = up.map(|up| if scraped.is_empty() { format!("max({up})") } else { format!("max by ({scraped}) ({up})") });
    add(Slot::Up, About::Scrapes, Some(Aggregate::Max), up);
    add(Slot::Counters, About::Members, None, resolved.series(Quantity::OutputTokens, selector));
    for (slot, quantity) in [(Slot::Running, Quantity::Running), (Slot::Waiting, Quantity::Waiting)] {
        add(slot, About::Members, across(quantity), gauge(quantity, Over::Mean));
    }
    add(Slot::OutputTokens, About::Members, across(Quantity::OutputTokens), rate(Quantity::OutputTokens));
    if wanted.latencies && !wanted.traffic {
        add(Slot::Requests, About::Members, across(Quantity::Success), rate(Quantity::Success));
    }
    if wanted.traffic {
        add(Slot::PromptTokens, About::Members, across(Quantity::PromptTokens), rate(Quantity::PromptTokens));
        // Hits divided by lookups if both exist; otherwise the server's own ratio.
        let (hits, queries) = (Quantity::PrefixCacheHits, Quantity::PrefixCacheQueries);
        if resolved.has(hits) && resolved.has(queries) {
            add(Slot::CacheHits, About::Members, across(hits), rate(hits));
            add(Slot::CacheQueries, About::Members, across(queries), rate(queries));
        } else {
            let own = over(Quantity::PrefixCacheHitRatio, Over::Mean, members, windows.rate);
            let own = own.map_err(|missing| resolved.why_missing(hits).cloned().unwrap_or(missing));
            add(Slot::CacheHitRatio, About::Members, across(Quantity::PrefixCacheHitRatio), own);
        }
    }
    if wanted.pressure {
        add(Slot::KvUse, About::Members, across(Quantity::KvUse), gauge(Quantity::KvUse, Over::Max));
        add(Slot::Preemptions, About::Members, across(Quantity::Preemptions), rate(Quantity::Preemptions));
    }
    let (known, gpus) = &group.gpus;
    if wanted.gpu && !known.is_empty() {
        let use_of_gpus = over(Quantity::GpuUse, Over::Mean, gpus, windows.gauge);
        add(Slot::GpuUse, About::Gpus, across(Quantity::GpuUse), use_of_gpus);
    }
    if wanted.traffic {
        for part in arrivals(resolved, group, windows) {
            match part {
                Ok(part) => found.push(part),
                Err(why) => missing.push(why),
            }
        }
    }
    if wanted.refusals {
        found.extend(refusals(resolved, group, windows));
    }
    let mut histograms = Vec::new();
    if wanted.latencies {
        histograms.extend([Quantity::Ttft, Quantity::E2e]);
        // A server without this quantity measures every gap between tokens, which is queried if this gives no answer.
        if let Ok(queries) = histogram_queries(resolved, Quantity::Tpot, members, windows.rate) {
            found.extend(queries);
        }
    }
    if wanted.queue {
        histograms.push(Quantity::QueueTime);
    }
    for quantity in histograms {
        match histogram_queries(resolved, quantity, members, windows.rate) {
            Ok(queries) => found.extend(queries),
            Err(why) => missing.push(why),
        }
    }
    found
}

fn histogram_queries(
    resolved: &Resolved,
    quantity: Quantity,
    members: &Together,
    window: Duration,
) -> Result<Vec<Part>, Missing> {
    let (selector, labels) = (members.selector(), members.labels());
    let part = |slot, query| Part { slot, query, about: About::Members, aggregate: Some(Aggregate::Sum) };
    Ok(vec![
        part(Slot::Buckets(quantity), resolved.buckets(quantity, selector, window, &labels)?),
        part(Slot::Total(quantity), resolved.total(quantity, selector, window, &labels)?),
    ])
}

/// Adds what is missing at servers that are up.
async fn explain_absence(
    production: &Production,
    group: &Group<'_>,
    answers: &[Answers],
    windows: Windows,
    wanted: Wanted,
    observed: &mut [Observed],
) -> Result<(), QueryError> {
    let expected = [
        (true, Slot::Running, Quantity::Running),
        (wanted.latencies, Slot::Buckets(Quantity::Ttft), Quantity::Ttft),
        (wanted.latencies, Slot::Buckets(Quantity::E2e), Quantity::E2e),
        (wanted.queue, Slot::Buckets(Quantity::QueueTime), Quantity::QueueTime),
        (wanted.traffic, Slot::Requests, Quantity::Success),
        (wanted.traffic, Slot::PromptTokens, Quantity::PromptTokens),
        (wanted.pressure, Slot::KvUse, Quantity::KvUse),
    ];
    // Servers that lack the same quantities have the same version, so they share queries.
    let mut alike: Vec<(Vec<Quantity>, Vec<usize>)> = Vec::new();
    for (at, (answers, seen)) in answers.iter().zip(observed.iter()).enumerate() {
        let lacks = |(asked, slot, quantity): &(bool, Slot, Quantity)| {
            let named = seen.missing.iter().any(|missing| missing.quantity == *quantity);
            (*asked && !named && answers.is_empty(*slot)).then_some(*quantity)
        };
        let absent: Vec<Quantity> = expected.iter().filter_map(lacks).collect();
        let up = seen.observations.iter().any(|one| one.up == Some(true));
        if absent.is_empty() || !up {
            continue;
        }
        match alike.iter_mut().find(|(other, _)| *other == absent) {
            Some((_, places)) => places.push(at),
            None => alike.push((absent, vec![at])),
        }
    }
    let from_ms = windows.grid.start_ms - windows.grid.step_ms();
    for (absent, places) in alike {
        let instances: BTreeSet<&str> = places.iter().flat_map(|at| group.targets[*at].instances()).collect();
        let instances: Vec<&str> = instances.into_iter().collect();
        let own = production.resolved_of(&instances, from_ms, windows.grid.end_ms).await?;
        let why: Vec<Missing> = absent.into_iter().filter_map(|quantity| own.why_missing(quantity).cloned()).collect();
        for at in places {
            observed[at].missing.extend(why.iter().cloned());
        }
    }
    Ok(())
}

/// What is needed to query a group.
struct Asking<'a> {
    production: &'a Production,
    group: &'a Group<'a>,
    grid: Grid,
    lasting: Lasting,
}

impl Asking<'_> {
    /// Sends queries, and gives each target its part of the answers.
    async fn parts(
        &self,
        parts: &[Part],
        answers: &mut [Answers],
        observed: &mut [Observed],
    ) -> Result<(), QueryError> {
        let grid = self.grid;
        let when = if grid.start_ms == grid.end_ms { When::At(grid.end_ms) } else { When::Over(grid) };
        let texts: Vec<String> = parts.iter().map(|part| part.query.clone()).collect();
        let found = self.production.ask_all(&texts, when, self.lasting).await?;
        for (part, answer) in parts.iter().zip(found) {
            for notice in &answer.remarks {
                let notice = (notice.severity, notice.text.clone());
                for seen in observed.iter_mut().filter(|seen| !seen.notices.contains(&notice)) {
                    seen.notices.push(notice.clone());
                }
            }
            for (own, series) in answers.iter_mut().zip(self.group.split(part, &answer.data)) {
                own.by_slot.insert(part.slot, series);
            }
        }
        Ok(())
    }
}

/// The answers about one target, by slot.
struct Answers {
    grid: Grid,
    by_slot: HashMap<Slot, Vec<Series>>,
}

impl Answers {
    /// Creates observations from the answers.
    fn tell(&self, times: &[i64], windows: Windows, wanted: Wanted, observed: &mut Observed) {
        let grid = self.grid;
        let (replicas, restarted) = self.counters(times);
        for (at, &at_ms) in times.iter().enumerate() {
            let value = |slot: Slot| self.value(slot, at_ms);
            // Rates of a window are converted to amounts in it.
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
                refused: self.refused(at_ms).map(|rate| rate * grid.step.as_secs_f64()),
                growth: growth(grid, windows.rate, value),
                output_tokens: amount(Slot::OutputTokens),
                prompt_tokens: amount(Slot::PromptTokens),
                restarted: restarted[at],
                ..empty(at_ms, grid)
            });
            // If nothing was looked up, there is no share.
            let counted = value(Slot::CacheHits).zip(value(Slot::CacheQueries)).map(|(hits, queries)| hits / queries);
            let share = counted.or_else(|| value(Slot::CacheHitRatio)).filter(|share| share.is_finite());
            observed.cache_hits.push(share);
        }
        if wanted.latencies {
            let ttft = self.histograms(Quantity::Ttft, &mut observed.uneven);
            let itl = if observed.itl_per_gap { Quantity::Itl } else { Quantity::Tpot };
            let itl = self.histograms(itl, &mut observed.uneven);
            let e2e = self.histograms(Quantity::E2e, &mut observed.uneven);
            for (observation, at_ms) in observed.observations.iter_mut().zip(times) {
                let of = |histograms: &HashMap<i64, Histogram>| histograms.get(at_ms).cloned();
                observation.latencies = Latencies { ttft: of(&ttft), itl: of(&itl), e2e: of(&e2e) };
            }
        }
        let queue = self.histograms(Quantity::QueueTime, &mut observed.uneven);
        observed.queue = times.iter().map(|at_ms| queue.get(at_ms).cloned()).collect();
    }

    fn series(&self, slot: Slot) -> &[Series] {
        self.by_slot.get(&slot).map_or(&[], Vec::as_slice)
    }

    fn is_empty(&self, slot: Slot) -> bool {
        self.series(slot).iter().all(|series| series.values.is_empty())
    }

    /// The value of the only series at a time; `NaN` counts as missing.
    fn value(&self, slot: Slot, at_ms: i64) -> Option<f64> {
        let series = self.series(slot).first()?;
        let at = series.timestamps_ms.binary_search(&at_ms).ok()?;
        series.values.get(at).copied().filter(|value| value.is_finite())
    }

    /// How many servers there were at each time, and whether the counters of any were reset since the time before.
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

    /// The histogram at each time that has one, in milliseconds, with the observations of one step.
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
                let sum =
                    self.value(Slot::Total(quantity), at_ms).filter(|_| count > 0.0).map(|total| total * MS * seconds);
                (at_ms, Histogram::from_cumulative(&pairs, sum))
            })
            .collect()
    }
}
