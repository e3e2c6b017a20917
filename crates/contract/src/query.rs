//! Queries: their keys, and what defines a query kind.

use std::time::Duration;

use headroom_engine::slo::Statistic;

use crate::choices::{Annotation, Form, LoadKind, Metric, Select, choices};
use crate::frames::DocumentedFrame;
use crate::words::Word;

choices! {
    /// Under which heading an editor offers a query kind.
    Group: "Under which heading an editor offers a query kind." {
        Benchmarks = "benchmarks", "Benchmarks", "What reports say; needs a store";
        Production = "production", "Production", "What deployments do now, against their benchmarks; needs a Prometheus";
        Other = "other", "Other", "Anything else";
    }

    /// A part of a query that a kind may take: one field of the editor, with one key or a few.
    Part: "A part of a query that a kind may take." {
        Deployments = "deployments", "Deployments", "Which deployments and models";
        Namespaces = "namespaces", "Namespaces", "Which namespaces";
        Runs = "runs", "Runs", "Which run of each deployment, or exactly these";
        Limits = "limits", "Limits", "The limits to judge by";
        Load = "load", "Load", "Closed or open loop";
        Metric = "metric", "Metric", "The quantity on the y axis";
        Statistic = "statistic", "Statistic", "The statistic of a latency";
        Form = "form", "Form", "Numbers about now, or their history";
        Window = "window", "Window", "What counts as now";
        Fields = "fields", "Fields", "The fields wanted";
        Annotations = "annotations", "Annotations", "Which events are annotated";
        Interval = "interval", "Interval", "The least distance of two points";
        Promql = "promql", "PromQL", "An expression and how to ask it";
    }
}

/// Describes a query kind, except how it is answered. Each kind's own file holds one; editors, TypeScript and
/// `docs/frames.md` come from it.
#[derive(Debug, Clone, Copy)]
pub struct QuerySpec {
    /// The value of `queryType`, for example `cost_now`.
    pub id: &'static str,
    /// Its name in the editor.
    pub label: &'static str,
    /// What it answers, in a few words beside the label.
    pub about: &'static str,
    /// The heading under which the editor offers it.
    pub group: Group,
    /// Whether it can be answered without a Prometheus.
    pub needs_prometheus: bool,
    /// The parts of a query that it reads, in a panel and in an alert rule. The query reader does not pass on the keys
    /// of other parts.
    pub takes: &'static [Part],
    /// What `fields` may name; empty for a kind that does not take [`Part::Fields`].
    pub fields: fn() -> Vec<Field>,
    /// Its frames with their columns, in the order of the answer.
    pub frames: &'static [DocumentedFrame],
    /// The numbers that an alert rule gets; `None` if it gets the same frames as a dashboard.
    pub alert: Option<Alert>,
}

/// A field that `fields` can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the query and in the frame.
    pub name: String,
    /// Its name in an editor.
    pub title: String,
    /// What it is, in a sentence.
    pub about: String,
}

/// The numbers that an alert rule gets from a query kind, one for each deployment or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// Name of the field that a rule gets by default; its labels say which deployment or run a number belongs to.
    pub number: &'static str,
    /// What the number is, in Markdown, without a full stop.
    pub about: &'static str,
    /// Other numbers that `fields` can name instead, each with what it is: for kinds that have no `fields` in panels.
    pub others: &'static [(&'static str, &'static str)],
}

impl Alert {
    /// For a kind with one number only.
    #[must_use]
    pub const fn of(number: &'static str, about: &'static str) -> Self {
        Self { number, about, others: &[] }
    }
}

impl QuerySpec {
    /// Whether the kind reads a part of a query.
    #[must_use]
    pub fn takes(&self, part: Part) -> bool {
        self.takes.contains(&part) || (part == Part::Fields && self.has_alert_fields())
    }

    /// Whether `fields` has an effect in alert rules only: it chooses the number that a rule gets.
    #[must_use]
    pub fn has_alert_fields(&self) -> bool {
        self.alert.is_some_and(|alert| !alert.others.is_empty()) && !self.takes.contains(&Part::Fields)
    }

    /// The empty list of fields, for kinds that do not take `fields`.
    #[must_use]
    pub fn no_fields() -> Vec<Field> {
        Vec::new()
    }
}

/// What a query means where it leaves keys out. Only the backend fills these in: an editor that leaves a key out relies
/// on them, and shows them as what will be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Defaults {
    /// The query kind, by its id.
    pub kind: &'static str,
    /// Which run of each deployment.
    pub select: Select,
    /// Numbers about now, or their history.
    pub form: Form,
    /// Length of the window that counts as now, at the end of the time range: long enough for a rate over ten scrapes,
    /// one every
    pub window: Duration,
}

/// What a query means where it leaves keys out.
pub const DEFAULTS: Defaults =
    Defaults { kind: "curve", select: Select::MostRequests, form: Form::Table, window: Duration::from_mins(5) };

impl Default for Form {
    fn default() -> Self {
        DEFAULTS.form
    }
}

/// How the value of a key of a query is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// A list of texts; a single text is a list of one.
    List,
    /// A text.
    Text,
    /// A PromQL expression, in which a variable with several values becomes a regular expression.
    Promql,
    /// `true` or `false`.
    Flag,
}

