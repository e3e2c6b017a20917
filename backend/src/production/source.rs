//! One Prometheus: the connection, and the part of the dictionary that it has.

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

/// How long an answer is used for everybody who asks the same: panels of one dashboard, and dashboards of several
/// people. Shorter than the shortest usual refresh interval.
const FRESH: Duration = Duration::from_secs(10);
/// How long lists of names and labels are kept.
const NAMES_FRESH: Duration = Duration::from_mins(2);
/// How long lists of servers are kept, so that added or removed servers are seen after this time.
const SERVERS_FRESH: Duration = Duration::from_secs(30);
/// How long answers about the distant past are kept.
const PAST_FRESH: Duration = Duration::from_hours(6);
/// After this time a window is in the distant past: late scrapes have arrived by then, milliseconds.
const SETTLED_MS: i64 = 600_000;
/// Series of model servers, under any prefix.
const SERVERS: &str = "{__name__=~\".*(vllm|sglang|trtllm)[:_].*|nv_trt_llm_.*\"}";
/// Lists of names are requested for whole hours, so that one answer is used for every panel of a dashboard.
const HOUR_MS: i64 = 3_600_000;
/// Lists of servers are requested for whole minutes.
const MINUTE_MS: i64 = 60_000;
/// The most bytes of kept answers, for each kind.
const ROOM: usize = 32 << 20;
const LISTS_ROOM: usize = 8 << 20;
/// The approximate size of a resolved dictionary, bytes.
const NAMES_BYTES: usize = 64 << 10;

/// A selector, and a time range in milliseconds since the Unix epoch.
type Scope = (String, i64, i64);
/// An expression; the first time, the last time and the step, milliseconds; and the most series to show.
type Asked = (String, (i64, i64, i64), Option<usize>);

/// The Prometheus of a data source. Clones share the connection and the kept answers. Nothing is shared between two
/// data sources. Everybody who may query a data source has its permissions in Prometheus, and so gets the same answers.
#[derive(Debug, Clone)]
pub struct Production {
    client: Client,
    scrape_interval: Option<Duration>,
    kept: Arc<Everything>,
    /// The ledger of the query that is being answered.
    ledger: Arc<Ledger>,
}

/// All kept answers.
#[derive(Debug)]
struct Everything {
    names: Kept<Scope, Resolved>,
    servers: Kept<Scope, Vec<Labels>>,
    values: Kept<Scope, Vec<String>>,
    answers: Kept<Asked, Answer<Vec<Series>>>,
}

/// The time or times of an expression.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// A single time, milliseconds since the Unix epoch.
    At(i64),
    /// Every time of a grid.
    Over(Grid),
}

impl When {
    /// The first time, the last time and the step, milliseconds.
    fn times(self) -> (i64, i64, i64) {
        match self {
            Self::At(at_ms) => (at_ms, at_ms, 0),
            Self::Over(grid) => (grid.start_ms, grid.end_ms, grid.step_ms()),
        }
    }
}

/// How long observations may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// As long as panels are expected to ask the same.
    Shortly,
    /// For hours if the time is in the distant past: the windows of a benchmark are queried with every refresh and do
    /// not change.
    WhereSettled,
}

impl Lasting {
    /// How long answers about a time are kept. An answer with a warning may be complete next time, and an empty one may
    /// get data later, so these are kept only briefly.
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
    /// If the configuration is invalid.
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

    /// This connection, for a query with its own ledger.
    pub(crate) fn counted_by(&self, ledger: &Arc<Ledger>) -> Self {
        Self { ledger: Arc::clone(ledger), ..self.clone() }
    }

    /// The connection.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The part of the dictionary that it has in a time range.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) async fn resolved(&self, from_ms: i64, to_ms: i64) -> Result<Arc<Resolved>, QueryError> {
        self.resolved_among(Selector::all(), from_ms, to_ms).await
    }

    /// The part of the dictionary that some of its targets have in a time range: versions differ between targets.
    ///
    /// # Errors
    /// If it does not answer.
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
            // One request for names, and one for labels.
            ledger.send(None);
            ledger.send(None);
            let answer = client.discover(&selector, Some(window)).await;
            Ok(vec![answer.map_err(|error| query_error(&error))?.data])
        };
        self.one(self.kept.names.get(&[key], fresh, alone(request)).await?)
    }

    /// The label sets of the series that match these selectors, in a time range of whole minutes.
    ///
    /// # Errors
    /// If it does not answer.
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

    /// The values of a label of its model servers, under any of the label's names, in alphabetical order.
    ///
    /// # Errors
    /// If it does not answer.
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

    /// The scrape interval in the settings; `None` if it must be read from the data.
    pub(crate) fn set_scrape_interval(&self) -> Option<Duration> {
        self.scrape_interval
    }

    /// The scrape interval of the targets of each selector of `up`: from the settings, else from the distance of its
    /// samples before `to_ms`, else Grafana's default.
    pub(crate) async fn scrape_intervals(&self, each: Vec<Selector>, from_ms: i64, to_ms: i64) -> Vec<Duration> {
        if let Some(interval) = self.scrape_interval {
            return vec![interval; each.len()];
        }
        if each.is_empty() {
            // Without selectors, the expression would select all targets.
            return Vec::new();
        }
        // Ten scrapes at the slowest usual interval, but not much more than the time range.
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

    /// The same for a caller that shows at most `most` series. The answer may have one more, which shows that there are
    /// more.
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

    /// The answers to several queries about the same time, in order. Queries that nobody has asked yet are combined
    /// into few requests. Dropping the future ends them.
    ///
    /// # Errors
    /// If any of them has no answer: the first failure.
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

    /// Requests for those queries that nobody has asked yet.
    fn requests(&self, queries: &[String], missing: Vec<usize>, when: When) -> Requests<Answer<Vec<Series>>> {
        // A panel queues only as many requests as there are places, so that other panels get their turn.
        let in_line = Arc::new(Semaphore::new(AT_ONCE));
        let together = combined::packs(queries, missing, matches!(when, When::At(_)), self.client.longest_query());
        together
            .into_iter()
            .map(|places| {
                let texts: Vec<String> = places.iter().map(|place| queries[*place].clone()).collect();
                let (client, ledger, in_line) = (self.client.clone(), Arc::clone(&self.ledger), Arc::clone(&in_line));
                let request = async move {
                    // The semaphore is never closed. If it were, there would only be one more request in the queue.
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

/// A single request for a single key.
fn alone<V: 'static>(
    request: impl Future<Output = Result<Vec<V>, QueryError>> + Send + 'static,
) -> impl FnOnce(Vec<usize>) -> Requests<V> {
    |places| vec![(places, Box::pin(request) as Request<V>)]
}

/// The whole hours or minutes that contain a time range.
fn whole((from_ms, to_ms): (i64, i64), unit_ms: i64) -> Window {
    let down = |ms: i64| ms.div_euclid(unit_ms).saturating_mul(unit_ms);
    Window { start_ms: down(from_ms), end_ms: down(to_ms.saturating_sub(1)).saturating_add(unit_ms) }
}

/// The approximate size of an answer, bytes.
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
    // Scrapes are a few milliseconds early or late, so the interval is rounded to half a second.
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

/// The query error for a failure of Prometheus. Grafana does not count it against the plugin.
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
