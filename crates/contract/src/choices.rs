//! What people choose from: parts of a query that are one word out of a list.

use headroom_engine::run::{Arrivals, LoadModel};
use headroom_engine::slo::{Latency, Statistic, Subject};

use crate::units::Unit;
use crate::words::{Choice, Word};

/// Defines enumerations from one table that gives each variant's id, label and meaning.
macro_rules! choices {
    ($(
        $(#[$doc:meta])*
        $name:ident: $about:literal {
            $($variant:ident = $id:literal, $label:literal, $meaning:literal;)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)*
        }

        impl $name {
            /// All of them, in the order in which editors list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its id in queries and answers.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }
        }

        impl crate::words::Word for $name {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = $about;
            const ALL: &'static [Self] = Self::ALL;

            fn id(self) -> &'static str {
                self.id()
            }
        }

        impl crate::words::Choice for $name {
            fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            fn about(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&crate::words::Id(*self), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id: crate::words::Id<Self> = serde::Deserialize::deserialize(deserializer)?;
                Ok(id.0)
            }
        }

        #[cfg(feature = "generate")]
        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            fn name(config: &ts_rs::Config) -> String {
                <crate::words::Id<Self> as ts_rs::TS>::name(config)
            }

            fn inline(config: &ts_rs::Config) -> String {
                <crate::words::Id<Self> as ts_rs::TS>::inline(config)
            }
        }
    )*};
}
pub(crate) use choices;

choices! {
    /// Which runs of a deployment answer a query.
    Select: "Which run of each deployment." {
        MostRequests = "most_requests", "Most requests", "The run with most successful requests";
        Latest = "latest", "Latest", "The newest run";
        All = "all", "All runs", "Every run of the deployment";
    }

    /// How the load was offered.
    LoadKind: "How the load was offered." {
        Closed = "closed", "Users", "Closed loop: a fixed number of concurrent users";
        Open = "open", "Requests/s", "Open loop: requests arrive at a given rate";
    }

    /// Whether a query that can give both returns numbers about now or their history.
    Form: "Numbers about now, or their history." {
        Table = "table", "Now", "One row per deployment";
        Series = "series", "Over time", "One line per deployment";
    }

    /// Which events are annotated.
    Annotation: "Which events are annotated." {
        Runs = "runs", "Benchmark runs", "From begin to end, with the verdict";
        Episodes = "episodes", "Saturation", "From begin to end, with the cause";
        Restarts = "restarts", "Restarts", "When counters began anew";
        Changes = "changes", "Changes", "When results of benchmarks or production’s latency changed";
    }

    /// What a dashboard variable lists.
    VariableKind: "What a dashboard variable lists." {
        Deployments = "deployments", "Deployments", "Names of deployments";
        Models = "models", "Models", "Names of models";
        Namespaces = "namespaces", "Namespaces", "Kubernetes namespaces of model servers in production";
        ServedModels = "served_models", "Served models", "Models as their servers in production call them";
        Runs = "runs", "Runs", "Single benchmark runs, newest first";
        Slos = "slos", "Service levels", "Presets and the data source’s own limits";
    }
}

impl LoadKind {
    /// How the load of a run was offered.
    #[must_use]
    pub fn of(model: LoadModel) -> Self {
        match model {
            LoadModel::Closed => Self::Closed,
            LoadModel::Open(_) => Self::Open,
        }
    }
}

impl Choice for Statistic {
    fn label(self) -> &'static str {
        match self {
            Self::Mean => "Mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Mean => "Arithmetic mean",
            Self::P50 => "Median",
            Self::P90 => "90th percentile",
            Self::P95 => "95th percentile",
            Self::P99 => "99th percentile",
        }
    }
}

/// A quantity to draw over load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A latency. Its statistic is chosen separately.
    Latency(Latency),
    /// Successful requests per second.
    RequestRate,
    /// Output tokens per second.
    OutputTokensPerSecond,
}

