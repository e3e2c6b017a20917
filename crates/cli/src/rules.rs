//! `headroom rules`: writes the result of a benchmark as alert rules, an autoscaler and a gateway quota.

mod alerts;
mod grafana;
mod keda;
mod object;
mod origin;
mod prometheus;
mod quota;
mod runbook;
mod series;
mod threshold;
mod yaml;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::verdict::{Verdict, assess};
use headroom_reports::Problem;

use self::series::Series;
use self::threshold::Threshold;
use crate::arguments::{Rules, RulesFormat, Server};
use crate::inputs;

/// A deployment with what its rules need.
struct Ruled {
    run: Run,
    verdict: Verdict,
    threshold: Threshold,
    series: Series,
    /// The deployment's name as Kubernetes accepts it.
    slug: String,
    /// The Kubernetes deployment that is scaled.
    target: String,
    namespace: Option<String>,
}

/// How `headroom rules` ended.
pub(crate) enum Outcome {
    /// The rules were written. `damaged`: a report was only read in part, because it is cut off or wrong in places.
    Written { damaged: bool },
    /// Some runs have no threshold, so nothing was written. One sentence for each, for standard error.
    Refused(Vec<String>),
}

/// Reads, judges and writes.
pub(crate) fn write(request: &Rules, out: &mut impl Write) -> (Vec<Problem>, Result<Outcome>) {
    let reading = inputs::read(&request.inputs, request.deployments.as_deref());
    let damaged = reading.is_damaged();
    let written = rule(reading.runs, request).and_then(|(ruled, mut refused)| {
        let formats = if request.out.is_some() { RulesFormat::ALL.to_vec() } else { vec![request.format] };
        let mut files = Vec::new();
        for format in formats {
            files.push((format, documents(format, &ruled, request, &mut refused)?));
        }
        if !refused.is_empty() {
            return Ok(Outcome::Refused(refused));
        }
        match &request.out {
            Some(folder) => write_folder(folder, &files)?,
            None => files.iter().try_for_each(|(_, text)| out.write_all(text.as_bytes()))?,
        }
        Ok(Outcome::Written { damaged })
    });
    (reading.problems, written)
}

/// One run per deployment with its threshold, and the reasons why others have none.
fn rule(runs: Vec<Run>, request: &Rules) -> Result<(Vec<Ruled>, Vec<String>)> {
    let mut of_deployment: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for run in runs {
        of_deployment.entry(run.deployment_label().to_owned()).or_default().push(run);
    }
    if of_deployment.is_empty() {
        bail!("expected benchmark reports such as GuideLLM's benchmarks.json, found none that could be read");
    }
    let given = [("--model-name", &request.model_name), ("--target", &request.target), ("--route", &request.route)];
    if let (Some((option, _)), true) = (given.iter().find(|(_, name)| name.is_some()), of_deployment.len() > 1) {
        let names: Vec<&str> = of_deployment.keys().map(String::as_str).collect();
        bail!(
            "expected one deployment for {option}, found {}: {}. Name the reports of one, or map each in deployments.yaml \
             (`production`).",
            names.len(),
            names.join(", ")
        );
    }
    let (mut ruled, mut refused) = (Vec::new(), Vec::new());
    for runs in of_deployment.into_values() {
        let Some(run) = runs.into_iter().max_by(by_weight) else { continue };
        let verdict = assess(&run, &request.slo);
        match Threshold::of(&run, &verdict, request.margin) {
            Ok(threshold) => ruled.push(ruled_run(run, verdict, threshold, request)),
            Err(reason) => refused.push(refusal(&run, &reason)),
        }
    }
    Ok((ruled, refused))
}

/// Prefers closed loops, because a gateway and an autoscaler count requests in flight; then the most requests; then the
/// latest.
fn by_weight(a: &Run, b: &Run) -> std::cmp::Ordering {
    let weight = |run: &Run| {
        let requests: u64 = run.levels.iter().map(|level| level.requests.ok).sum();
        (run.load_model == LoadModel::Closed, requests, run.provenance.started_ms, run.id.clone())
    };
    weight(a).cmp(&weight(b))
}

