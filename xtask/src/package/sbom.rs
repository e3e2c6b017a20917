//! The software bill of materials: what the package is made of, as `CycloneDX` 1.6, for those who look for
//! vulnerable versions in what they run.

use anyhow::Result;
use serde_json::{Value, json};

use super::shipped::{Components, Key, Registry};

/// The document. It has neither a time nor a serial number, so that the same sources give the same one.
///
/// # Errors
/// If it cannot be written as JSON.
pub(super) fn document(name: &str, version: &str, components: &Components) -> Result<String> {
    let product = format!("pkg:generic/{name}@{version}");
    let parts: Vec<Value> = components
        .iter()
        .map(|(key, component)| {
            let mut part = json!({
                "type": "library",
                "bom-ref": purl(key),
                "name": key.1,
                "version": key.2,
                "purl": purl(key),
            });
            if !component.licence.is_empty() {
                part["licenses"] = json!([{ "expression": component.licence }]);
            }
            if let Some(sha256) = &component.sha256 {
                part["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
            }
            part
        })
        .collect();
    // Everything that no component uses is used by the product itself.
    let used: Vec<&Key> = components.values().flat_map(|component| &component.uses).collect();
    let direct: Vec<String> = components.keys().filter(|key| !used.contains(key)).map(purl).collect();
    let mut graph = vec![json!({ "ref": product, "dependsOn": direct })];
    graph.extend(components.iter().map(|(key, component)| {
        json!({ "ref": purl(key), "dependsOn": component.uses.iter().map(purl).collect::<Vec<_>>() })
    }));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": product, "name": name, "version": version, "purl": product,
            "licenses": [{ "expression": "Apache-2.0" }],
        } },
        "components": parts,
        "dependencies": graph,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The package URL of a component; the `@` of an npm scope is escaped.
fn purl((registry, name, version): &Key) -> String {
    match registry {
        Registry::Cargo => format!("pkg:cargo/{name}@{version}"),
        Registry::Npm => format!("pkg:npm/{}@{version}", name.replace('@', "%40")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::super::shipped::Component;
    use super::*;

    #[test]
    fn the_product_depends_on_what_nothing_else_uses() {
        let key = |registry, name: &str| (registry, name.to_owned(), "1.0.0".to_owned());
        let (a, b, c) = (key(Registry::Cargo, "a"), key(Registry::Cargo, "b"), key(Registry::Npm, "@grafana/schema"));
        let component = |sha256: Option<&str>, uses: &[&Key]| Component {
            licence: "MIT".into(),
            folder: PathBuf::new(),
            sha256: sha256.map(str::to_owned),
            uses: uses.iter().map(|&key| key.clone()).collect::<BTreeSet<_>>(),
        };
        let components: Components =
            [(a.clone(), component(Some("00"), &[&b])), (b, component(None, &[])), (c, component(None, &[]))].into();
        let found: Value = serde_json::from_str(&document("x", "1.2.3", &components).unwrap()).unwrap();
        assert_eq!(
            found["dependencies"][0]["dependsOn"],
            json!(["pkg:cargo/a@1.0.0", "pkg:npm/%40grafana/schema@1.0.0"])
        );
        assert_eq!(found["dependencies"][1]["dependsOn"], json!(["pkg:cargo/b@1.0.0"]));
        assert_eq!(found["components"][0]["hashes"][0]["content"], "00");
        assert_eq!(found["components"][1].get("hashes"), None);
    }
}
