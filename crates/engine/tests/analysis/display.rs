//! Numbers as text.

use headroom_engine::display;

fn check(text: &str, expected: &str) {
    assert_eq!(text, expected);
}

#[test]
fn whole_numbers_are_whole_and_others_have_three_digits() {
    for (value, expected) in [
        (0.0, "0"),
        (-0.0, "0"),
        (12.0, "12"),
        (13.06, "13.1"),
        (13.96, "14.0"),
        (7.234, "7.23"),
        (0.93, "0.93"),
        (1.5, "1.5"),
        (9.999, "10.00"),
        (0.0284, "0.0284"),
        (0.000_01, "0.00001"),
        (-1e-12, "0"),
        (3.300_000_000_000_000_3, "3.3"),
        (99.96, "100.0"),
        (128.4, "128"),
        (1105.0, "1,105"),
        (-1105.4, "−1,105"),
        (999.9, "1,000"),
        (1_234_567.0, "1,234,567"),
        (f64::NAN, "unknown"),
        (f64::INFINITY, "∞"),
        (f64::NEG_INFINITY, "−∞"),
    ] {
        check(&display::number(value), expected);
    }
}

#[test]
fn units_follow_their_number() {
    check(&display::milliseconds(1000.0), "1,000 ms");
    check(&display::milliseconds(29.68), "29.7 ms");
    check(&display::milliseconds(f64::NAN), "unknown");
    check(&display::seconds(14.94), "14.9 s");
    check(&display::load_with_unit(1.0, "users"), "1 user");
    check(&display::load_with_unit(13.06, "users"), "13.1 users");
    check(&display::load_with_unit(1.0, "req/s"), "1 req/s");
    check(&display::loads_with_unit(&[1.0], "users"), "1 user");
    check(&display::loads_with_unit(&[8.0, 16.0], "users"), "8, 16 users");
    check(&display::rate(2.933), "2.93");
    check(&display::count(1, "request"), "1 request");
    check(&display::count(1204, "request"), "1,204 requests");
}

#[test]
fn shares_are_percent() {
    for (share, expected) in [(0.01, "1%"), (0.07, "7%"), (0.29, "29%"), (0.125, "12.5%"), (1.0, "100%"), (0.0, "0%")] {
        check(&display::percent(share), expected);
    }
}

#[test]
fn dollars_keep_cents_and_small_prices_more() {
    for (value, expected) in [
        (0.85, "$0.85"),
        (4.6016, "$4.60"),
        (1234.5, "$1,234.50"),
        (0.0123, "$0.0123"),
        (-3.4, "−$3.40"),
        (0.0, "$0.00"),
    ] {
        check(&display::dollars(value), expected);
    }
}

#[test]
fn an_unknown_end_is_said() {
    check(&display::interval([Some(12.6), Some(13.98)]), "12.6–14.0");
    check(&display::interval([Some(12.0), None]), "at least 12");
    check(&display::interval([None, Some(16.0)]), "at most 16");
    check(&display::interval([None, None]), "unknown");
}
