//! What InferenceX's results say about a deployment. The keys are the same for all its benchmarks.

use headroom_engine::run::{Deployment, Known};

use crate::hints;
use crate::tree::Tree;

/// The facts in a result.
pub(crate) fn deployment(fields: &Tree) -> Deployment {
    let known = |key: &str| {
        fields.get(key).text().map(|value| Known { value: value.to_owned(), source: format!("report {key}") })
    };
    let lower = |known: Known<String>| Known { value: known.value.to_lowercase(), ..known };
    Deployment {
        model: known("model"),
        quantization: known("precision").map(lower),
        hardware: known("hw").map(|known| Known { value: hints::hardware_name(&known.value), ..known }),
        engine: known("image").or_else(|| known("framework")),
        gpus: gpus(fields).map(|value| Known { value, source: "report parallelism".to_owned() }),
        tensor_parallel: whole(fields.get("tp")).map(|value| Known { value, source: "report tp".to_owned() }),
        ..Deployment::default()
    }
}

/// The labels: those of `keys` that have a value in the result.
pub(crate) fn labels(fields: &Tree, keys: &[&str]) -> Vec<(String, String)> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), fields.get(key).scalar()?))).collect()
}

/// For example `1024 in / 1024 out`, the requested lengths.
pub(crate) fn shape(fields: &Tree) -> Option<String> {
    let lengths = fields.get("isl").positive().zip(fields.get("osl").positive());
    lengths.map(|(prompt, output)| format!("{prompt} in / {output} out"))
}

/// The number of GPUs that the numbers are divided by: prefill plus decode workers if they are separate, else the
/// product of the degrees of parallelism.
pub(crate) fn gpus(fields: &Tree) -> Option<u32> {
    let prefill = whole(fields.get("num_prefill_gpu"));
    let decode = whole(fields.get("num_decode_gpu"));
    if prefill.is_some() || decode.is_some() {
        return prefill.unwrap_or(0).checked_add(decode.unwrap_or(0));
    }
    ["pp", "pcp_size"]
        .iter()
        .try_fold(whole(fields.get("tp"))?, |product, key| product.checked_mul(whole(fields.get(key)).unwrap_or(1)))
}

/// A whole number above zero.
pub(crate) fn whole(tree: &Tree) -> Option<u32> {
    u32::try_from(tree.count()?).ok().filter(|&count| count > 0)
}