impl Metric {
    /// Every metric, in the order that editors offer them.
    pub const ALL: &'static [Self] = &[
        Self::Latency(Latency::Ttft),
        Self::Latency(Latency::Itl),
        Self::Latency(Latency::Tpot),
        Self::Latency(Latency::E2e),
        Self::RequestRate,
        Self::OutputTokensPerSecond,
    ];

    /// Its id in queries.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Latency(latency) => latency.id(),
            Self::RequestRate => "request_rate",
            Self::OutputTokensPerSecond => "output_tokens_per_second",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Latency(latency) => latency.label(),
            Self::RequestRate => "Requests per second",
            Self::OutputTokensPerSecond => "Output tokens per second",
        }
    }

    /// What it measures, in a sentence.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Latency(Latency::Ttft) => "Time from sending a request to its first token.",
            Self::Latency(Latency::Itl) => "Time between two tokens of an answer: (last − first token) / (tokens − 1).",
            Self::Latency(Latency::Tpot) => {
                "Time per output token as the tool defines it; GuideLLM from 0.4 on includes the first token, so never \
                 compare it across tools."
            }
            Self::Latency(Latency::E2e) => "Time from sending a request to its last token.",
            Self::RequestRate => "Successful requests per second, recomputed from counts and duration.",
            Self::OutputTokensPerSecond => "Output tokens per second, recomputed from counts and duration.",
        }
    }

    /// The unit of its values.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Latency(_) => Unit::Milliseconds,
            Self::RequestRate => Unit::RequestsPerSecond,
            Self::OutputTokensPerSecond => Unit::TokensPerSecond,
        }
    }
}

impl Word for Metric {
    const NAME: &'static str = "Metric";
    const ABOUT: &'static str = "What can be drawn over load.";
    const ALL: &'static [Self] = Self::ALL;

    fn id(self) -> &'static str {
        self.id()
    }

    fn key(self) -> String {
        match self {
            Self::Latency(latency) => format!("{latency:?}"),
            other => format!("{other:?}"),
        }
    }
}

impl Choice for Metric {
    fn label(self) -> &'static str {
        self.label()
    }

    fn about(self) -> &'static str {
        self.description()
    }
}

/// The unit of a load. Its spelling comes from the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadUnit {
    /// Concurrent users.
    Users,
    /// Requests per second.
    RequestsPerSecond,
}

impl Word for LoadUnit {
    const NAME: &'static str = "LoadUnit";
    const ABOUT: &'static str = "What one unit of load is.";
    const ALL: &'static [Self] = &[Self::Users, Self::RequestsPerSecond];

    fn id(self) -> &'static str {
        match self {
            Self::Users => LoadModel::Closed.unit(),
            Self::RequestsPerSecond => LoadModel::Open(Arrivals::Constant).unit(),
        }
    }
}

/// The unit of a limit's bound. Its spelling comes from the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// Milliseconds.
    Milliseconds,
    /// A share from 0 to 1.
    Share,
    /// Requests.
    Requests,
}

impl Word for LimitUnit {
    const NAME: &'static str = "LimitUnit";
    const ABOUT: &'static str = "What a bound is counted in.";
    const ALL: &'static [Self] = &[Self::Milliseconds, Self::Share, Self::Requests];

    fn id(self) -> &'static str {
        match self {
            Self::Milliseconds => Subject::Latency(Latency::Ttft, Statistic::Mean).unit(),
            Self::Share => Subject::ErrorRate.unit(),
            Self::Requests => Subject::QueueDepth.unit(),
        }
    }
}

/// What a limit can be on besides a latency.
pub const OTHER_SUBJECTS: [Subject; 4] =
    [Subject::ErrorRate, Subject::Unserved, Subject::QueueDepth, Subject::KvCacheUse];

/// Everything that a limit can be on: each latency at each statistic, and [`OTHER_SUBJECTS`].
pub fn subjects() -> impl Iterator<Item = Subject> {
    let latencies = Latency::ALL
        .into_iter()
        .flat_map(|latency| Statistic::ALL.into_iter().map(move |statistic| Subject::Latency(latency, statistic)));
    latencies.chain(OTHER_SUBJECTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_models_are_spelled_as_the_engine_spells_them() {
        for model in [LoadModel::Closed, LoadModel::Open(Arrivals::Poisson)] {
            assert_eq!(LoadKind::of(model).id(), model.name());
        }
    }

    #[test]
    fn a_unit_is_spelled_as_the_engine_spells_it() {
        for (unit, word) in [
            (Unit::Users, LoadUnit::Users.id()),
            (Unit::RequestsPerSecond, LoadUnit::RequestsPerSecond.id()),
            (Unit::Milliseconds, LimitUnit::Milliseconds.id()),
            (Unit::Requests, LimitUnit::Requests.id()),
        ] {
            assert_eq!(unit.plain(), word);
        }
    }

    #[test]
    fn every_limit_has_a_unit_that_is_known() {
        for subject in subjects() {
            assert!(LimitUnit::from_id(subject.unit()).is_some(), "{}", subject.id());
        }
    }
}
