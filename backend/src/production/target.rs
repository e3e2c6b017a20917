//! Finds the series of each deployment.

use std::collections::{BTreeMap, BTreeSet};

use headroom_prometheus::dictionary::{DIALECTS, Quantity, Resolved, Selector};
use headroom_prometheus::{Labels, Window};
use headroom_protocol::QueryError;
use headroom_reports::deployments::Production as Mapping;

use super::source::Production;

/// A server that was seen within this time and is gone counts as down; one that was gone before is unknown.
/// Milliseconds.
const REMEMBERED_MS: i64 = 86_400_000;

/// A deployment that may be in production.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Its name.
    pub(crate) name: String,
    /// Its model's name.
    pub(crate) model: Option<String>,
    /// The mapping to its series, if somebody gave one.
    pub(crate) mapping: Option<Mapping>,
}

/// A deployment with its series.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The deployment's name; for series that belong to no deployment, their model's name.
    pub(crate) name: String,
    /// Its index among the candidates; `None` for series that belong to none.
    pub(crate) candidate: Option<usize>,
    /// Selects its series.
    pub(crate) selector: Selector,
    /// The label `model_name` of its series, if it is the same for all.
    pub(crate) model_name: Option<String>,
    /// The label `namespace` of its series, if it is the same for all.
    pub(crate) namespace: Option<String>,
    /// Its servers; empty if no series was found.
    pub(crate) members: Vec<Member>,
    /// Labels of the series of its accelerators, if given.
    pub(crate) gpu_labels: Vec<(String, String)>,
    /// What the user should know about how its series were found.
    pub(crate) notices: Vec<String>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    /// The label `instance`.
    pub(crate) instance: String,
    /// The label `job`.
    pub(crate) job: String,
    /// The label `pod`; empty if there is none.
    pub(crate) pod: String,
}

impl Target {
    /// The instances of its servers, each once.
    pub(crate) fn instances(&self) -> Vec<&str> {
        let instances: BTreeSet<&str> = self.members.iter().map(|member| member.instance.as_str()).collect();
        instances.into_iter().collect()
    }

    /// Selects `up` of its servers, which has no labels of the model.
    pub(crate) fn scrape_selector(&self) -> Selector {
        let jobs: BTreeSet<&str> = self.members.iter().map(|member| member.job.as_str()).collect();
        let jobs: Vec<&str> = jobs.into_iter().collect();
        Selector::all().any_of("job", &jobs).any_of("instance", &self.instances())
    }
}

/// The labels of one series, by our names.
struct Found {
    labels: BTreeMap<String, String>,
    /// Whether it belongs to a deployment.
    claimed: bool,
}

impl Found {
    fn new(labels: &Labels) -> Self {
        let mut labels: BTreeMap<String, String> = labels.iter().cloned().collect();
        for dialect in DIALECTS {
            if let Some(value) = dialect.names.iter().find_map(|name| labels.get(*name)).cloned() {
                labels.insert(dialect.label.to_owned(), value);
            }
        }
        Self { labels, claimed: false }
    }

    fn get(&self, label: &str) -> &str {
        self.labels.get(label).map_or("", String::as_str)
    }

    fn member(&self) -> Member {
        let label = |name: &str| self.get(name).to_owned();
        Member { instance: label("instance"), job: label("job"), pod: label("pod") }
    }
}

