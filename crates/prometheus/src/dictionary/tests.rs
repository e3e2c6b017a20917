use super::*;

#[test]
fn rows_are_in_the_order_of_the_quantities_and_their_keys_are_unique() {
    let quantities: Vec<_> = rows().map(|row| row.quantity).collect();
    assert_eq!(quantities, Quantity::ALL);
    for quantity in Quantity::ALL {
        assert_eq!(quantity.row().quantity, *quantity);
        assert_eq!(Quantity::from_key(quantity.key()), Some(*quantity));
        assert!(!quantity.row().names.is_empty(), "{}", quantity.key());
    }
}
