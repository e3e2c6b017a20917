//! The texts of a run (deployment facts, labels, warnings, conclusions) as JSON in the catalog. Numbers that verdicts
//! use are columns instead.

use std::collections::BTreeMap;

use headroom_engine::run::{Deployment, Known, ToolConclusion};
use serde::{Deserialize, Serialize};

/// A fact with its source, as stored.
#[derive(Serialize, Deserialize)]
struct Fact {
    value: String,
    source: String,
}

/// The deployment facts of a run, without the price, as a JSON object.
///
/// # Errors
/// Never for any [`Deployment`]; the signature is that of the serialiser.
pub(super) fn to_json(deployment: &Deployment) -> serde_json::Result<String> {
    let texts = [
        ("name", &deployment.name),
        ("model", &deployment.model),
        ("quantization", &deployment.quantization),
        ("hardware", &deployment.hardware),
        ("engine", &deployment.engine),
    ];
    let numbers = [("gpus", &deployment.gpus), ("tensor_parallel", &deployment.tensor_parallel)];
    let mut facts = BTreeMap::new();
    for (name, known) in texts {
        if let Some(known) = known {
            facts.insert(name, Fact { value: known.value.clone(), source: known.source.clone() });
        }
    }
    for (name, known) in numbers {
        if let Some(known) = known {
            facts.insert(name, Fact { value: known.value.to_string(), source: known.source.clone() });
        }
    }
    serde_json::to_string(&facts)
}

/// Reads back the output of [`to_json`]. The price stays `None`.
///
/// # Errors
/// If the text is not such an object.
pub(super) fn from_json(text: &str) -> serde_json::Result<Deployment> {
    let mut facts: BTreeMap<String, Fact> = serde_json::from_str(text)?;
    let mut take = |name: &str| facts.remove(name).map(|fact| Known { value: fact.value, source: fact.source });
    let number = |known: Option<Known<String>>| -> serde_json::Result<Option<Known<u32>>> {
        known.map(|known| Ok(Known { value: serde_json::from_str(&known.value)?, source: known.source })).transpose()
    };
    Ok(Deployment {
        name: take("name"),
        model: take("model"),
        quantization: take("quantization"),
        hardware: take("hardware"),
        gpus: number(take("gpus"))?,
        tensor_parallel: number(take("tensor_parallel"))?,
        engine: take("engine"),
        price: None,
    })
}

/// A conclusion as stored: kind, status, load, message.
type Told = (String, Option<String>, Option<f64>, String);

/// What a tool concluded, as a JSON list.
///
/// # Errors
/// Never for any [`ToolConclusion`]; the signature is that of the serialiser.
pub(super) fn conclusions_to_json(conclusions: &[ToolConclusion]) -> serde_json::Result<String> {
    let told: Vec<Told> = conclusions
        .iter()
        .cloned()
        .map(|ToolConclusion { kind, status, load, message }| (kind, status, load, message))
        .collect();
    serde_json::to_string(&told)
}

/// Reads back the output of [`conclusions_to_json`].
///
/// # Errors
/// If the text is not such a list.
pub(super) fn conclusions_from_json(text: &str) -> serde_json::Result<Vec<ToolConclusion>> {
    let told: Vec<Told> = serde_json::from_str(text)?;
    Ok(told.into_iter().map(|(kind, status, load, message)| ToolConclusion { kind, status, load, message }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(deployment: &Deployment) {
        assert_eq!(&from_json(&to_json(deployment).unwrap()).unwrap(), deployment);
    }

    #[test]
    fn facts_come_back_with_their_sources() {
        let text = |value: &str| Some(Known { value: value.to_owned(), source: format!("who says {value}") });
        check(&Deployment::default());
        check(&Deployment {
            name: text("prod \"a\"\n"),
            model: text("mistral"),
            quantization: text("w4a16"),
            hardware: text("NVIDIA L4"),
            gpus: Some(Known { value: 4, source: "deployments.yaml".to_owned() }),
            tensor_parallel: Some(Known { value: u32::MAX, source: String::new() }),
            engine: text("vllm 0.32.0"),
            price: None,
        });
    }

    #[test]
    fn a_damaged_text_is_an_error() {
        assert!(from_json("").is_err());
        assert!(from_json(r#"{"gpus":{"value":"many","source":"x"}}"#).is_err());
    }
}
