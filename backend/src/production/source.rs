//! One Prometheus: the connection, and what it has of the dictionary.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_prometheus::dictionary::{DIALECTS, Resolved, Selector, Together};
use headroom_prometheus::{
    AT_ONCE, Answer, Client, Config, Error, ErrorKind, Labels, Range, RemarkSeverity, Series, Window,
};
use headroom_protocol::QueryError;
use tokio::sync::Semaphore;

use super::combined;
use super::kept::{Came, Kept, Request, Requests};
use super::ledger::Ledger;
use super::time::{Grid, SCRAPE};

/// How long an answer serves everybody who asks the same: panels of one dashboard, and dashboards of several people. Less than
/// the shortest interval at which anybody refreshes.
const FRESH: Duration = Duration::from_secs(10);
/// How long names and labels are taken to stay as they are.
const NAMES_FRESH: Duration = Duration::from_mins(2);
/// How long servers that came or went may stay unknown.
const SERVERS_FRESH: Duration = Duration::from_secs(30);
/// How long what is about a time long past is kept.
const PAST_FRESH: Duration = Duration::from_hours(6);
/// When a time is long past: by then scrapes that were late have arrived.
const SETTLED_MS: i64 = 600_000;
/// Series of model servers, under any prefix.
const SERVERS: &str = "{__name__=~\".*(vllm|sglang|trtllm)[:_].*|nv_trt_llm_.*\"}";
/// Lists of names are asked for whole hours, so that one answer serves every panel of a dashboard.
const HOUR_MS: i64 = 3_600_000;
/// Lists of servers are asked for in whole minutes.
const MINUTE_MS: i64 = 60_000;
/// Answers of each kind that are kept, in bytes.
const ROOM: usize = 32 << 20;
const LISTS_ROOM: usize = 8 << 20;
/// What a resolved dictionary takes, near enough.
const NAMES_BYTES: usize = 64 << 10;

/// Which series, and from when to when, milliseconds since the Unix epoch.
type Scope = (String, i64, i64);
/// An expression, the first and the last time, and the distance of two; and how many series are shown at most.
type Asked = (String, (i64, i64, i64), Option<usize>);

/// The Prometheus of a data source. Clones share the connection and what is kept. Nothing is ever shared between two data
/// sources; everybody who may query one has its rights in Prometheus, and so gets the same answers.
#[derive(Debug, Clone)]
pub struct Production {
    client: Client,
    scrape_interval: Option<Duration>,
    kept: Arc<Everything>,
    /// Of the query that is being answered.
    ledger: Arc<Ledger>,
}

/// What is kept of Prometheus.
#[derive(Debug)]
struct Everything {
    names: Kept<Scope, Resolved>,
    servers: Kept<Scope, Vec<Labels>>,
    values: Kept<Scope, Vec<String>>,
    answers: Kept<Asked, Answer<Vec<Series>>>,
}

/// When something is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Once, milliseconds since the Unix epoch.
    At(i64),
    /// At every time of a grid.
    Over(Grid),
}

impl When {
    /// The first time, the last, and the distance of two.
    fn times(self) -> (i64, i64, i64) {
        match self {
            Self::At(at_ms) => (at_ms, at_ms, 0),
            Self::Over(grid) => (grid.start_ms, grid.end_ms, grid.step_ms()),
        }
    }
}

/// How long what was observed may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// As long as panels are expected to ask the same.
    Shortly,
    /// For hours where the time is long past: the windows of a benchmark are looked up again with every refresh, and do not
    /// change.
    WhereSettled,
}

impl Lasting {
    /// How long answers about a time are kept. What came with a warning may be complete next time, and where nothing at all was
    /// there, something may be added.
    fn of_answers(self, end_ms: i64) -> impl Fn(&[Arc<Answer<Vec<Series>>>]) -> Duration + Clone + Send + 'static {
        let whole = self.fresh(end_ms);
        move |answers| {
            let warned = |answer: &Answer<Vec<Series>>| {
                answer.remarks.iter().any(|notice| notice.severity == RemarkSeverity::Warning)
            };
            let empty = answers.iter().all(|answer| answer.data.is_empty());
            if empty || answers.iter().any(|answer| warned(answer)) { FRESH } else { whole }
        }
    }

    fn fresh(self, end_ms: i64) -> Duration {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let settled = i64::try_from(now_ms).is_ok_and(|now_ms| end_ms < now_ms - SETTLED_MS);
        if self == Self::WhereSettled && settled { PAST_FRESH } else { FRESH }
    }
}

