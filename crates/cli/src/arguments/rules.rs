//! `headroom rules`: what it takes.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, ValueHint, value_parser};
use headroom_engine::slo::Slo;

use super::common::{self, path_of, slo_of};

/// The arguments of `headroom rules`.
pub(crate) struct Rules {
    /// Files, folders, or `-` for standard input, as typed.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// The file of facts that the reports do not contain.
    pub(crate) deployments: Option<PathBuf>,
    /// What to write on standard output.
    pub(crate) format: RulesFormat,
    /// The folder to write everything to instead.
    pub(crate) out: Option<PathBuf>,
    /// The share of a replica's threshold load that is kept free, 0 to below 1.
    pub(crate) margin: f64,
    /// The server whose metric names to use; `None` takes it from the deployment's engine.
    pub(crate) server: Option<Server>,
    /// The label `model_name`, if it is not the deployment's name.
    pub(crate) model_name: Option<String>,
    /// The namespace of the servers and of the written objects.
    pub(crate) namespace: Option<String>,
    /// Whether to write no alerts, for users of the alerts that ship with Headroom.
    pub(crate) records_only: bool,
    /// The uid of Grafana's Prometheus data source.
    pub(crate) datasource: String,
    /// Where the runbooks are; `None` for the Headroom app in Grafana.
    pub(crate) runbooks: Option<String>,
    /// Where KEDA finds Prometheus.
    pub(crate) prometheus: String,
    /// The Kubernetes deployment to scale.
    pub(crate) target: Option<String>,
    /// The fewest replicas.
    pub(crate) min_replicas: u32,
    /// The most replicas; `None` leaves it to KEDA.
    pub(crate) max_replicas: Option<u32>,
    /// The HTTP route of the quota.
    pub(crate) route: Option<String>,
    /// Number of Envoy proxies that share the quota.
    pub(crate) proxies: u32,
}

/// The formats that rules can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RulesFormat {
    /// A `PrometheusRule`.
    Prometheus,
    /// A rule file of Prometheus itself.
    PrometheusFile,
    /// Grafana's alert provisioning file.
    Grafana,
    /// A `ScaledObject`.
    Keda,
    /// A `BackendTrafficPolicy`.
    Quota,
}

impl RulesFormat {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Prometheus, Self::PrometheusFile, Self::Grafana, Self::Keda, Self::Quota];
}

impl ValueEnum for RulesFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Prometheus => PossibleValue::new("prometheus").help("recording rules and alerts, a PrometheusRule"),
            Self::PrometheusFile => PossibleValue::new("prometheus-file")
                .help("the same as one file for rule_files of a Prometheus without the operator"),
            Self::Grafana => PossibleValue::new("grafana").help("alerts, a file for Grafana's provisioning/alerting"),
            Self::Keda => PossibleValue::new("keda").help("autoscaling, a ScaledObject of KEDA"),
            Self::Quota => PossibleValue::new("quota")
                .help("requests in flight at the gateway, a BackendTrafficPolicy of Envoy Gateway"),
        })
    }
}

/// The server whose metrics the rules read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// vLLM.
    Vllm,
    /// `SGLang`.
    Sglang,
}

impl ValueEnum for Server {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Vllm, Self::Sglang]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Vllm => PossibleValue::new("vllm"),
            Self::Sglang => PossibleValue::new("sglang"),
        })
    }
}

const ABOUT: &str = "\
Write alert rules, an autoscaler and a gateway quota from what a benchmark found

Every threshold is the load that one replica is known to hold: the lower end of the 95 % interval of the breaking load, \
else the highest measured load that passed. Warnings and autoscaling leave a margin below it, the critical alert and the \
quota do not. What is written names the report, the service level, the limits and the interval that it comes from, and the \
same reports always give the same bytes, so that a repository shows a new benchmark as a difference.

Of several runs of a deployment the one with the most requests counts, closed loops first. A run without a breaking load \
gives no threshold.";

const EXAMPLES: &str = "\
Examples:
  headroom rules results/ --namespace chat | kubectl apply -f -
      A PrometheusRule with what each benchmark found and alerts on it.
  headroom rules results/ --namespace chat --max-replicas 8 --out deploy/headroom
      Everything as a folder for kustomize: PrometheusRule, Grafana alerts, ScaledObject, quota.
  headroom rules results/ --format prometheus-file > /etc/prometheus/headroom.yaml
      The same rules for a Prometheus without the operator.
  headroom rules results/ --records-only
      Only what was found, for the alerts that ship with Headroom (deploy/prometheus).

Exit status: 0 when the rules were written; 1 when a run has no breaking load to take a threshold from, and then nothing is \
written; 2 when nothing could be read or the command line is wrong.";

