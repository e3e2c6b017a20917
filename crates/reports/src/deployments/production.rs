//! The Prometheus series that belong to a deployment.

use serde_json::Value;

use crate::fields::{Fields, kind_of};
use crate::problem::Code;

const KEYS: &[&str] = &["model_name", "namespace", "labels", "gpu_labels"];

/// The labels of a deployment's series in production. All given ones must match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Production {
    /// The label `model_name`, the model's name in its server's metrics.
    pub model_name: Option<String>,
    /// The label `namespace`, under any of its names.
    pub namespace: Option<String>,
    /// Other labels of the server's series, in the order of their names.
    pub labels: Vec<(String, String)>,
    /// Labels of the series of its accelerators, if these series do not have the pod of the server.
    pub gpu_labels: Vec<(String, String)>,
}

/// The mapping `production` of a deployment. `None` if there is none or nothing valid in it, so that it never selects
/// all series.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Production> {
    let mut given = fields.nested("production", KEYS)?;
    let found = Production {
        model_name: given.text("model_name"),
        namespace: given.text("namespace"),
        labels: labels(&mut given, "labels")?,
        gpu_labels: labels(&mut given, "gpu_labels")?,
    };
    if found.model_name.is_none() && found.namespace.is_none() && found.labels.is_empty() {
        fields.note(
            Code::MissingValue,
            "production",
            "expected at least one of model_name, namespace or labels, to say which series stand for this deployment; \
             found none. Leave `production` out when the label model_name is the deployment's name."
                .to_owned(),
        );
        return None;
    }
    Some(found)
}

/// Labels by name. `None` if one is invalid: without that condition, series of other deployments would count too.
fn labels(given: &mut Fields<'_, '_>, key: &str) -> Option<Vec<(String, String)>> {
    match given.get(key) {
        None => Some(Vec::new()),
        Some(Value::Object(map)) => {
            let mut found = Vec::with_capacity(map.len());
            for (name, value) in map {
                let plain = name
                    .bytes()
                    .enumerate()
                    .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()));
                match value {
                    Value::String(text) if plain && !name.is_empty() => found.push((name.clone(), text.clone())),
                    _ => {
                        let what = if plain { kind_of(value) } else { "a name with other characters" };
                        given.note(
                            Code::BadValue,
                            &format!("{key}.{name}"),
                            format!(
                                "expected the name of a label (letters, digits and `_`) and its value as text; found {what}. \
                                 `production` is not used until it is."
                            ),
                        );
                        return None;
                    }
                }
            }
            Some(found)
        }
        Some(other) => {
            given.note(
                Code::WrongType,
                key,
                format!(
                    "expected a mapping of labels; found {}. `production` is not used until it is.",
                    kind_of(other)
                ),
            );
            None
        }
    }
}