/// Finds the series of every candidate, and those of models that belong to no candidate. If `namespaces` is not empty,
/// only series in these are used. Targets are ordered by name.
///
/// # Errors
/// If Prometheus does not answer.
pub(crate) async fn find(
    production: &Production,
    resolved: &Resolved,
    candidates: &[Candidate],
    namespaces: &[String],
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<Target>, QueryError> {
    let names: BTreeSet<&str> = [Quantity::Running, Quantity::OutputTokens]
        .into_iter()
        .flat_map(|quantity| resolved.sources(quantity))
        .map(|source| source.name.as_str())
        .collect();
    let mut found: Vec<Found> = Vec::new();
    if !names.is_empty() {
        let selectors: Vec<&str> = names.into_iter().collect();
        let window = Window { start_ms: from_ms.min(to_ms.saturating_sub(REMEMBERED_MS)), end_ms: to_ms };
        let series = production.servers(&selectors, window).await?;
        found = series.iter().map(Found::new).collect();
        found.retain(|one| namespaces.is_empty() || namespaces.iter().any(|name| name == one.get("namespace")));
    }
    Ok(assign(&mut found, candidates, namespaces))
}

fn assign(found: &mut [Found], candidates: &[Candidate], namespaces: &[String]) -> Vec<Target> {
    let mut targets: Vec<Target> =
        candidates.iter().enumerate().map(|(index, candidate)| claim(found, index, candidate, namespaces)).collect();
    say_shared(&mut targets);
    let mut rest: BTreeMap<(String, String), Vec<&Found>> = BTreeMap::new();
    for one in found.iter().filter(|one| !one.claimed) {
        rest.entry((one.get("model_name").to_owned(), one.get("namespace").to_owned())).or_default().push(one);
    }
    let several = |model: &str| rest.keys().filter(|(other, _)| other == model).count() > 1;
    let unclaimed: Vec<Target> = rest
        .iter()
        .map(|((model, namespace), members)| {
            let shown = if model.is_empty() { "unknown model" } else { model };
            let taken = candidates.iter().any(|candidate| candidate.name == shown) || several(model);
            let name = if taken && !namespace.is_empty() { format!("{shown} ({namespace})") } else { shown.to_owned() };
            let mut selector = Selector::all().equal("model_name", model).equal("namespace", namespace);
            // Series of a deployment must not count twice.
            let like = |one: &&Found| one.get("model_name") == model && one.get("namespace") == namespace;
            if found.iter().filter(like).any(|one| one.claimed) {
                let instances: BTreeSet<&str> = members.iter().map(|one| one.get("instance")).collect();
                let instances: Vec<&str> = instances.into_iter().collect();
                selector = selector.any_of("instance", &instances);
            }
            target(name, None, selector, members, Vec::new())
        })
        .collect();
    targets.extend(unclaimed);
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets
}

/// Adds a notice if two deployments have the same servers, because each of them then shows the load of both.
fn say_shared(targets: &mut [Target]) {
    // One notice per server names only a few of the others: one model may have thousands of deployments.
    const NAMED: usize = 5;
    let mut of_server: BTreeMap<Member, BTreeSet<String>> = BTreeMap::new();
    for target in targets.iter() {
        for member in &target.members {
            of_server.entry(member.clone()).or_default().insert(target.name.clone());
        }
    }
    for target in targets.iter_mut() {
        let shared = target.members.iter().filter_map(|member| of_server.get(member));
        let mut others: BTreeSet<&str> = BTreeSet::new();
        for names in shared {
            let other = names.iter().map(String::as_str).filter(|name| *name != target.name);
            others.extend(other.take(NAMED + 1));
            if others.len() > NAMED {
                break;
            }
        }
        let more = if others.len() > NAMED { " and others" } else { "" };
        let others: Vec<&str> = others.into_iter().take(NAMED).collect();
        if !others.is_empty() {
            target.notices.push(format!(
                "{} stands for the same servers as {}{more}, so each is shown with the load of all; say which servers each has \
                 under `production` of the deployment",
                target.name,
                others.join(", ")
            ));
        }
    }
}

/// The series of a candidate: those of its mapping; without a mapping those whose `model_name` is the deployment's
/// name; without such series those whose `model_name` is its model's name.
fn claim(found: &mut [Found], index: usize, candidate: &Candidate, namespaces: &[String]) -> Target {
    let conditions: Vec<(String, String)> = if let Some(mapping) = &candidate.mapping {
        let named = [("model_name", &mapping.model_name), ("namespace", &mapping.namespace)];
        let named = named.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value.clone()?)));
        named.chain(mapping.labels.iter().cloned()).collect()
    } else {
        let mut names = [Some(&candidate.name), candidate.model.as_ref()].into_iter().flatten();
        let served = names.find(|name| found.iter().any(|one| one.get("model_name") == name.as_str()));
        vec![("model_name".to_owned(), served.unwrap_or(&candidate.name).clone())]
    };
    let mut selector = Selector::all();
    for (label, value) in &conditions {
        selector = selector.equal(label.as_str(), value.as_str());
    }
    if !namespaces.is_empty() {
        let names: Vec<&str> = namespaces.iter().map(String::as_str).collect();
        selector = selector.any_of("namespace", &names);
    }
    for one in found.iter_mut() {
        one.claimed |= conditions.iter().all(|(label, value)| one.get(label) == value);
    }
    let members: Vec<&Found> =
        found.iter().filter(|one| conditions.iter().all(|(label, value)| one.get(label) == value)).collect();
    let gpu_labels = candidate.mapping.as_ref().map_or_else(Vec::new, |mapping| mapping.gpu_labels.clone());
    target(candidate.name.clone(), Some(index), selector, &members, gpu_labels)
}