const MARGIN_HELP: &str = "\
The share of the load that a replica holds to leave free

The warning fires and KEDA adds replicas at the load that is left. A model server takes minutes to load: leave as much as \
your load grows in that time.";

const RUNBOOKS_HELP: &str = "\
Where the runbooks are

By default they are pages of the Headroom app. Alerts of Grafana find it at the address of their own server; alerts of \
Prometheus ask the series headroom:runbooks:info for it, which the rules that ship with Headroom record (deploy/prometheus), \
and lead nowhere without it.";

const QUOTA_HELP: &str = "\
Number of Envoy proxies of the gateway

Each proxy counts for itself, so each gets its part of the quota.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    let text = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(name).help(help).value_parser(named)
    };
    let number = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name("N").help(help).value_parser(value_parser!(u32).range(1..))
    };
    Command::new("rules")
        .about("Write alert rules, an autoscaler and a gateway quota from what a benchmark found")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::inputs())
        .args([common::slo(), common::limit(), common::deployments()])
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(value_parser!(RulesFormat))
                .default_value("prometheus")
                .help("What to write"),
        )
        .arg(
            common::path("out", "DIR")
                .long("out")
                .help("Write everything to this folder, with a kustomization.yaml")
                .value_hint(ValueHint::DirPath)
                .conflicts_with("format"),
        )
        .arg(
            Arg::new("margin")
                .long("margin")
                .value_name("PERCENT")
                .help("The share of the load that a replica holds to leave free")
                .long_help(MARGIN_HELP)
                .value_parser(margin)
                .default_value("20%"),
        )
        .arg(
            Arg::new("server")
                .long("server")
                .value_name("SERVER")
                .value_parser(value_parser!(Server))
                .help("Whose metrics to read; by default that of the deployment's engine, else vLLM's"),
        )
        .args([
            text("model-name", "NAME", "The label model_name of the servers; by default the deployment's name"),
            text("namespace", "NAME", "The namespace of the servers, and of what is written"),
        ])
        .arg(
            Arg::new("records-only")
                .long("records-only")
                .action(ArgAction::SetTrue)
                .help("No alerts of its own: only what was found, for the alerts that ship with Headroom"),
        )
        .args([
            text("datasource", "UID", "The uid of Grafana's Prometheus data source").default_value("prometheus"),
            text("runbooks", "URL", "Where the runbooks are").long_help(RUNBOOKS_HELP).value_hint(ValueHint::Url),
            text("prometheus", "URL", "Where KEDA finds Prometheus")
                .default_value("http://prometheus-operated.monitoring.svc:9090")
                .value_hint(ValueHint::Url),
            text("target", "NAME", "The Kubernetes deployment to scale; by default the deployment's name"),
            number("min-replicas", "The fewest replicas").default_value("1"),
            number("max-replicas", "The most replicas; by default KEDA's, which is 100"),
            text("route", "NAME", "The HTTPRoute that the quota is for; by default the target's name"),
            number("proxies", "Number of Envoy proxies of the gateway").long_help(QUOTA_HELP).default_value("1"),
        ])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Rules {
    let text = |id: &str| given.get_one::<String>(id).cloned();
    let number = |id: &str| given.get_one::<u32>(id).copied();
    Rules {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: slo_of(given),
        deployments: path_of(given, "deployments"),
        format: given.get_one("format").copied().unwrap_or(RulesFormat::Prometheus),
        out: path_of(given, "out"),
        margin: given.get_one("margin").copied().unwrap_or_default(),
        server: given.get_one("server").copied(),
        model_name: text("model-name"),
        namespace: text("namespace"),
        records_only: given.get_flag("records-only"),
        datasource: text("datasource").unwrap_or_default(),
        runbooks: text("runbooks"),
        prometheus: text("prometheus").unwrap_or_default(),
        target: text("target"),
        min_replicas: number("min-replicas").unwrap_or(1),
        max_replicas: number("max-replicas"),
        route: text("route"),
        proxies: number("proxies").unwrap_or(1),
    }
}

/// Reads `20%` or `20` as 0.2.
fn margin(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('%').trim().parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err(format!("expected a margin in percent, from 0% to below 100%; found `{text}`")),
    }
}

/// A name: any text that is not blank.
fn named(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("expected a name, found nothing".to_owned()) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_read_with_their_bounds() {
        for (text, expected) in [
            ("20%", Some(0.2)),
            ("0", Some(0.0)),
            ("99.5", Some(0.995)),
            ("100%", None),
            ("-1", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(margin(text).ok(), expected, "{text}");
        }
    }
}