/// A key of a query.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// How its value is written.
    pub written: Written,
    /// The part that it belongs to; `None` for the kind itself.
    pub part: Option<Part>,
    /// Its possible values, in Markdown.
    pub values: fn() -> String,
    /// What is used without it, in Markdown.
    pub default: fn() -> String,
    /// What it means, in Markdown, without a full stop.
    pub about: &'static str,
}

/// The key that names the query kind. Its values are the ids in the backend's registry.
pub const QUERY_TYPE: &str = "queryType";

/// The id of a service level whose limits are in the query itself.
pub const CUSTOM_SLO: &str = "custom";

/// Every key of a query, in the order of the documents.
pub const KEYS: &[Key] = &[
    key(QUERY_TYPE, Written::Text, None, String::new, || code(DEFAULTS.kind), "which frames to return"),
    key(
        "deployments",
        Written::List,
        Some(Part::Deployments),
        names,
        all,
        "deployments to include; `All` and an empty list mean all",
    ),
    key("models", Written::List, Some(Part::Deployments), names, all, "models to include"),
    key(
        "runs",
        Written::List,
        Some(Part::Runs),
        || "list of run ids".into(),
        none,
        "exactly these runs; `select` is then ignored",
    ),
    key(
        "select",
        Written::Text,
        Some(Part::Runs),
        ids::<Select>,
        || code(DEFAULTS.select.id()),
        "which run of each deployment: the one with most successful requests, the newest, or every one",
    ),
    key(
        "loadModel",
        Written::Text,
        Some(Part::Load),
        ids::<LoadKind>,
        || "`closed`; `open` where there is nothing else".into(),
        "closed loop (concurrency) or open loop (request rate); one frame set never mixes them. Without it runs that are all \
         open loop are shown, and each deployment in production is judged by its closed-loop runs, or by its open-loop \
         runs where it has no others",
    ),
    key(
        "slo",
        Written::Text,
        Some(Part::Limits),
        || format!("preset id or `{CUSTOM_SLO}`"),
        || "the data source's default".into(),
        "limits to judge by",
    ),
    key(
        "limits",
        Written::List,
        Some(Part::Limits),
        || "list such as `ttft_p95=1000ms`".into(),
        none,
        "the limits when `slo` is `custom`",
    ),
    key(
        "metric",
        Written::Text,
        Some(Part::Metric),
        ids::<Metric>,
        || "metric of the first limit".into(),
        "quantity on the y axis",
    ),
    key(
        "statistic",
        Written::Text,
        Some(Part::Statistic),
        ids::<Statistic>,
        || "statistic of the first limit".into(),
        "for latencies only",
    ),
    key(
        "namespaces",
        Written::List,
        Some(Part::Namespaces),
        names,
        all,
        "values of the label `namespace`, whatever the exporter calls it",
    ),
    key(
        "window",
        Written::Text,
        Some(Part::Window),
        || "duration such as `5m`".into(),
        || code(&minutes(DEFAULTS.window)),
        "what counts as now: the window at the end of the time range",
    ),
    key(
        "format",
        Written::Text,
        Some(Part::Form),
        ids::<Form>,
        || code(DEFAULTS.form.id()),
        "about now, or its history",
    ),
    key("fields", Written::List, Some(Part::Fields), names, all, "the fields wanted; fewer fields are fewer queries"),
    key(
        "kinds",
        Written::List,
        Some(Part::Annotations),
        || format!("list of {}", ids::<Annotation>()),
        all,
        "what is annotated",
    ),
    key(
        "interval",
        Written::Text,
        Some(Part::Interval),
        || "duration such as `15s`".into(),
        || "the panel's".into(),
        "the least distance of two points",
    ),
    key(
        "expr",
        Written::Promql,
        Some(Part::Promql),
        || "PromQL".into(),
        none,
        "needed; `$__interval`, `$__rate_interval` and `$__range` with their forms are replaced by the backend",
    ),
    key(
        "legendFormat",
        Written::Text,
        Some(Part::Promql),
        || "text with `{{label}}`".into(),
        || "the series itself".into(),
        "the name of a series",
    ),
    key(
        "instant",
        Written::Flag,
        Some(Part::Promql),
        || "`true`, `false`".into(),
        || "`false`".into(),
        "the value at the end of the time range alone",
    ),
];

const fn key(
    name: &'static str,
    written: Written,
    part: Option<Part>,
    values: fn() -> String,
    default: fn() -> String,
    about: &'static str,
) -> Key {
    Key { name, written, part, values, default, about }
}

fn ids<T: Word>() -> String {
    T::ALL.iter().map(|word| code(word.id())).collect::<Vec<_>>().join(", ")
}

/// A text as inline code in Markdown.
pub(crate) fn code(text: &str) -> String {
    format!("`{text}`")
}

fn names() -> String {
    "list of names".into()
}

fn all() -> String {
    "all".into()
}

fn none() -> String {
    "–".into()
}

/// The part of a query that a key belongs to; `None` for `queryType`, and for keys that are not ours.
#[must_use]
pub fn part_of(key: &str) -> Option<Part> {
    KEYS.iter().find(|known| known.name == key)?.part
}

/// A duration of whole minutes as queries write it, for example `5m`.
#[must_use]
pub fn minutes(duration: Duration) -> String {
    format!("{}m", duration.as_secs() / 60)
}
