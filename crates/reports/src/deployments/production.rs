//! Which series of a metrics store stand for a deployment.

use serde_json::Value;

use crate::fields::{Fields, kind_of};
use crate::problem::Code;

const KEYS: &[&str] = &["model_name", "namespace", "labels", "gpu_labels"];

/// The labels of a deployment's series in production. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Production {
    /// The label `model_name`, which servers call their model by.
    pub model_name: Option<String>,
    /// The label `namespace`, under any of the names that it goes by.
    pub namespace: Option<String>,
    /// Other labels of the server's series, in the order of their names.
    pub labels: Vec<(String, String)>,
    /// Labels of the series of its accelerators, where they have no pod in common with the server's.
    pub gpu_labels: Vec<(String, String)>,
}

/// The mapping `production` of a deployment; `None` when there is none or nothing usable is in it, so that it never
/// stands for every series there is.
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

/// Labels by name. `None` when one cannot be used: with a condition missing, other deployments' series would count.
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
