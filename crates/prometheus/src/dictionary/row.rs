//! What a row of the dictionary says.

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
    /// Where it belongs.
    pub group: Group,
    /// How it is counted.
    pub kind: MetricType,
    /// Its unit after scaling; a counter's rate is this per second.
    pub unit: Unit,
    /// How the series of several servers or GPUs become one.
    pub across: Aggregate,
    /// The label that tells its kinds apart, for `by`.
    pub breakdown: Option<&'static str>,
    /// Its names, the preferred one first.
    pub names: &'static [MetricName],
}

/// What a quantity is called by one server.
#[derive(Debug, Clone, Copy)]
pub struct MetricName {
    /// Whose name it is.
    pub server: Server,
    /// The name: after the server's prefix where [`Server::stem`] gives one, whole otherwise; without `_bucket`.
    pub base: &'static str,
    /// Only series with these labels, in PromQL: `request_type="waiting"`.
    pub only: &'static str,
    /// Which values are readings, as a comparison in PromQL: `< 1e15`; empty when all are.
    pub valid: &'static str,
    /// What to multiply by to come to the row's unit.
    pub scale: f64,
    /// The first version that has it; `None` for the oldest one read.
    pub since: Option<Version>,
    /// The last version that has it; `None` when the newest one read does.
    pub until: Option<Version>,
    /// Whether every server of these versions shows it from the start; if not, [`MetricName::note`] says when it appears.
    pub steady: bool,
    /// How often one thing is counted.
    pub once: Once,
    /// How its kinds are written, where that differs from the row's breakdown.
    pub relabel: Option<Relabel>,
    /// What to know about this name.
    pub note: &'static str,
}

/// A label that has another name or form in one place.
#[derive(Debug, Clone, Copy)]
pub struct Relabel {
    /// The label that it should be.
    pub to: &'static str,
    /// What it should hold, with groups of the expression.
    pub replacement: &'static str,
    /// The label that it is.
    pub from: &'static str,
    /// The expression that it matches.
    pub regex: &'static str,
}

/// How often one thing is counted.
#[derive(Debug, Clone, Copy)]
pub enum Once {
    /// One series each.
    Series,
    /// Several series with the same value differ in other labels; what these name is one thing. A GPU that two pods share
    /// is exported twice.
    By(&'static [&'static str]),
    /// Several series with the same value differ in these labels. Each rank of a tensor-parallel group says the same.
    Without(&'static [&'static str]),
}

/// Who exports a name.
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

    /// The word that its names begin with and the mark after it; other marks and prefixes are dialects. `None` when
    /// names are written whole.
    #[must_use]
    pub fn stem(self) -> Option<(&'static str, char)> {
        match self {
            Self::Vllm => Some(("vllm", ':')),
            Self::Sglang => Some(("sglang", ':')),
            Self::TensorRtLlm => Some(("trtllm", '_')),
            Self::Triton | Self::Http | Self::Prometheus | Self::Dcgm => None,
        }
    }

    /// Whether it serves a model, and is not something beside that.
    #[must_use]
    pub fn serves(self) -> bool {
        matches!(self, Self::Vllm | Self::Sglang | Self::TensorRtLlm | Self::Triton)
    }
}

/// Where a quantity belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What users feel.
    Experience,
    /// How much is going on.
    Load,
    /// What limits it.
    Pressure,
    /// What comes and goes.
    Traffic,
    /// How it is set up and whether it is there.
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

/// How a quantity is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Only grows, until a restart.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Says something in its labels; its value is 1.
    Info,
}

impl MetricType {
    /// Its name, as Prometheus has it.
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

/// How several series become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their mean.
    Mean,
}

impl Aggregate {
    /// PromQL's operator.
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
    /// A name without peculiarities.
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

    /// The first version that has it.
    pub(super) const fn since(self, major: u16, minor: u16, patch: u16) -> Self {
        Self { since: Some(Version(major, minor, patch)), ..self }
    }

    /// The last version that has it.
    pub(super) const fn until(self, major: u16, minor: u16, patch: u16) -> Self {
        Self { until: Some(Version(major, minor, patch)), ..self }
    }

    /// Not every server of these versions shows it.
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
