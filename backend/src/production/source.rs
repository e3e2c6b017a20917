//! One Prometheus: the connection, and what it has of the dictionary.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use headroom_base::tasks::in_order;
use headroom_prometheus::dictionary::{DIALECTS, Resolved, Selector};
use headroom_prometheus::{AT_ONCE, Answer, Client, Config, Error, ErrorKind, Range, Series, Window};
use headroom_protocol::QueryError;
use tokio::sync::Semaphore;

use super::time::{Grid, SCRAPE};

/// How long names and labels are taken to stay as they are.
const FRESH: Duration = Duration::from_mins(2);
/// Series of model servers, under any prefix.
const SERVERS: &str = "{__name__=~\".*(vllm|sglang|trtllm)[:_].*|nv_trt_llm_.*\"}";
/// Lists of names are asked for whole hours, so that one answer serves every panel of a dashboard.
const HOUR_MS: i64 = 3_600_000;
/// Answers kept; each is a few hundred names.
const KEPT: usize = 64;

/// Which series, and the whole hours from and to, milliseconds since the Unix epoch.
type Scope = (String, i64, i64);
/// What was found in a scope, and when it was looked for.
type Kept = HashMap<Scope, (Instant, Arc<Resolved>)>;

/// The Prometheus of a data source.
#[derive(Debug)]
pub struct Production {
    client: Client,
    scrape_interval: Option<Duration>,
    resolved: Mutex<Kept>,
}

/// When something is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Once, milliseconds since the Unix epoch.
    At(i64),
    /// At every time of a grid.
    Over(Grid),
}

impl Production {
    /// Opens the connection; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn open(config: &Config, scrape_interval: Option<Duration>) -> Result<Self, Error> {
        Ok(Self { client: Client::new(config)?, scrape_interval, resolved: Mutex::default() })
    }

    /// The connection.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What it has of the dictionary in that time.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn resolved(&self, from_ms: i64, to_ms: i64) -> Result<Arc<Resolved>, QueryError> {
        self.resolved_among(&Selector::all(), from_ms, to_ms).await
    }

    /// What some of its targets have of the dictionary in that time: versions differ from target to target.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn resolved_of(
        &self,
        instances: &[&str],
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Arc<Resolved>, QueryError> {
        let selector = Selector::all().any_of("instance", instances);
        self.resolved_among(&selector, from_ms, to_ms).await
    }

    async fn resolved_among(&self, selector: &Selector, from_ms: i64, to_ms: i64) -> Result<Arc<Resolved>, QueryError> {
        let (start_ms, end_ms) = (from_ms.div_euclid(HOUR_MS) * HOUR_MS, to_ms.div_euclid(HOUR_MS) * HOUR_MS + HOUR_MS);
        let key = (selector.to_string(), start_ms, end_ms);
        if let Some((at, resolved)) = self.kept().get(&key)
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(resolved));
        }
        let answer = self
            .client
            .discover(selector, Some(Window { start_ms, end_ms }))
            .await
            .map_err(|error| query_error(&error))?;
        let resolved = Arc::new(answer.data);
        let mut kept = self.kept();
        kept.retain(|_, (at, _)| at.elapsed() < FRESH);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), Arc::clone(&resolved)));
        Ok(resolved)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The values of a label of its model servers, by any name that the label has, in the order of the alphabet.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn of_servers(&self, label: &str, window: Option<Window>) -> Result<BTreeSet<String>, QueryError> {
        let dialect = DIALECTS.iter().find(|dialect| dialect.label == label);
        let mut found = BTreeSet::new();
        for label in dialect.map_or(&[label][..], |dialect| dialect.names) {
            let values = self.client.label_values(label, &[SERVERS], window).await;
            let values = values.map_err(|error| query_error(&error))?;
            found.extend(values.data.into_iter().filter(|value| !value.is_empty()));
        }
        Ok(found)
    }

    /// How often targets are scraped by the settings; `None` where they leave it to the data.
    pub(crate) fn set_scrape_interval(&self) -> Option<Duration> {
        self.scrape_interval
    }

    /// How often these targets are scraped: by the settings, else by the distance of the samples of `up` before
    /// `to_ms`, else Grafana's assumption.
    pub(crate) async fn scrape_interval(&self, instances: &[&str], from_ms: i64, to_ms: i64) -> Duration {
        if let Some(interval) = self.scrape_interval {
            return interval;
        }
        // Ten scrapes at the slowest usual interval; no more than is looked at, where that has enough.
        let window_s = ((to_ms - from_ms) / 1_000).clamp(120, 600);
        let selector = Selector::all().any_of("instance", instances);
        let samples = self.client.query(&format!("up{selector}[{window_s}s]"), Some(to_ms)).await;
        let found = samples.ok().and_then(|answer| {
            let mut gaps: Vec<i64> = answer
                .data
                .iter()
                .flat_map(|series| series.timestamps_ms.windows(2).map(|pair| pair[1] - pair[0]))
                .filter(|gap| *gap > 0)
                .collect();
            gaps.sort_unstable();
            gaps.get(gaps.len() / 2).copied()
        });
        // Scrapes are a few milliseconds early or late.
        found.map_or(SCRAPE, |ms| Duration::from_millis(((ms + 250) / 500 * 500).max(500).unsigned_abs()))
    }

    /// The answer to one query.
    ///
    /// # Errors
    /// If Prometheus does not answer, or refuses the query.
    pub(crate) async fn ask(&self, promql: &str, when: When) -> Result<Answer<Vec<Series>>, QueryError> {
        ask(&self.client, promql, when).await.map_err(|error| query_error(&error))
    }

    /// The answers to several queries, in their order, some of them at the same time. Dropping the future ends them.
    ///
    /// # Errors
    /// If any of them has no answer: the failure that came first.
    pub(crate) async fn ask_all(
        &self,
        queries: impl IntoIterator<Item = (String, When)>,
    ) -> Result<Vec<Answer<Vec<Series>>>, QueryError> {
        // No more of one panel wait for a place than there are places, so that those of another come in turn.
        let in_line = Arc::new(Semaphore::new(AT_ONCE));
        let answers = queries.into_iter().map(|(promql, when)| {
            let (client, in_line) = (self.client.clone(), Arc::clone(&in_line));
            async move {
                // The semaphore is never closed. If it were, the query would be one more in line, and no worse.
                let permit = in_line.acquire_owned().await;
                let answer = ask(&client, &promql, when).await;
                drop(permit);
                answer.map_err(|error| query_error(&error))
            }
        });
        in_order(answers).await
    }
}

async fn ask(client: &Client, promql: &str, when: When) -> Result<Answer<Vec<Series>>, Error> {
    match when {
        When::At(at_ms) => client.query(promql, Some(at_ms)).await,
        When::Over(grid) => {
            let range = Range { start_ms: grid.start_ms, end_ms: grid.end_ms, step_ms: grid.step_ms() };
            client.query_range(promql, range).await
        }
    }
}

/// A failure of Prometheus as the error of a query. Grafana does not count it against the plugin.
pub(crate) fn query_error(error: &Error) -> QueryError {
    let said = format!("Prometheus: {}", error.message);
    match error.kind {
        ErrorKind::Configuration | ErrorKind::Rejected | ErrorKind::TooMuch => QueryError::bad_request(said),
        ErrorKind::Timeout => QueryError::downstream(said).with_status(504),
        ErrorKind::Unreachable
        | ErrorKind::Tls
        | ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Unavailable
        | ErrorKind::NotPrometheus => QueryError::downstream(said),
    }
}