fn target(
    name: String,
    candidate: Option<usize>,
    selector: Selector,
    found: &[&Found],
    gpu_labels: Vec<(String, String)>,
) -> Target {
    let values = |label: &str| -> BTreeSet<&str> { found.iter().map(|one| one.get(label)).collect() };
    let agreed = |label: &str| {
        let values = values(label);
        values.first().filter(|value| values.len() == 1 && !value.is_empty()).map(|value| (*value).to_owned())
    };
    let namespaces = values("namespace");
    let mut notices = Vec::new();
    if namespaces.len() > 1 {
        let names: Vec<&str> =
            namespaces.into_iter().map(|name| if name.is_empty() { "(none)" } else { name }).collect();
        notices.push(format!(
            "{name} is served in the namespaces {}, and all of them count as its replicas; say which one is meant under \
             `production` of the deployment, or choose a namespace",
            names.join(", ")
        ));
    }
    let members: BTreeSet<Member> = found.iter().map(|one| one.member()).collect();
    Target {
        model_name: agreed("model_name"),
        namespace: agreed("namespace"),
        members: members.into_iter().collect(),
        name,
        candidate,
        selector,
        gpu_labels,
        notices,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(labels: &[(&str, &str)]) -> Found {
        Found::new(&labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn candidate(name: &str, model: Option<&str>, mapping: Option<Mapping>) -> Candidate {
        Candidate { name: name.to_owned(), model: model.map(str::to_owned), mapping }
    }

    fn store() -> Vec<Found> {
        vec![
            series(&[("model_name", "llama"), ("namespace", "lab"), ("pod", "a-0"), ("instance", "i1"), ("team", "x")]),
            series(&[("model_name", "llama"), ("namespace", "lab"), ("pod", "b-0"), ("instance", "i2"), ("team", "y")]),
            series(&[("model_name", "qwen"), ("exported_namespace", "prod"), ("namespace", "mon"), ("instance", "i3")]),
            series(&[("model_name", "qwen"), ("namespace", "lab"), ("instance", "i4"), ("engine", "0")]),
            series(&[("model_name", "qwen"), ("namespace", "lab"), ("instance", "i4"), ("engine", "1")]),
        ]
    }

    #[track_caller]
    fn check(candidates: &[Candidate], expected: &[(&str, &str, &[&str])]) -> Vec<Target> {
        let targets = assign(&mut store(), candidates, &[]);
        let found: Vec<(&str, String, Vec<&str>)> = targets
            .iter()
            .map(|target| (target.name.as_str(), target.selector.to_string(), target.instances()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, selector, members)| (*name, (*selector).to_owned(), members.to_vec()))
            .collect();
        assert_eq!(found, expected);
        targets
    }

    #[test]
    fn series_belong_to_whom_they_are_mapped_to() {
        let mapping = Mapping {
            model_name: Some("llama".to_owned()),
            labels: vec![("team".to_owned(), "y".to_owned())],
            ..Mapping::default()
        };
        let targets = check(
            &[
                candidate("chat-b", None, Some(mapping)),
                candidate("qwen-fast", Some("qwen"), None),
                candidate("gone", None, None),
            ],
            &[
                ("chat-b", "{model_name=\"llama\",team=\"y\"}", &["i2"]),
                ("gone", "{model_name=\"gone\"}", &[]),
                ("llama", "{model_name=\"llama\",namespace=\"lab\",instance=~\"i1\"}", &["i1"]),
                ("qwen-fast", "{model_name=\"qwen\"}", &["i3", "i4"]),
            ],
        );
        assert!(targets[3].notices[0].contains("lab, prod"), "{:?}", targets[3].notices);
        assert_eq!((targets[3].namespace.as_deref(), targets[3].model_name.as_deref()), (None, Some("qwen")));
        assert_eq!(targets[3].members.len(), 2, "two engines of one server are one");
    }

    #[test]
    fn servers_that_two_deployments_stand_for_are_named() {
        let claims = [candidate("qwen-bf16", Some("qwen"), None), candidate("qwen-int4", Some("qwen"), None)];
        let targets = assign(&mut store(), &claims, &["lab".to_owned()]);
        let shared: Vec<&str> = targets
            .iter()
            .filter(|target| target.notices.iter().any(|notice| notice.contains("the same servers")))
            .map(|target| target.name.as_str())
            .collect();
        assert_eq!(shared, ["qwen-bf16", "qwen-int4"]);
    }

    #[test]
    fn what_nobody_claims_goes_by_its_model() {
        check(
            &[],
            &[
                ("llama", "{model_name=\"llama\",namespace=\"lab\"}", &["i1", "i2"]),
                ("qwen (lab)", "{model_name=\"qwen\",namespace=\"lab\"}", &["i4"]),
                ("qwen (prod)", "{model_name=\"qwen\",namespace=\"prod\"}", &["i3"]),
            ],
        );
    }
}
