//! The query kinds, in the order that editors offer them.

use headroom_contract::query::{Alert, Group, Kind, Part};

use super::production;

const CURVE: Kind = Kind {
    id: "curve",
    label: "Curve",
    about: "Measured levels and the fitted line, for the Headroom panel",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: Kind::no_fields,
    frames: &[],
    alert: None,
};

const VERDICT: Kind = Kind {
    id: "verdict",
    label: "Verdict",
    about: "One row per run: where it breaks and why; for alerts too",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load],
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "breaking_load", about: "the load that the deployment is known to hold" }),
};

const LEVELS: Kind = Kind {
    id: "levels",
    label: "Levels",
    about: "One row per run and load level, for a table",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: Kind::no_fields,
    frames: &[],
    alert: None,
};

const HEADROOM: Kind = Kind {
    id: "headroom",
    label: "Headroom",
    about: "How much of the breaking load is left, now or over time; for alerts too",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Form,
        Part::Window,
        Part::Interval,
    ],
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "headroom", about: "1 − load / breaking load" }),
};

const OVERLAY: Kind = Kind {
    id: "overlay",
    label: "Overlay",
    about: "Production in the coordinates of the curve, for the Headroom panel",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Metric,
        Part::Statistic,
        Part::Interval,
    ],
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "value", about: "production's metric over the time range" }),
};

const LIVE: Kind = Kind {
    id: "live",
    label: "Live",
    about: "Load, latencies, token rates and pressure over time",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Statistic,
        Part::Window,
        Part::Fields,
        Part::Interval,
    ],
    fields: production::live_fields,
    frames: &[],
    alert: Some(Alert { number: "load", about: "or what `fields` names, in the window" }),
};

const OF_DEPLOYMENTS: &[Part] = &[Part::Deployments, Part::Namespaces, Part::Runs, Part::Limits, Part::Load];

const BOTTLENECK: Kind = Kind {
    id: "bottleneck",
    label: "Bottleneck",
    about: "What limits each deployment, with the evidence",
    group: Group::Production,
    needs_prometheus: true,
    takes: OF_DEPLOYMENTS,
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert {
        number: "limited",
        about: "1 while something limits, 0 while nothing does, `null` where the deployment is not seen; the label \
                `bottleneck` says what, `unknown` where requests wait or a limit is missed and the rules do not tell why",
    }),
};

const DRIFT: Kind = Kind {
    id: "drift",
    label: "Drift",
    about: "Production against the benchmark at the same load",
    group: Group::Production,
    needs_prometheus: true,
    takes: &[Part::Deployments, Part::Namespaces, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert {
        number: "drift",
        about: "the least ratio to the benchmark that is certain; above 1 it is slower beyond doubt",
    }),
};

const COST_NOW: Kind = Kind {
    id: "cost_now",
    label: "Cost now",
    about: "What the tokens of real traffic cost, idle time included",
    group: Group::Production,
    needs_prometheus: true,
    takes: OF_DEPLOYMENTS,
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "dollars_per_million_output_tokens", about: "of real traffic, idle time included" }),
};

const ENERGY: Kind = Kind {
    id: "energy",
    label: "Energy",
    about: "Joules per token of real traffic, idle time included",
    group: Group::Production,
    needs_prometheus: true,
    takes: OF_DEPLOYMENTS,
    fields: Kind::no_fields,
    frames: &[],
    alert: Some(Alert { number: "joules_per_output_token", about: "of real traffic, idle time included" }),
};

const PROMQL: Kind = Kind {
    id: "promql",
    label: "PromQL",
    about: "An expression of your own",
    group: Group::Other,
    needs_prometheus: true,
    takes: &[Part::Interval, Part::Promql],
    fields: Kind::no_fields,
    frames: &[],
    alert: None,
};

const ANNOTATIONS: Kind = Kind {
    id: "annotations",
    label: "Annotations",
    about: "Benchmarks, saturation, restarts and changes as marks in time",
    group: Group::Other,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Namespaces, Part::Limits, Part::Annotations],
    fields: Kind::no_fields,
    frames: &[],
    alert: None,
};

/// Every query kind.
pub const KINDS: &[Kind] =
    &[CURVE, VERDICT, LEVELS, HEADROOM, OVERLAY, LIVE, BOTTLENECK, DRIFT, COST_NOW, ENERGY, PROMQL, ANNOTATIONS];
