//! How many accelerators a deployment of InferenceX's results has.

use crate::tree::Tree;

/// The GPUs that the numbers are per: prefill and decode workers where they are apart, else
/// the product of the parallel degrees.
pub(crate) fn of_parallelism(fields: &Tree) -> Option<u32> {
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