fn refusal(run: &Run, reason: &str) -> String {
    format!("{} ({}): {reason}", run.deployment_label(), run.provenance.source)
}

fn ruled_run(run: Run, verdict: Verdict, threshold: Threshold, request: &Rules) -> Ruled {
    let mapped = inputs::production(&request.inputs, request.deployments.as_deref(), &run).unwrap_or_default();
    let engine = run.deployment.engine.as_ref().map(|engine| engine.value.to_ascii_lowercase());
    let by_engine = if engine.is_some_and(|engine| engine.contains("sglang")) { Server::Sglang } else { Server::Vllm };
    let namespace = request.namespace.clone().or(mapped.namespace);
    // Without a mapping a deployment is found by its name, as in the data source.
    let unmapped = mapped.labels.is_empty().then(|| run.deployment_label().to_owned());
    let model_name = request.model_name.clone().or(mapped.model_name).or(unmapped);
    let label = |name: &str, value: Option<&String>| value.map(|value| (name.to_owned(), value.clone()));
    let mut matchers: Vec<(String, String)> =
        [label("model_name", model_name.as_ref()), label("namespace", namespace.as_ref())]
            .into_iter()
            .flatten()
            .collect();
    matchers.extend(mapped.labels);
    let slug = object::slug(run.deployment_label());
    Ruled {
        threshold,
        series: Series { server: request.server.unwrap_or(by_engine), matchers },
        target: request.target.clone().unwrap_or_else(|| slug.clone()),
        slug,
        namespace,
        run,
        verdict,
    }
}

/// The text of one format. Reasons why a deployment has no such rules are added to `refused`.
fn documents(format: RulesFormat, all: &[Ruled], request: &Rules, refused: &mut Vec<String>) -> Result<String> {
    let each: Vec<String> = match format {
        RulesFormat::Grafana => return grafana::file(all, request),
        RulesFormat::PrometheusFile => return prometheus::file(all, request),
        RulesFormat::Prometheus => all.iter().map(|one| prometheus::manifest(one, request)).collect::<Result<_>>()?,
        RulesFormat::Keda => all.iter().map(|one| keda::manifest(one, request)).collect::<Result<_>>()?,
        RulesFormat::Quota => {
            let mut each = Vec::new();
            for one in all {
                match quota::manifest(one, request)? {
                    Ok(text) => each.push(text),
                    Err(reason) => refused.push(refusal(&one.run, &reason)),
                }
            }
            each
        }
    };
    Ok(each.join("---\n"))
}

/// The name of the format's file in the output folder.
fn file_name(format: RulesFormat) -> &'static str {
    match format {
        RulesFormat::Prometheus => "prometheusrule.yaml",
        RulesFormat::PrometheusFile => "prometheus-rules.yaml",
        RulesFormat::Grafana => "grafana-alerts.yaml",
        RulesFormat::Keda => "scaledobject.yaml",
        RulesFormat::Quota => "backendtrafficpolicy.yaml",
    }
}

/// Grafana's file is not a Kubernetes object, so it becomes a config map with the label that Grafana's sidecar looks
/// for. The rule file of Prometheus itself is left out: it is for use without a cluster.
const KUSTOMIZATION: &str = "\
# Written by `headroom rules`.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- prometheusrule.yaml
- scaledobject.yaml
- backendtrafficpolicy.yaml
configMapGenerator:
- name: headroom-grafana-alerts
  files:
  - grafana-alerts.yaml
  options:
    disableNameSuffixHash: true
    labels:
      grafana_alert: \"1\"
";

fn write_folder(folder: &Path, files: &[(RulesFormat, String)]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", inputs::name(folder)))?;
    let named = files.iter().map(|(format, text)| (file_name(*format), text.as_str()));
    for (name, text) in named.chain([("kustomization.yaml", KUSTOMIZATION)]) {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", inputs::name(&path)))?;
    }
    Ok(())
}
