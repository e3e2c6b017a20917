//! Money and energy of real traffic.

use headroom_engine::live::economy::{Served, cost_now, energy_now, utilization};
use headroom_engine::run::DollarsPerHour;

#[test]
fn idle_replicas_are_paid_for() {
    // An hour of two replicas at $0.5, busy for half of it.
    let served = Served { tokens: 1.8e6, seconds: 3600.0, replica_seconds: 7200.0 };
    let cost = cost_now(&served, DollarsPerHour(0.5)).unwrap();
    assert_eq!((cost.tokens_per_second, cost.dollars_per_hour, cost.tokens_per_dollar), (500.0, 1.0, 1.8e6));
    assert_eq!(cost.dollars_per_million, Some(1e6 / 1.8e6));
    assert_eq!(utilization(&served, 500.0), Some(0.5));
    let idle = cost_now(&Served { tokens: 0.0, ..served }, DollarsPerHour(0.5)).unwrap();
    assert_eq!((idle.tokens_per_dollar, idle.dollars_per_million, idle.dollars_per_hour), (0.0, None, 1.0));
    for (served, price) in [
        (served, 0.0),
        (served, f64::NAN),
        (Served { seconds: 0.0, ..served }, 0.5),
        (Served { replica_seconds: 0.0, ..served }, 0.5),
        (Served { tokens: f64::NAN, ..served }, 0.5),
    ] {
        assert_eq!(cost_now(&served, DollarsPerHour(price)), None, "{served:?} {price}");
    }
    assert_eq!(utilization(&served, 0.0), None);
}

#[test]
fn energy_is_power_over_the_whole_time() {
    let energy = energy_now(36_000.0, 3600.0, 70.0).unwrap();
    assert_eq!((energy.joules, energy.joules_per_token), (252_000.0, Some(7.0)));
    assert_eq!(energy_now(0.0, 3600.0, 30.0).unwrap().joules_per_token, None, "idle takes energy for nothing");
    assert_eq!(energy_now(1.0, 3600.0, 0.0), None, "a power of zero is not measured");
    assert_eq!(energy_now(1.0, 0.0, 70.0), None);
}
