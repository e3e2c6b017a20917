//! The data source as its users meet it: real report files in real folders, through the same
//! calls that Grafana makes.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy.toml excuses test functions, not their helpers"
)]
#![allow(clippy::float_cmp, reason = "the same bits are what is tested")]

mod alerts;
mod catalog;
mod documented;
mod generated;
mod health;
mod killed;
mod process;
mod production;
mod provisioned;
mod queries;
mod refreshing;
mod resources;
mod stores;
mod support;
mod sweeps;
mod uploads;
mod verdicts;
