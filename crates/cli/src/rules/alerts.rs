//! The alerts that are worth having, independent of who evaluates them.

use headroom_engine::display;
use headroom_engine::slo::{Latency, Limit, Subject};

use super::Ruled;
use super::origin::literal;
use super::runbook::Runbook;
use super::yaml::{Pairs, pairs};

/// One alert.
pub(super) struct Alert {
    /// Its name in Prometheus, in the style of the alerts that ship with Headroom.
    pub(super) name: &'static str,
    /// Its name for people.
    pub(super) title: String,
    /// A key that is unique among the alerts of one deployment.
    pub(super) key: String,
    /// The limit that it is about, as `--limit` takes it; `None` if it is about the load.
    pub(super) limit: Option<String>,
    /// The watched number, in PromQL; in Grafana the query A.
    pub(super) watched: String,
    /// The value that it must not exceed.
    pub(super) above: f64,
    /// How long it must be exceeded.
    pub(super) holds_for: &'static str,
    /// `warning` or `critical`.
    pub(super) severity: &'static str,
    /// What happens, with `VALUE` in place of the number.
    pub(super) summary: String,
    /// How a template writes the number. Prometheus' `humanize` is no option: it makes "861.6m users" of 0.8616.
    pub(super) written: Written,
    /// What it means.
    pub(super) description: String,
    /// The page that says what to do about it.
    pub(super) runbook: Runbook,
}

impl Alert {
    /// Its labels. No two alerts of all deployments may have the same, or one would silence the other.
    pub(super) fn labels(&self, ruled: &Ruled) -> Pairs {
        let mut labels = vec![
            ("severity", self.severity),
            ("slo", &ruled.verdict.slo.id),
            ("deployment", ruled.run.deployment_label()),
        ];
        labels.extend(self.limit.as_deref().map(|limit| ("limit", limit)));
        pairs(&labels)
    }
}

/// How a template writes a number.
#[derive(Clone, Copy)]
pub(super) enum Written {
    /// A load, with two decimals.
    Load,
    /// Seconds, with their unit.
    Seconds,
    /// A share, in percent.
    Share,
}

impl Written {
    /// The template for a value with this name.
    pub(super) fn template(self, value: &str) -> String {
        match self {
            Self::Load => format!("{{{{ printf \"%.2f\" {value} }}}}"),
            Self::Seconds => format!("{{{{ {value} | humanizeDuration }}}}"),
            Self::Share => format!("{{{{ {value} | humanizePercentage }}}}"),
        }
    }
}

/// The alerts of a deployment.
pub(super) fn alerts(ruled: &Ruled) -> Vec<Alert> {
    let Ruled { run, verdict, threshold, series, .. } = ruled;
    let model = run.load_model;
    let load = |load: f64| display::load_with_unit(load, model.unit());
    let name = literal(run.deployment_label());
    let carries = format!("{name}: VALUE {} per replica", model.unit());
    let basis = threshold.basis.text();
    let mut all = vec![
        Alert {
            name: "HeadroomLoadHigh",
            title: format!("{} is near the load that it holds", run.deployment_label()),
            key: "high".to_owned(),
            limit: None,
            watched: series.load_per_replica(model),
            above: threshold.act_at,
            holds_for: "10m",
            severity: "warning",
            summary: format!("{carries}, near the {} that its benchmark holds", load(threshold.holds)),
            description: format!(
                "Add replicas before the service level breaks. One replica holds {}: {basis}.",
                load(threshold.holds)
            ),
            written: Written::Load,
            runbook: Runbook { file: "headroom-low.md" },
        },
        Alert {
            name: "HeadroomLoadBeyondBenchmark",
            title: format!("{} is past the load that it holds", run.deployment_label()),
            key: "beyond".to_owned(),
            limit: None,
            watched: series.load_per_replica(model),
            above: threshold.holds,
            holds_for: "5m",
            severity: "critical",
            summary: format!("{carries}, past the {} that its benchmark holds", load(threshold.holds)),
            description: format!("The service level is broken or not known to hold. The threshold is {basis}."),
            written: Written::Load,
            runbook: Runbook { file: "headroom-exhausted.md" },
        },
        refusals(ruled, &name),
    ];
    all.extend(
        verdict
            .slo
            .limits
            .iter()
            .filter_map(|limit| Some(limit_alert(limit, series.limited(limit)?, &name, run.deployment_label()))),
    );
    all
}

/// A gateway that refuses requests keeps them out of the load, so the alerts on the load stay silent. This alert
/// watches the refusals.
fn refusals(ruled: &Ruled, name: &str) -> Alert {
    let allowed = Limit { subject: Subject::ErrorRate, bound: ruled.verdict.slo.allowed_errors() };
    Alert {
        name: "HeadroomShedding",
        title: format!("{} refuses requests", ruled.run.deployment_label()),
        key: "shedding".to_owned(),
        limit: Some(allowed.expression()),
        watched: ruled.series.refused_share(),
        above: allowed.bound,
        holds_for: "5m",
        severity: "critical",
        summary: format!(
            "{name}: VALUE of the requests that arrive are refused, more than {}",
            allowed.subject.format(allowed.bound)
        ),
        description:
            "More is asked for than the server lets in. How much more is not known, and its load tells nothing of it: \
                      add replicas, or raise the limit on admission up to the load that the benchmark holds."
                .to_owned(),
        written: Written::Share,
        runbook: Runbook { file: "shedding.md" },
    }
}

/// An alert on the limit itself, as the server measures it.
fn limit_alert(limit: &Limit, watched: String, name: &str, plain: &str) -> Alert {
    let bound = limit.subject.format(limit.bound);
    let itl = matches!(limit.subject, Subject::Latency(Latency::Itl, _));
    let means = if itl {
        " It is read from the server's time per output token, which is one mean per request too."
    } else {
        ""
    };
    Alert {
        name: "HeadroomLimitBroken",
        title: format!("{plain} breaks {}", limit.label()),
        key: limit.id().replace('_', "-"),
        limit: Some(limit.expression()),
        watched,
        above: limit.bound / 1000.0,
        holds_for: "10m",
        severity: "warning",
        summary: format!("{name}: {} is VALUE, above {bound}", limit.subject.label()),
        description: format!(
            "The limit that the benchmark was judged by is broken, measured at the server, without the network.{means}"
        ),
        written: Written::Seconds,
        runbook: Runbook { file: "slo-burning.md" },
    }
}
