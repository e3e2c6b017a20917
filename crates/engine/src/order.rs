//! Levels in the order of their loads.

/// The items, ascending in load; items of the same load keep their order.
pub(crate) fn by_load<T: Copy>(items: &[T], load: impl Fn(&T) -> f64) -> Vec<T> {
    let mut keys: Vec<(f64, usize)> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        insert(&mut keys, (load(item), at));
    }
    keys.into_iter().map(|(_, at)| items[at]).collect()
}

/// Inserts a key at its place. Levels are few and mostly ascend already, so this is as fast as the standard library's
/// sort, which takes four per cent of the panel's WebAssembly. It sorts keys instead of items, so that the code exists
/// only once.
fn insert(keys: &mut Vec<(f64, usize)>, key: (f64, usize)) {
    let place = keys.partition_point(|other| other.0.total_cmp(&key.0).is_le());
    keys.insert(place, key);
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
