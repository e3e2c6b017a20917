//! The data source process, started and asked as Grafana does it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use headroom_protocol::client::{PluginClient, PluginProcess, Start};
use headroom_protocol::{Context, InstanceSettings, Query, ResourceRequest, TimeRange, User};
use serde_json::{Value, json};

use crate::Workspace;

/// The recorded production: nineteen minutes of two servers.
pub(crate) const RECORDED: TimeRange = TimeRange { from_ms: 1_795_493_825_000, to_ms: 1_795_494_970_000 };

/// One process with one data source, on the demo's reports.
pub(crate) struct Backend {
    process: PluginProcess,
    asker: Asker,
}

/// Who asks it; each of many that ask at once has one.
#[derive(Clone)]
pub(crate) struct Asker {
    client: PluginClient,
    context: Context,
}

impl Backend {
    /// Starts it, with this Prometheus or with none, and waits until it has read the reports.
    pub(crate) async fn start(workspace: &Workspace, prometheus: Option<&str>) -> Result<Self> {
        let catalog = workspace.cache().join("catalog");
        if catalog.is_dir() {
            fs::remove_dir_all(&catalog)?;
        }
        fs::create_dir_all(&catalog)?;
        let settings = json!({
            "storeKind": "directory",
            "storePath": workspace.root.join("demo/reports"),
            "catalogPath": catalog.join("catalog.sqlite"),
            "prometheusUrl": prometheus.unwrap_or_default(),
        });
        let context = Context {
            org_id: 1,
            plugin_id: "headroom-llm-datasource".into(),
            // Without a user this would be an alert rule, whose answer is much smaller.
            user: Some(User { login: "bench".into(), role: "Viewer".into(), ..User::default() }),
            data_source: Some(InstanceSettings {
                uid: "bench".into(),
                name: "Bench".into(),
                json_data: settings.to_string().into(),
                updated_ms: 1,
                ..InstanceSettings::default()
            }),
            ..Context::default()
        };
        let process = PluginProcess::start(Start::new(&workspace.backend)).await.context("starting the backend")?;
        let asker = Asker { client: process.client(), context };
        // The first query lists the store and reads the reports; it is not what a dashboard waits for.
        asker.wait_for_reports().await?;
        Ok(Self { process, asker })
    }

    /// To ask it.
    pub(crate) fn asker(&self) -> Asker {
        self.asker.clone()
    }

    /// What it has of the machine's memory now, bytes; `None` where the system does not say.
    pub(crate) fn resident_bytes(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024.0)
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop().await?;
        Ok(())
    }
}

impl Asker {
    /// One request with some queries. Returns how many frames came.
    ///
    /// # Errors
    /// When any of them fails.
    pub(crate) async fn frames(&self, queries: &[Query]) -> Result<usize> {
        let answers = self.client.query(&self.context, queries).await?;
        let mut frames = 0;
        for (ref_id, answer) in &answers {
            if let Some(error) = &answer.error {
                let query = queries.iter().find(|query| query.ref_id == *ref_id);
                let json = query.map_or_else(String::new, |query| String::from_utf8_lossy(&query.json).into_owned());
                bail!("query {ref_id} {json}: {error:?}");
            }
            frames += answer.frames.len();
        }
        Ok(frames)
    }

    /// A list for a variable. `time` narrows it.
    ///
    /// # Errors
    /// When there is no such list, or it cannot be made.
    pub(crate) async fn list(&self, path: &str, time: Option<TimeRange>) -> Result<Vec<Value>> {
        let query = time.map_or_else(String::new, |time| format!("?from={}&to={}", time.from_ms, time.to_ms));
        let url = format!("{path}{query}");
        let request = ResourceRequest { path: path.into(), url, method: "GET".into(), ..ResourceRequest::default() };
        let answer = self.client.call_resource(&self.context, request).await?;
        if answer.status != 200 {
            bail!("the list of {path} answers {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    async fn wait_for_reports(&self) -> Result<()> {
        // Two deployments give two frames each for the curve, and one frame for the verdict.
        const FRAMES: usize = 5;
        for _ in 0..100 {
            if self.frames(&benchmarks()).await? >= FRAMES {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the backend has not read the demo's reports within 10 s")
    }
}

/// What the dashboard of sizing asks about benchmarks.
pub(crate) fn benchmarks() -> Vec<Query> {
    vec![
        query("A", &json!({ "queryType": "curve" }), RECORDED),
        query("B", &json!({ "queryType": "verdict" }), RECORDED),
    ]
}

/// A query as Grafana passes it on, of a panel 1,000 pixels wide.
pub(crate) fn query(ref_id: &str, json: &Value, time_range: TimeRange) -> Query {
    Query {
        ref_id: ref_id.into(),
        query_type: json["queryType"].as_str().unwrap_or_default().into(),
        max_data_points: 1_000,
        interval_ms: 1_000,
        time_range,
        json: json.to_string().into(),
    }
}
