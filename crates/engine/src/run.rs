//! A run: one benchmark of one deployment, and what is known about both.

use crate::level::Level;

/// One benchmark of one deployment under one load model.
///
/// A report that mixes load models (GuideLLM's `sweep` has a synchronous level, a burst and several constant rates)
/// becomes one run whose [`levels`](Run::levels) share a load model. The other levels are kept in
/// [`off_curve`](Run::off_curve) and never joined by a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Stable identity: equal report bytes give equal ids on every machine.
    pub id: String,
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// What was benchmarked.
    pub deployment: Deployment,
    /// What the requests were like.
    pub workload: Workload,
    /// How the load was offered at every level in [`levels`](Run::levels).
    pub load_model: LoadModel,
    /// The load steps, ascending by [`Level::load`], no two with the same load.
    pub levels: Vec<Level>,
    /// Load steps that do not belong to the curve, such as a throughput burst or the synchronous baseline of an
    /// open-loop sweep.
    pub off_curve: Vec<OffCurve>,
}

/// The assumed scatter between two runs of one deployment, as the standard deviation of a rate's or a load's logarithm.
///
/// It is an assumption: another start, another neighbour or another day change what a server does, and one run of each
/// side cannot show by how much. GPUStack's analysis also takes 5 % for the scatter between two runs of a level. With
/// it, differences of about a tenth, which single runs cannot settle, are not called real. Three repeated runs of each
/// side replace the assumption; see [`ratio_of_repeats`](crate::cost::ratio_of_repeats).
pub const RUN_SCATTER: f64 = 0.05;

/// A load step that is not a point of the run's curve, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct OffCurve {
    /// What the benchmark tool called it, for example `throughput` or `synchronous`.
    pub strategy: String,
    /// What was measured there.
    pub level: Level,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadModel {
    /// A fixed number of concurrent streams, each of which sends its next request when the last one ends.
    /// [`Level::load`] is the number of streams (users).
    Closed,
    /// Requests arrive at a given mean rate whether or not earlier ones have ended. [`Level::load`] is in requests per
    /// second.
    Open(Arrivals),
}

/// The arrival process of an open-loop load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arrivals {
    /// Evenly spaced.
    Constant,
    /// Exponentially distributed gaps.
    Poisson,
}

impl Run {
    /// The deployment's name for people: its name, else its model, else the folder of its report, else
    /// `unknown deployment`.
    #[must_use]
    pub fn deployment_label(&self) -> &str {
        let Deployment { name, model, .. } = &self.deployment;
        let folder =
            || self.provenance.folder().rsplit(['/', '\\']).next().filter(|folder| !matches!(*folder, "" | "." | ".."));
        let said = name.as_ref().or(model.as_ref()).map(|known| known.value.as_str());
        said.or_else(folder).unwrap_or("unknown deployment")
    }
}

impl LoadModel {
    /// `closed` or `open`, as the command line and the query editor spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
        }
    }

    /// The unit of [`Level::load`]: `users` or `req/s`.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Closed => "users",
            Self::Open(_) => "req/s",
        }
    }
}

/// Where a run's numbers come from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Provenance {
    /// The file as the user named it, or its path below the store's root.
    pub source: String,
    /// The benchmark tool, lower case, for example `guidellm`.
    pub tool: String,
    /// Its version as the report states it; `None` if the report does not.
    pub tool_version: Option<String>,
    /// SHA-256 of the report's bytes, lower-case hexadecimal.
    pub content_hash: String,
    /// Start of the first measured level, milliseconds since the Unix epoch, UTC.
    pub started_ms: Option<i64>,
    /// End of the last measured level, milliseconds since the Unix epoch, UTC.
    pub ended_ms: Option<i64>,
    /// Free labels that the user gave the benchmark, ordered by key. Readers remove secrets.
    pub labels: Vec<(String, String)>,
    /// What the tool itself concluded from the run, in the order of the report.
    pub conclusions: Vec<ToolConclusion>,
}

impl Provenance {
    /// The folder of the file in [`source`](Self::source), or of the first of several files; empty if there is no
    /// folder.
    #[must_use]
    pub fn folder(&self) -> &str {
        let first = self.source.split(", ").next().unwrap_or_default();
        first.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder)
    }
}

