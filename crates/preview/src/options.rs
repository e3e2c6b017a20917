//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::{csp::Policy, users::ServiceAccount};

/// Runs the built Headroom plugins where there is no Grafana.
///
/// It is a preview: real dashboards, the real front-end packages of Grafana and the real plugin processes, but not a
/// Grafana server. It listens on 127.0.0.1 only.
#[derive(Debug, Clone, Parser)]
#[command(name = "headroom-preview", version)]
pub struct Options {
    /// TCP port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 3000, value_name = "PORT")]
    pub port: u16,

    /// Folder with `datasources/` and `dashboards/`, as Grafana reads it.
    #[arg(long, default_value = "provisioning", value_name = "DIR")]
    pub provisioning: PathBuf,

    /// Folder with the built plugins: every `plugin.json` below it counts.
    #[arg(long, default_value = "dist", value_name = "DIR")]
    pub plugins: PathBuf,

    /// Folder with the built page (`npm run build:preview`).
    #[arg(long, default_value = ".cache/preview", value_name = "DIR")]
    pub page: PathBuf,

    /// Do not open a browser.
    #[arg(long)]
    pub no_open: bool,

    /// Content security policy of every page; a single page can ask for another one with `?csp=`.
    #[arg(long, value_enum, default_value_t = Policy::Default, value_name = "POLICY")]
    pub csp: Policy,

    /// A token, and the role of requests that bring it as `Authorization: Bearer TOKEN`; repeatable. Requests without
    /// one are an Admin's.
    #[arg(long = "service-account", value_parser = ServiceAccount::parse, value_name = "TOKEN=ROLE")]
    pub service_accounts: Vec<ServiceAccount>,
}
