//! The numbers of a level by name, to be compared bit for bit with those that a test reads from the file itself. Only
//! for tests, of this crate and in its `tests` folder.

use std::collections::BTreeMap;

use headroom_engine::level::{Distribution, Level, Rates, Server};
use serde_json::Value;

/// Numbers by name.
pub(crate) type Numbers = BTreeMap<String, f64>;

/// Every number of a level.
pub(crate) fn of(level: &Level) -> Numbers {
    let mut found = Numbers::new();
    put(&mut found, "load", Some(level.load));
    put(&mut found, "asked_load", level.asked_load);
    put(&mut found, "concurrency", level.concurrency);
    put(&mut found, "duration_s", level.duration_s);
    put(&mut found, "ok", Some(level.requests.ok as f64));
    put(&mut found, "errored", Some(level.requests.errored as f64));
    put(&mut found, "incomplete", Some(level.requests.incomplete as f64));
    put(&mut found, "prompt_tokens", level.prompt_tokens);
    put(&mut found, "output_tokens", level.output_tokens);
    for (name, rates) in [("rates", level.rates), ("reported", level.reported)] {
        let Rates { requests, output_tokens, prompt_tokens, total_tokens } = rates;
        put(&mut found, &format!("{name}.requests"), requests);
        put(&mut found, &format!("{name}.output"), output_tokens);
        put(&mut found, &format!("{name}.prompt"), prompt_tokens);
        put(&mut found, &format!("{name}.total"), total_tokens);
    }
    let Server { queue_depth, kv_cache_use, power_w } = level.server;
    put(&mut found, "server.queue_depth", queue_depth);
    put(&mut found, "server.kv_cache_use", kv_cache_use);
    put(&mut found, "server.power_w", power_w);
    for (name, latency) in [("ttft", &level.ttft), ("itl", &level.itl), ("tpot", &level.tpot), ("e2e", &level.e2e)] {
        let Some(Distribution { count, mean, std, min, max, quantiles }) = latency else { continue };
        put(&mut found, &format!("{name}.count"), Some(*count as f64));
        put(&mut found, &format!("{name}.mean"), *mean);
        put(&mut found, &format!("{name}.std"), *std);
        put(&mut found, &format!("{name}.min"), *min);
        put(&mut found, &format!("{name}.max"), *max);
        for &(q, value) in quantiles {
            put(&mut found, &format!("{name}.{q:.6}"), Some(value));
        }
    }
    found
}

pub(crate) fn put(numbers: &mut Numbers, name: &str, value: Option<f64>) {
    if let Some(value) = value {
        numbers.insert(name.to_owned(), value);
    }
}

/// Adds the statistics of a latency that the file has, under these names.
pub(crate) fn put_latency<'v>(
    numbers: &mut Numbers,
    latency: &str,
    count: f64,
    scale: f64,
    statistics: impl Iterator<Item = (&'v str, &'v Value)>,
) {
    let mut any = false;
    for (statistic, value) in statistics {
        let Some(value) = value.as_f64().map(|value| value * scale) else { continue };
        let name = match statistic {
            "mean" | "avg" => "mean".to_owned(),
            "std" | "stddev" => "std".to_owned(),
            "min" | "max" => statistic.to_owned(),
            "median" => format!("{:.6}", 0.5),
            other => {
                let percent = other.strip_prefix('p').map(|digits| digits.replace('p', "."));
                let Some(percent) = percent.and_then(|digits| digits.parse::<f64>().ok()) else { continue };
                format!("{:.6}", percent / 100.0)
            }
        };
        any = true;
        numbers.insert(format!("{latency}.{name}"), value);
    }
    if any {
        numbers.insert(format!("{latency}.count"), count);
    }
}

/// Compares the levels of a file, ascending by load, with the expected numbers.
pub(crate) fn compare(source: &str, levels: &[&Level], mut expected: Vec<Numbers>) {
    expected.sort_by(|a, b| a["load"].total_cmp(&b["load"]));
    let mut found: Vec<Numbers> = levels.iter().map(|level| of(level)).collect();
    found.sort_by(|a, b| a["load"].total_cmp(&b["load"]));
    assert_eq!(found.len(), expected.len(), "{source}: levels");
    for (found, expected) in found.iter().zip(&expected) {
        let names: Vec<_> = found.keys().collect();
        assert_eq!(names, expected.keys().collect::<Vec<_>>(), "{source}: load {}", expected["load"]);
        for (name, value) in expected {
            assert_eq!(found[name].to_bits(), value.to_bits(), "{source}: {name} is {} not {value}", found[name]);
        }
    }
}