impl Production {
    /// Opens the connection; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn open(config: &Config, scrape_interval: Option<Duration>) -> Result<Self, Error> {
        let kept = Everything {
            names: Kept::new(LISTS_ROOM, |(scope, ..), _| scope.len() + NAMES_BYTES),
            servers: Kept::new(LISTS_ROOM, |(scope, ..), sets| scope.len() + sets.iter().map(bytes_of).sum::<usize>()),
            values: Kept::new(LISTS_ROOM, |(scope, ..), values| {
                scope.len() + values.iter().map(|value| value.len() + 24).sum::<usize>()
            }),
            answers: Kept::new(ROOM, |(promql, ..), answer| promql.len() + size(answer)),
        };
        Ok(Self { client: Client::new(config)?, scrape_interval, kept: Arc::new(kept), ledger: Arc::default() })
    }

    /// The same, for a query whose ledger counts what it takes.
    pub(crate) fn counted_by(&self, ledger: &Arc<Ledger>) -> Self {
        Self { ledger: Arc::clone(ledger), ..self.clone() }
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
        self.resolved_among(Selector::all(), from_ms, to_ms).await
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
        self.resolved_among(Selector::all().any_of("instance", instances), from_ms, to_ms).await
    }

    async fn resolved_among(&self, selector: Selector, from_ms: i64, to_ms: i64) -> Result<Arc<Resolved>, QueryError> {
        let window = whole((from_ms, to_ms), HOUR_MS);
        let fresh = Lasting::WhereSettled.fresh(window.end_ms);
        let past = fresh == PAST_FRESH;
        let fresh = move |names: &[Arc<Resolved>]| {
            let known = names.iter().all(|names| !names.seen().is_empty());
            if past && known { PAST_FRESH } else { NAMES_FRESH }
        };
        let key = (selector.to_string(), window.start_ms, window.end_ms);
        let (client, ledger) = (self.client.clone(), Arc::clone(&self.ledger));
        let request = async move {
            // Names, and labels.
            ledger.send(None);
            ledger.send(None);
            let answer = client.discover(&selector, Some(window)).await;
            Ok(vec![answer.map_err(|error| query_error(&error))?.data])
        };
        self.one(self.kept.names.get(&[key], fresh, alone(request)).await?)
    }

    /// The label sets of the series that these selectors select in a time, to the minute.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn servers(&self, selectors: &[&str], window: Window) -> Result<Arc<Vec<Labels>>, QueryError> {
        let window = whole((window.start_ms, window.end_ms), MINUTE_MS);
        let key = (selectors.join(" "), window.start_ms, window.end_ms);
        let (client, ledger) = (self.client.clone(), Arc::clone(&self.ledger));
        let selectors: Vec<String> = selectors.iter().map(|selector| (*selector).to_owned()).collect();
        let request = async move {
            ledger.send(None);
            let selectors: Vec<&str> = selectors.iter().map(String::as_str).collect();
            let answer = client.series(&selectors, Some(window)).await;
            Ok(vec![answer.map_err(|error| query_error(&error))?.data])
        };
        self.one(self.kept.servers.get(&[key], |_: &[_]| SERVERS_FRESH, alone(request)).await?)
    }

    /// The values of a label of its model servers, by any name that the label has, in the order of the alphabet.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn of_servers(&self, label: &str, window: Option<Window>) -> Result<BTreeSet<String>, QueryError> {
        let dialect = DIALECTS.iter().find(|dialect| dialect.label == label);
        let mut found = BTreeSet::new();
        let window = window.map(|window| whole((window.start_ms, window.end_ms), MINUTE_MS));
        for label in dialect.map_or(&[label][..], |dialect| dialect.names) {
            let times = window.map_or((0, 0), |window| (window.start_ms, window.end_ms));
            let key = ((*label).to_owned(), times.0, times.1);
            let (client, ledger, label) = (self.client.clone(), Arc::clone(&self.ledger), (*label).to_owned());
            let request = async move {
                ledger.send(None);
                let values = client.label_values(&label, &[SERVERS], window).await;
                Ok(vec![values.map_err(|error| query_error(&error))?.data])
            };
            let values = self.one(self.kept.values.get(&[key], |_: &[_]| SERVERS_FRESH, alone(request)).await?)?;
            found.extend(values.iter().filter(|value| !value.is_empty()).cloned());
        }
        Ok(found)
    }

    fn one<V>(&self, came: Came<V>) -> Result<Arc<V>, QueryError> {
        self.ledger.share(came.shared);
        came.answers.into_iter().next().ok_or_else(|| QueryError::from(headroom_base::tasks::Panicked))
    }

    /// How often targets are scraped by the settings; `None` where they leave it to the data.
    pub(crate) fn set_scrape_interval(&self) -> Option<Duration> {
        self.scrape_interval
    }

    /// How often the targets of each selector of `up` are scraped: by the settings, else by the distance of its samples before
    /// `to_ms`, else Grafana's assumption.
    pub(crate) async fn scrape_intervals(&self, each: Vec<Selector>, from_ms: i64, to_ms: i64) -> Vec<Duration> {
        if let Some(interval) = self.scrape_interval {
            return vec![interval; each.len()];
        }
        if each.is_empty() {
            // Nobody's targets would be everybody's.
            return Vec::new();
        }
        // Ten scrapes at the slowest usual interval; no more than is looked at, where that has enough.
        let window_s = ((to_ms - from_ms) / 1_000).clamp(120, 600);
        let together = Together::of(each);
        let query = format!("up{}[{window_s}s]", together.selector());
        let samples = self.ask(&query, When::At(to_ms)).await;
        let samples = samples.map(|answer| answer.data.clone()).unwrap_or_default();
        together.split(&samples).iter().map(|own| scrape_interval(own)).collect()
    }

    /// The answer to one query.
    ///
    /// # Errors
    /// If Prometheus does not answer, or refuses the query.
    pub(crate) async fn ask(&self, promql: &str, when: When) -> Result<Arc<Answer<Vec<Series>>>, QueryError> {
        self.ask_for(promql, when, None).await
    }

    /// The same for who shows no more series than that; there may be one more in the answer, which tells that there are.
    ///
    /// # Errors
    /// If Prometheus does not answer, or refuses the query.
    pub(crate) async fn ask_to_show(
        &self,
        most: usize,
        promql: &str,
        when: When,
    ) -> Result<Arc<Answer<Vec<Series>>>, QueryError> {
        self.ask_for(promql, when, Some(most + 1)).await
    }

    async fn ask_for(
        &self,
        promql: &str,
        when: When,
        most: Option<usize>,
    ) -> Result<Arc<Answer<Vec<Series>>>, QueryError> {
        let key = (promql.to_owned(), when.times(), most);
        let (ledger, promql) = (Arc::clone(&self.ledger), promql.to_owned());
        let client = most.map_or_else(|| self.client.clone(), |most| self.client.showing(most));
        let request = async move {
            ledger.send(Some(&promql));
            Ok(vec![ask(&client, &promql, when).await.map_err(|error| query_error(&error))?])
        };
        self.one(self.kept.answers.get(&[key], |_: &[_]| FRESH, alone(request)).await?)
    }

    /// The answers to several queries about the same time, in their order. What nobody has asked yet goes into as few requests
    /// as is good. Dropping the future ends them.
    ///
    /// # Errors
    /// If any of them has no answer: the failure that came first.
    pub(crate) async fn ask_all(
        &self,
        queries: &[String],
        when: When,
        lasting: Lasting,
    ) -> Result<Vec<Arc<Answer<Vec<Series>>>>, QueryError> {
        let times = when.times();
        let keys: Vec<Asked> = queries.iter().map(|promql| (promql.clone(), times, None)).collect();
        let came =
            self.kept.answers.get(&keys, lasting.of_answers(times.1), |missing| self.requests(queries, missing, when));
        let came = came.await?;
        self.ledger.share(came.shared);
        Ok(came.answers)
    }

    /// Requests for those of the queries that nobody has asked yet.
    fn requests(&self, queries: &[String], missing: Vec<usize>, when: When) -> Requests<Answer<Vec<Series>>> {
        // No more of one panel wait for a place than there are places, so that those of another come in turn.
        let in_line = Arc::new(Semaphore::new(AT_ONCE));
        let together = combined::packs(queries, missing, matches!(when, When::At(_)), self.client.longest_query());
        together
            .into_iter()
            .map(|places| {
                let texts: Vec<String> = places.iter().map(|place| queries[*place].clone()).collect();
                let (client, ledger, in_line) = (self.client.clone(), Arc::clone(&self.ledger), Arc::clone(&in_line));
                let request = async move {
                    // The semaphore is never closed. If it were, the query would be one more in line, and no worse.
                    let _permit = in_line.acquire_owned().await;
                    combined::ask(&texts, |promql| {
                        ledger.send(Some(&promql));
                        let client = client.clone();
                        async move { ask(&client, &promql, when).await }
                    })
                    .await
                    .map_err(|error| query_error(&error))
                };
                (places, Box::pin(request) as Request<Answer<Vec<Series>>>)
            })
            .collect()
    }
}

