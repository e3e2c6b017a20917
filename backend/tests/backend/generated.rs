//! What is written from the contract is as checked in: `UPDATE_EXPECT=1 cargo test -p headroom-backend --test backend
//! generated` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use headroom_backend::query::kinds;
use headroom_contract::facts::{DeploymentFacts, DeploymentMatch, Price, ProductionMapping};
use headroom_contract::{generate, settings};
use headroom_reports::deployments::Deployments;
use serde_json::json;

use super::support::workspace;

#[test]
fn the_typescript_is_that_of_the_contract() {
    expect_file!["../../../src/generated/contract.ts"].assert_eq(&generate::module(&kinds()));
}

/// A document with its written parts as they should be.
fn document(path: &Path) -> String {
    let text = fs::read_to_string(workspace().join(path)).unwrap();
    generate::filled(&text, part).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a part of a document says.
fn part(name: &str) -> Option<String> {
    if let Some(frame) = name.strip_prefix("columns of ") {
        return Some(generate::frame(kinds().iter().flat_map(|kind| kind.frames).find(|known| known.id == frame)?));
    }
    Some(match name {
        "keys of a query" => generate::query_keys(&kinds()),
        "numbers of alert rules" => generate::alerts(&kinds()),
        "settings" => generate::settings(settings::KEYS),
        "settings of stores" => generate::settings(settings::STORE_KEYS),
        "secrets of stores" => generate::secrets(settings::STORE_SECRETS),
        "settings of the Prometheus" => generate::settings(settings::PROMETHEUS_KEYS),
        "secrets" => generate::secrets(settings::SECRETS),
        _ => return None,
    })
}

#[test]
fn the_tables_of_the_documents_are_those_of_the_contract() {
    expect_file!["../../../docs/frames.md"].assert_eq(&document(Path::new("docs/frames.md")));
    expect_file!["../../../docs/settings.md"].assert_eq(&document(Path::new("docs/settings.md")));
}

#[test]
fn every_frame_of_every_kind_is_documented() {
    let text = fs::read_to_string(workspace().join("docs/frames.md")).unwrap();
    for kind in kinds() {
        assert!(!kind.frames.is_empty(), "{} has no frames", kind.id);
        for frame in kind.frames {
            let mark = format!("<!-- written: columns of {} -->", frame.id);
            assert_eq!(text.matches(&mark).count(), 1, "{} of {}: {mark}", frame.id, kind.id);
        }
    }
}

/// Words that the language has as well, such as "down" of an arrow key. Where they are compared with one of the contract's,
/// the types of TypeScript tell.
const PLAIN_WORDS: &[&str] = &[
    "curve",
    "deployments",
    "down",
    "error",
    "errored",
    "headroom",
    "incomplete",
    "info",
    "interval",
    "levels",
    "limits",
    "load",
    "metric",
    "none",
    "nothing",
    "ok",
    "problems",
    "production",
    "reports",
    "requests",
    "run",
    "series",
    "statistic",
    "unknown",
    "value",
    "warning",
];

/// The texts of the contract's words, as the module has them: `  NeverMet: 'never_met',`.
fn words(module: &str) -> Vec<&str> {
    let members = module.lines().filter(|line| line.starts_with("  ") && line.ends_with("',"));
    let texts = members.filter_map(|line| {
        let (key, text) = line.trim().strip_suffix("',")?.split_once(": '")?;
        key.starts_with(|first: char| first.is_ascii_uppercase()).then_some(text)
    });
    texts.filter(|text| !PLAIN_WORDS.contains(text)).collect()
}

/// Every script of the front end but tests and what is generated.
fn scripts(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "generated" {
                scripts(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "ts" || extension == "tsx")
            && !name.contains(".test.")
        {
            into.push(path);
        }
    }
}

#[test]
fn no_word_of_the_contract_is_written_in_the_front_end_again() {
    let module = generate::module(&kinds());
    let words = words(&module);
    assert!(words.len() > 100 && words.contains(&"never_met") && words.contains(&"overlay_bins"), "{words:?}");
    let mut paths = Vec::new();
    scripts(&workspace().join("src"), &mut paths);
    assert!(paths.len() > 30, "{paths:?}");
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim_start();
            !["//", "/*", "* ", "import "].iter().any(|start| line.starts_with(start))
        });
        for (at, line) in code {
            let again = words
                .iter()
                .filter(|word| ['\'', '"'].iter().any(|quote| line.contains(&format!("{quote}{word}{quote}"))));
            found.extend(again.map(|word| format!("{}:{}: `{word}`", path.display(), at + 1)));
        }
    }
    assert!(found.is_empty(), "name the members of src/generated/contract.ts instead:\n{}", found.join("\n"));
}

/// Facts of a deployment with every key.
fn every_fact() -> DeploymentFacts {
    let text = |text: &str| Some(text.to_owned());
    let labels = || Some([("team".to_owned(), "chat".to_owned())].into_iter().collect());
    DeploymentFacts {
        name: text("chat"),
        matches: Some(DeploymentMatch { path: text("**"), model: text("*"), run: text("r"), labels: labels() }),
        model: text("m"),
        quantization: text("int4"),
        hardware: text("L4"),
        gpus: Some(1),
        tensor_parallel: Some(1),
        engine: text("vllm 0.32.0"),
        price: Some(Price {
            dollars_per_hour: Some(0.71),
            source: text("list"),
            region: text("eu"),
            date: text("2026-11-01"),
        }),
        production: Some(ProductionMapping {
            model_name: text("chat"),
            namespace: text("prod"),
            labels: labels(),
            gpu_labels: labels(),
        }),
    }
}

#[test]
fn the_facts_of_the_contract_are_those_that_the_reader_knows() {
    let (deployments, problems) = Deployments::from_json_value(&json!([every_fact()]), "test");
    assert!(problems.is_empty() && deployments.len() == 1, "{problems:?}");
    // One key more in each place: the message lists the keys that are known, and the contract has them all.
    for (place, known) in [
        ("", json!(every_fact())),
        ("/match", json!(every_fact().matches)),
        ("/price", json!(every_fact().price)),
        ("/production", json!(every_fact().production)),
    ] {
        let mut facts = json!(every_fact());
        facts.pointer_mut(place).unwrap()["another"] = json!(1);
        let (_, problems) = Deployments::from_json_value(&json!([facts]), "test");
        let message = &problems[0].message;
        let (_, listed) = message.split_once("the known ones are ").unwrap_or_else(|| panic!("{message}"));
        let listed: BTreeSet<&str> = listed.split('.').next().unwrap().split(", ").collect();
        let known: BTreeSet<&str> = known.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(listed, known, "{place}");
    }
}
