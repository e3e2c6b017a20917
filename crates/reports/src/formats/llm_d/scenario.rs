//! The `scenario` of a Benchmark Report: the model, the hardware and the load.

use headroom_engine::run::{Arrivals, Deployment, Known};

use crate::hints;
use crate::steps::Offer;
use crate::tree::Tree;

/// The content of a scenario.
#[derive(Default)]
pub(super) struct Scenario {
    pub(super) offer: Option<Offer>,
    pub(super) model: Option<Known<String>>,
    pub(super) stated: Deployment,
    pub(super) labels: Vec<(String, String)>,
    pub(super) shape: Option<String>,
}

pub(super) fn read(tree: &Tree, older: bool) -> Scenario {
    let scenario = tree.get("scenario");
    if older { first(scenario) } else { second(scenario) }
}

/// Version 0.1: lists of hosts, accelerators and engines with corresponding entries.
fn first(scenario: &Tree) -> Scenario {
    let accelerators = scenario.at("host.accelerator").items();
    let engine = scenario.at("platform.engine").items().first();
    let arguments = engine.map(|engine| engine.get("args"));
    let gpus = accelerators.iter().try_fold(0_u32, |sum, each| sum.checked_add(whole(each.get("count"))?));
    let load = scenario.at("load.args");
    Scenario {
        offer: offer(load.get("qps_values"), load.get("num_users")),
        model: known(scenario.at("model.name"), "report scenario.model"),
        stated: Deployment {
            quantization: known(scenario.at("model.quantization"), "report scenario.model.quantization")
                .map(lower_case)
                .or_else(|| quantization(arguments)),
            hardware: hardware(accelerators.first()),
            gpus: gpus.filter(|&gpus| gpus > 0).map(|value| Known { value, source: "report scenario.host".to_owned() }),
            tensor_parallel: parallel(accelerators),
            engine: engine.and_then(|engine| tool(engine.get("name"), engine.get("version"))),
            ..Deployment::default()
        },
        labels: Vec::new(),
        shape: scenario.at("load.type").text().map(str::to_owned),
    }
}

/// Version 0.2: a stack of components, of which only the inference engines count.
fn second(scenario: &Tree) -> Scenario {
    let engines: Vec<&Tree> = scenario
        .get("stack")
        .items()
        .iter()
        .filter(|part| part.at("standardized.kind").text() == Some("inference_engine"))
        .collect();
    let first = engines.first().map(|part| part.get("standardized"));
    let accelerators: Vec<Tree> = engines.iter().map(|part| part.at("standardized.accelerator").clone()).collect();
    // Components with different roles serve a model together; copies of one component are replicas.
    let gpus = accelerators.iter().try_fold(0_u32, |sum, each| sum.checked_add(whole(each.get("count"))?));
    let load = scenario.at("load.standardized");
    let mut labels: Vec<(String, String)> = Vec::new();
    let replicas = engines.iter().find_map(|part| part.at("standardized.replicas").scalar());
    labels.extend(replicas.map(|count| ("replicas".to_owned(), count)));
    Scenario {
        offer: offer(load.get("rate_qps"), load.get("concurrency")),
        model: first.and_then(|part| known(part.at("model.name"), "report scenario.stack")),
        stated: Deployment {
            quantization: quantization(engines.first().map(|part| part.at("native.args"))),
            hardware: hardware(accelerators.first()),
            gpus: gpus
                .filter(|&gpus| gpus > 0)
                .map(|value| Known { value, source: "report scenario.stack".to_owned() }),
            tensor_parallel: parallel(&accelerators),
            engine: first.and_then(|part| tool(part.get("tool"), part.get("tool_version"))),
            ..Deployment::default()
        },
        labels,
        shape: shape(load),
    }
}

/// The rate, or the concurrency if there is no rate.
fn offer(rate: &Tree, users: &Tree) -> Option<Offer> {
    rate.positive().map(|rate| Offer::Open(Arrivals::Constant, rate)).or_else(|| users.positive().map(Offer::Closed))
}

fn shape(load: &Tree) -> Option<String> {
    let length = |key: &str| load.get(key).get("value").positive();
    let words = match (length("input_seq_len"), length("output_seq_len")) {
        (Some(prompt), Some(output)) => format!("{prompt} in / {output} out"),
        _ => return load.get("source").text().map(str::to_owned),
    };
    Some(match load.get("source").text() {
        Some(source) => format!("{source} {words}"),
        None => words,
    })
}

fn hardware(accelerator: Option<&Tree>) -> Option<Known<String>> {
    let name = accelerator?.get("model").text()?;
    Some(Known { value: hints::hardware_name(name), source: "report accelerator".to_owned() })
}

fn parallel(accelerators: &[Tree]) -> Option<Known<u32>> {
    let degree = accelerators.iter().filter_map(|each| whole(each.at("parallelism.tp"))).max()?;
    Some(Known { value: degree, source: "report parallelism".to_owned() })
}

/// The quantization that the engine was started with. `auto` gives no information.
fn quantization(arguments: Option<&Tree>) -> Option<Known<String>> {
    let arguments = arguments?;
    ["--quantization", "--dtype"]
        .iter()
        .find_map(|flag| known(arguments.get(flag), &format!("report {flag}")))
        .filter(|known| known.value != "auto")
        .map(lower_case)
}

fn tool(name: &Tree, version: &Tree) -> Option<Known<String>> {
    let name = name.text()?;
    let value = version.scalar().map_or_else(|| name.to_owned(), |version| format!("{name} {version}"));
    Some(Known { value, source: "report engine".to_owned() })
}

fn known(tree: &Tree, source: &str) -> Option<Known<String>> {
    tree.text().map(|value| Known { value: value.to_owned(), source: source.to_owned() })
}

fn lower_case(known: Known<String>) -> Known<String> {
    Known { value: known.value.to_lowercase(), source: known.source }
}

fn whole(tree: &Tree) -> Option<u32> {
    u32::try_from(tree.count()?).ok().filter(|&count| count > 0)
}
