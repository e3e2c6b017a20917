//! The query kinds about production, one file each. Files without a kind contain what several of them need.

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

/// The kinds, in the order in which editors list them.
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