/// What a benchmark tool concluded from its own run, in its own words. It is shown beside the verdict but not used for
/// it: the tool may mean something else by the same name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolConclusion {
    /// The question, by the tool's name for it, for example `knee_detection.throughput` or `slo_attainment`.
    pub kind: String,
    /// The answer in one word, for example `no_knee`; `None` if the tool gives none.
    pub status: Option<String>,
    /// The load that the answer is about, in the unit of the run's loads.
    pub load: Option<f64>,
    /// The answer in words; never empty.
    pub message: String,
}

/// A fact about a deployment together with its source, because nobody should buy hardware on a guess that looks like a
/// measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The fact.
    pub value: T,
    /// Where it comes from, for example `deployments.yaml`, `label quantization` or
    /// `model name`.
    pub source: String,
}

/// What was benchmarked. `None` means unknown and is shown as unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deployment {
    /// The name that groups runs of the same deployment; falls back to the model.
    pub name: Option<Known<String>>,
    /// The model as served.
    pub model: Option<Known<String>>,
    /// Weight quantization, for example `bf16`, `fp8`, `w4a16`.
    pub quantization: Option<Known<String>>,
    /// Accelerator (or processor) model, for example `NVIDIA L4`.
    pub hardware: Option<Known<String>>,
    /// Number of accelerators that one replica occupies.
    pub gpus: Option<Known<u32>>,
    /// Tensor-parallel degree.
    pub tensor_parallel: Option<Known<u32>>,
    /// Serving engine and version, for example `vllm 0.32.0`.
    pub engine: Option<Known<String>>,
    /// What one replica costs.
    pub price: Option<Price>,
}

impl Deployment {
    /// Whether all facts known about this deployment are known and equal for the other one, whatever their sources. A
    /// fact that only one of them has may differ, so they are not alike then.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(a: Option<&Known<T>>, b: Option<&Known<T>>) -> bool {
            a.map(|known| &known.value) == b.map(|known| &known.value)
        }
        same(self.name.as_ref(), other.name.as_ref())
            && same(self.model.as_ref(), other.model.as_ref())
            && same(self.quantization.as_ref(), other.quantization.as_ref())
            && same(self.hardware.as_ref(), other.hardware.as_ref())
            && same(self.gpus.as_ref(), other.gpus.as_ref())
            && same(self.tensor_parallel.as_ref(), other.tensor_parallel.as_ref())
            && same(self.engine.as_ref(), other.engine.as_ref())
    }
}

/// What one replica costs, with the provenance that a finance department asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// For the whole replica (all its accelerators), not per accelerator.
    pub per_hour: DollarsPerHour,
    /// Where the price comes from, for example `AWS on-demand list`.
    pub source: Option<String>,
    /// Region that the price applies to.
    pub region: Option<String>,
    /// Date of the price, `YYYY-MM-DD`.
    pub date: Option<String>,
}

impl Price {
    /// The price if it can be a divisor: finite and above zero. `None` otherwise, because a price of zero would give
    /// infinite tokens per dollar.
    #[must_use]
    pub fn positive(&self) -> Option<DollarsPerHour> {
        Some(self.per_hour).filter(|price| price.0.is_finite() && price.0 > 0.0)
    }
}

/// United States dollars per hour.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct DollarsPerHour(pub f64);

/// What the requests to the deployment were like.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workload {
    /// Mean prompt length in tokens over all levels, as measured.
    pub prompt_tokens: Option<f64>,
    /// Mean output length in tokens over all levels, as measured.
    pub output_tokens: Option<f64>,
    /// The data set, for example `synthetic_text 128 in / 64 out`.
    pub shape: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: Option<&str>, model: Option<&str>, source: &str, expected: &str) {
        let known =
            |value: Option<&str>| value.map(|value| Known { value: value.to_owned(), source: "test".to_owned() });
        let run = Run {
            id: String::new(),
            provenance: Provenance { source: source.to_owned(), ..Provenance::default() },
            deployment: Deployment { name: known(name), model: known(model), ..Deployment::default() },
            workload: Workload::default(),
            load_model: LoadModel::Closed,
            levels: Vec::new(),
            off_curve: Vec::new(),
        };
        assert_eq!(run.deployment_label(), expected);
    }

    #[test]
    fn a_deployment_is_called_by_what_is_known_of_it() {
        check(Some("chat"), Some("llama"), "sweeps/l4/a.json", "chat");
        check(None, Some("llama"), "sweeps/l4/a.json", "llama");
        check(None, None, "sweeps/l4/a.json, b.json", "l4");
        check(None, None, "a.json", "unknown deployment");
        check(None, None, "./a.json", "unknown deployment");
    }
}
