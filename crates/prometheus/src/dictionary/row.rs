//! The contents of a row of the dictionary.

use super::{quantity::Quantity, version::Version};

/// A quantity with all its names.
#[derive(Debug, Clone, Copy)]
pub struct DictionaryRow {
    /// The quantity.
    pub quantity: Quantity,
    /// Its name in queries and settings.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it is and what to know about it, in a sentence or two.
    pub help: &'static str,
    /// The section that it belongs to.
    pub group: Group,
    /// Its metric type.
    pub kind: MetricType,
    /// Its unit after scaling. The rate of a counter has this unit per second.
    pub unit: Unit,
    /// How the series of several servers or GPUs are aggregated.
    pub across: Aggregate,
    /// The label that distinguishes its kinds, for `by`.
    pub breakdown: Option<&'static str>,
    /// Its names, the preferred one first.
    pub names: &'static [MetricName],
}

/// A name of a quantity in one server.
#[derive(Debug, Clone, Copy)]
pub struct MetricName {
    /// The server that exports it.
    pub server: Server,
    /// The name without `_bucket`: without the server's prefix if [`Server::stem`] gives one, else the whole name.
    pub base: &'static str,
    /// Labels that its series must have, in PromQL: `request_type="waiting"`.
    pub only: &'static str,
    /// The values that are valid readings, as a comparison in PromQL: `< 1e15`; empty if all are.
    pub valid: &'static str,
    /// Factor that converts a value to the row's unit.
    pub scale: f64,
    /// The first version that has it; `None` if the oldest examined version has it.
    pub since: Option<Version>,
    /// The last version that has it; `None` if the newest examined version has it.
    pub until: Option<Version>,
    /// Whether every server of these versions exports it from the start; if not, [`MetricName::note`] says when it
    /// appears.
    pub steady: bool,
    /// How many series repeat the same value.
    pub once: Once,
    /// How its kinds are labelled, if different from the row's breakdown.
    pub relabel: Option<Relabel>,
    /// What to know about this name.
    pub note: &'static str,
}

/// How to convert a label that has another name or form.
#[derive(Debug, Clone, Copy)]
pub struct Relabel {
    /// The label to produce.
    pub to: &'static str,
    /// The value to give it, with groups of the expression.
    pub replacement: &'static str,
    /// The label to read.
    pub from: &'static str,
    /// The regular expression for its value.
    pub regex: &'static str,
}

/// How many series repeat the same value.
#[derive(Debug, Clone, Copy)]
pub enum Once {
    /// One series for each thing.
    Series,
    /// Several series with the same value; the series that agree in these labels are one thing. For example, a GPU that
    /// two pods share is exported twice.
    By(&'static [&'static str]),
    /// Several series with the same value that differ only in these labels. For example, every rank of a
    /// tensor-parallel group exports it.
    Without(&'static [&'static str]),
}

/// The program that exports a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Server {
    /// vLLM.
    Vllm,
    /// `SGLang`.
    Sglang,
    /// TensorRT-LLM's own server.
    TensorRtLlm,
    /// TensorRT-LLM in Triton.
    Triton,
    /// The HTTP layer of a Python server.
    Http,
    /// Prometheus, or any Prometheus client.
    Prometheus,
    /// NVIDIA's DCGM exporter.
    Dcgm,
}

impl Server {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Vllm, Self::Sglang, Self::TensorRtLlm, Self::Triton, Self::Http, Self::Prometheus, Self::Dcgm];

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::TensorRtLlm => "TensorRT-LLM",
            Self::Triton => "Triton with TensorRT-LLM",
            Self::Http => "HTTP layer",
            Self::Prometheus => "Prometheus",
            Self::Dcgm => "DCGM exporter",
        }
    }

    /// The word at the start of its names, and the mark after it. Other marks and prefixes are variants. `None` if its
    /// names have no prefix.
    #[must_use]
    pub fn stem(self) -> Option<(&'static str, char)> {
        match self {
            Self::Vllm => Some(("vllm", ':')),
            Self::Sglang => Some(("sglang", ':')),
            Self::TensorRtLlm => Some(("trtllm", '_')),
            Self::Triton | Self::Http | Self::Prometheus | Self::Dcgm => None,
        }
    }

    /// Whether it is a model server, and not a program beside one.
    #[must_use]
    pub fn serves(self) -> bool {
        matches!(self, Self::Vllm | Self::Sglang | Self::TensorRtLlm | Self::Triton)
    }
}

/// The section that a quantity belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What users experience.
    Experience,
    /// How much work there is.
    Load,
    /// What limits it.
    Pressure,
    /// Requests and tokens that come and go.
    Traffic,
    /// Its configuration, and whether it is up.
    State,
    /// What the GPUs do.
    Gpu,
}

impl Group {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Experience, Self::Load, Self::Pressure, Self::Traffic, Self::State, Self::Gpu];

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Experience => "Latency",
            Self::Load => "Load",
            Self::Pressure => "Pressure",
            Self::Traffic => "Traffic",
            Self::State => "State",
            Self::Gpu => "GPU",
        }
    }
}

/// The metric type of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Only grows, until a restart.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Carries information in its labels; its value is 1.
    Info,
}

impl MetricType {
    /// Its name in Prometheus.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }
}

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Requests.
    Requests,
    /// Tokens.
    Tokens,
    /// A share from 0 to 1.
    Ratio,
    /// Watts.
    Watts,
    /// Joules.
    Joules,
    /// Bytes.
    Bytes,
    /// Degrees Celsius.
    Celsius,
    /// Hertz.
    Hertz,
    /// A plain number.
    Number,
}

impl Unit {
    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Ratio => "0 to 1",
            Self::Watts => "W",
            Self::Joules => "J",
            Self::Bytes => "bytes",
            Self::Celsius => "°C",
            Self::Hertz => "Hz",
            Self::Number => "number",
        }
    }
}

/// How several series are aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// Their mean.
    Mean,
}

impl Aggregate {
    /// The operator in PromQL.
    #[must_use]
    pub fn operator(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Min => "min",
            Self::Mean => "avg",
        }
    }
}

impl MetricName {
    /// A name without special properties.
    pub(super) const fn new(server: Server, base: &'static str) -> Self {
        Self {
            server,
            base,
            only: "",
            valid: "",
            scale: 1.0,
            since: None,
            until: None,
            steady: true,
            once: Once::Series,
            relabel: None,
            note: "",
        }
    }

    /// Sets the first version that has it.
    pub(super) const fn since(self, major: u16, minor: u16, patch: u16) -> Self {
        Self { since: Some(Version(major, minor, patch)), ..self }
    }

    /// Sets the last version that has it.
    pub(super) const fn until(self, major: u16, minor: u16, patch: u16) -> Self {
        Self { until: Some(Version(major, minor, patch)), ..self }
    }

    /// Marks it as not exported by every server of these versions.
    pub(super) const fn at_times(self, note: &'static str) -> Self {
        Self { steady: false, note, ..self }
    }

    pub(super) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    pub(super) const fn only(self, only: &'static str) -> Self {
        Self { only, ..self }
    }

    pub(super) const fn valid(self, valid: &'static str) -> Self {
        Self { valid, ..self }
    }

    pub(super) const fn scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    pub(super) const fn once(self, once: Once) -> Self {
        Self { once, ..self }
    }

    pub(super) const fn relabel(self, relabel: Relabel) -> Self {
        Self { relabel: Some(relabel), ..self }
    }
}
