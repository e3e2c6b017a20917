//! Levels in the order of their loads.

/// The items ascending in load; those of one load stay in their order.
pub(crate) fn by_load<T: Copy>(items: &[T], load: impl Fn(&T) -> f64) -> Vec<T> {
    let mut keys: Vec<(f64, usize)> = items.iter().map(load).zip(0..).collect();
    sort(&mut keys);
    keys.into_iter().map(|(_, at)| items[at]).collect()
}

/// Sorts keys instead of items, so that WebAssembly holds one sort and not one for each type of item.
fn sort(keys: &mut [(f64, usize)]) {
    keys.sort_by(|a, b| a.0.total_cmp(&b.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_ascend_and_equal_ones_stay_in_their_order() {
        let items = [(8.0, 'a'), (1.0, 'b'), (8.0, 'c'), (2.0, 'd')];
        let sorted: String = by_load(&items, |item| item.0).into_iter().map(|item| item.1).collect();
        assert_eq!(sorted, "bdac");
    }
}