/// The one request for a single key.
fn alone<V: 'static>(
    request: impl Future<Output = Result<Vec<V>, QueryError>> + Send + 'static,
) -> impl FnOnce(Vec<usize>) -> Requests<V> {
    |places| vec![(places, Box::pin(request) as Request<V>)]
}

/// The whole hours or minutes that a time lies in.
fn whole((from_ms, to_ms): (i64, i64), unit_ms: i64) -> Window {
    let down = |ms: i64| ms.div_euclid(unit_ms).saturating_mul(unit_ms);
    Window { start_ms: down(from_ms), end_ms: down(to_ms.saturating_sub(1)).saturating_add(unit_ms) }
}

/// The bytes of an answer, near enough.
fn size(answer: &Answer<Vec<Series>>) -> usize {
    answer.data.iter().map(|series| bytes_of(&series.labels) + series.values.len() * 16).sum::<usize>() + 64
}

fn bytes_of(labels: &Labels) -> usize {
    labels.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>() + 24
}

/// The usual distance of two samples.
fn scrape_interval(up: &[Series]) -> Duration {
    let mut gaps: Vec<i64> = up
        .iter()
        .flat_map(|series| series.timestamps_ms.windows(2).map(|pair| pair[1] - pair[0]))
        .filter(|gap| *gap > 0)
        .collect();
    gaps.sort_unstable();
    let found = gaps.get(gaps.len() / 2).copied();
    // Scrapes are a few milliseconds early or late.
    found.map_or(SCRAPE, |ms| Duration::from_millis(((ms + 250) / 500 * 500).max(500).unsigned_abs()))
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
