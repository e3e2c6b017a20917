//! The query kinds about production: one file each. What several of them need is in the files without a kind.

mod annotations;
mod bottleneck;
mod cloud;
mod cost_now;
mod down;
mod drift;
mod energy;
mod headroom;
mod live;
mod over_time;
mod overlay;
mod promql;
mod server_latency;
mod service;
mod traffic;
mod variables;

use super::kind::QueryKind;

pub(super) use promql::MOST_SERIES;

/// The kinds, in the order that editors offer them.
pub(super) static KINDS: &[&dyn QueryKind] = &[
    &headroom::HeadroomQuery,
    &overlay::OverlayQuery,
    &live::LiveQuery,
    &bottleneck::BottleneckQuery,
    &drift::DriftQuery,
    &cost_now::CostNowQuery,
    &energy::EnergyQuery,
    &promql::PromqlQuery,
    &annotations::AnnotationsQuery,
];
