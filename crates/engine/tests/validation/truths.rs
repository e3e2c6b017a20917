//! True p95 of TTFT by load, milliseconds, from very long runs of the simulators.
//!
//! Made by `VALIDATION=truths cargo test --release -p headroom-engine --test validation long_run -- --nocapture`.

use headroom_engine::random::Random;

use crate::batching::{self, ENGINE};
use crate::queues::{self, Arriving, Service};

/// The scatter of the lognormal services of the M/G/c.
pub(crate) const LOGNORMAL: Service = Service::Lognormal(0.6);

/// The value at a load, straight between neighbours in the logarithm.
pub(crate) fn between(table: &[(f64, f64)], load: f64) -> f64 {
    let after = table.partition_point(|&(at, _)| at <= load).clamp(1, table.len() - 1);
    let ((low, below), (high, above)) = (table[after - 1], table[after]);
    below * libm::exp((load - low) / (high - low) * libm::log(above / below))
}

/// The 95th percentile of these times to first token, milliseconds.
fn p95_ms(trace: &crate::trace::Trace) -> f64 {
    let mut values: Vec<f64> =
        trace.requests.iter().map(crate::trace::Request::ttft_ms).filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values[(0.95 * (values.len() - 1) as f64) as usize]
}

fn queue(places: usize, service: Service, arriving: Arriving, requests: usize) -> f64 {
    p95_ms(&queues::simulate(places, service, arriving, 20_000, requests, &mut Random::seeded(77)))
}

fn engine(users: f64, requests: usize) -> f64 {
    p95_ms(&batching::simulate(ENGINE, users as usize, 2_000, requests, 0.0, &mut Random::seeded(78)))
}

/// A table, and what measures one of its rows with this many requests.
type Table = (&'static str, &'static [(f64, f64)], fn(f64, usize) -> f64);

const TABLES: [Table; 4] = [
    ("CLOSED_MM8", CLOSED_MM8, |users, requests| {
        queue(8, Service::Exponential, Arriving::Users(users as usize), requests)
    }),
    ("CLOSED_MG8", CLOSED_MG8, |users, requests| queue(8, LOGNORMAL, Arriving::Users(users as usize), requests)),
    ("OPEN_MG4", OPEN_MG4, |rate, requests| queue(4, LOGNORMAL, Arriving::PerSecond(rate), requests)),
    ("ENGINE_TTFT", ENGINE_TTFT, |users, requests| engine(users, requests / 5)),
];

/// Every table from two million requests a row (400,000 of the engine).
pub(crate) fn print() {
    for (name, rows, measure) in TABLES {
        println!("const {name}: &[(f64, f64)] = &[");
        for &(load, _) in rows {
            println!("    ({load:?}, {:.1}),", measure(load, 2_000_000));
        }
        println!("];");
    }
}

/// A tenth of that finds the same, in the middle row of each.
pub(crate) fn check() {
    for (name, rows, measure) in TABLES {
        let (load, truth) = rows[rows.len() / 2];
        let found = measure(load, 200_000);
        assert!((found / truth - 1.0).abs() < 0.03, "{name} at {load}: {found} for {truth}");
    }
}

/// M/M/8 with a closed loop of this many users.
pub(crate) const CLOSED_MM8: &[(f64, f64)] = &[
    (7.0, 299.3),
    (8.0, 299.3),
    (9.0, 535.6),
    (10.0, 736.8),
    (11.0, 923.3),
    (12.0, 1100.2),
    (13.0, 1271.5),
    (14.0, 1439.1),
    (15.0, 1603.5),
    (16.0, 1765.3),
    (17.0, 1924.0),
    (18.0, 2081.2),
    (19.0, 2237.3),
    (20.0, 2392.6),
    (21.0, 2545.9),
    (22.0, 2699.2),
    (23.0, 2851.2),
    (24.0, 3002.5),
    (25.0, 3152.1),
    (26.0, 3301.7),
    (27.0, 3449.8),
    (28.0, 3597.2),
    (29.0, 3745.1),
    (30.0, 3891.9),
    (31.0, 4038.0),
    (32.0, 4184.6),
    (33.0, 4330.1),
];

/// The same with lognormal services.
pub(crate) const CLOSED_MG8: &[(f64, f64)] = &[
    (7.0, 224.2),
    (8.0, 224.2),
    (9.0, 473.9),
    (10.0, 649.0),
    (11.0, 807.2),
    (12.0, 959.7),
    (13.0, 1109.8),
    (14.0, 1259.2),
    (15.0, 1407.4),
    (16.0, 1554.1),
    (17.0, 1700.1),
    (18.0, 1845.1),
    (19.0, 1989.2),
    (20.0, 2132.7),
    (21.0, 2275.8),
    (22.0, 2418.9),
    (23.0, 2560.2),
    (24.0, 2702.2),
    (25.0, 2843.6),
    (26.0, 2983.4),
    (27.0, 3123.5),
    (28.0, 3263.4),
    (29.0, 3403.4),
    (30.0, 3542.6),
    (31.0, 3681.1),
    (32.0, 3818.9),
    (33.0, 3958.0),
];

/// M/G/4 at this many requests per second, lognormal services of 1 s.
pub(crate) const OPEN_MG4: &[(f64, f64)] = &[
    (1.9, 516.7),
    (1.95, 548.6),
    (2.0, 582.1),
    (2.05, 616.3),
    (2.1, 651.8),
    (2.15, 688.8),
    (2.2, 726.9),
    (2.25, 766.9),
    (2.3, 808.8),
    (2.35, 853.3),
    (2.4, 900.2),
    (2.45, 949.1),
    (2.5, 1000.3),
    (2.55, 1055.5),
    (2.6, 1114.5),
    (2.65, 1176.9),
    (2.7, 1244.0),
    (2.75, 1317.3),
    (2.8, 1397.1),
    (2.85, 1481.1),
    (2.9, 1572.2),
    (2.95, 1672.3),
    (3.0, 1783.6),
    (3.05, 1905.4),
    (3.1, 2040.6),
    (3.15, 2191.7),
    (3.2, 2357.7),
    (3.25, 2546.6),
    (3.3, 2766.5),
    (3.35, 3016.9),
    (3.4, 3307.6),
    (3.45, 3651.3),
    (3.5, 4060.1),
    (3.55, 4567.7),
    (3.6, 5200.2),
    (3.65, 6002.6),
    (3.7, 7051.6),
    (3.75, 8461.9),
    (3.8, 10661.2),
];

/// The batching engine with a closed loop of this many users.
pub(crate) const ENGINE_TTFT: &[(f64, f64)] = &[
    (4.0, 83.9),
    (5.0, 85.5),
    (6.0, 87.2),
    (7.0, 89.0),
    (8.0, 90.4),
    (9.0, 92.0),
    (10.0, 93.5),
    (11.0, 95.2),
    (12.0, 100.3),
    (13.0, 171.7),
    (14.0, 500.2),
    (15.0, 776.3),
    (16.0, 1026.3),
    (17.0, 1257.5),
    (18.0, 1478.3),
    (19.0, 1691.2),
    (20.0, 1902.2),
    (21.0, 2109.7),
    (22.0, 2315.3),
    (23.0, 2523.2),
    (24.0, 2732.2),
    (25.0, 2939.2),
    (26.0, 3149.3),
    (27.0, 3361.8),
    (28.0, 3569.6),
    (29.0, 3780.6),
    (30.0, 3991.9),
    (31.0, 4202.4),
    (32.0, 4410.2),
    (33.0, 4617.6),
];
