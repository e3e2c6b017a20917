//! Makes a large GuideLLM report out of a small one: its own requests repeated with new ids, shifted times
//! and slightly other latencies. Everything else is copied as it is, in its order, because readers stream.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use headroom_engine::random::Random;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::child;

/// Request times are spread over this long.
const SPREAD_S: f64 = 300.0;
/// Latencies vary by this share.
const VARIATION: f64 = 0.03;
/// The times and latencies of a request, at its top level.
const TIMES: [&str; 2] = ["request_start_time", "request_end_time"];
const LATENCIES: [&str; 6] = [
    "request_latency",
    "time_to_first_token_ms",
    "time_per_output_token_ms",
    "inter_token_latency_ms",
    "tokens_per_second",
    "output_tokens_per_second",
];

/// A JSON object as it was written: keys in order, values untouched.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries).map(Object)
    }
}

fn object(raw: &RawValue) -> Result<Object<'_>> {
    serde_json::from_str(raw.get()).context("expected an object")
}

fn list(raw: &RawValue) -> Result<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).context("expected a list")
}

/// Says to the program that it is to grow a report.
pub(crate) const AS_CHILD: &str = "grow-report";

/// [`to_size`] in a process of its own, whose memory this one does not keep.
pub(crate) fn beside(from: &Path, to: &Path, size: usize) -> Result<()> {
    let mut command = Command::new(env::current_exe()?);
    child::run(command.arg(AS_CHILD).args([from, to]).arg(size.to_string())).map(drop)
}

/// Writes `to` with about `size` bytes.
pub(crate) fn to_size(from: &Path, to: &Path, size: usize) -> Result<()> {
    println!("growing {} to {} MB", from.display(), size / 1_000_000);
    let text = fs::read_to_string(from).with_context(|| format!("reading {}", from.display()))?;
    let report: &RawValue = serde_json::from_str(&text)?;
    let pools = pools(report)?;
    let requests: usize = pools.iter().map(Vec::len).sum();
    let bytes: usize = pools.iter().flatten().map(|request| request.get().len()).sum();
    let rest = text.len() - bytes;
    let per_benchmark = (size.saturating_sub(rest) / (bytes / requests)).div_ceil(pools.len());
    let partial = to.with_extension("partial");
    let mut growth = Growth { random: Random::seeded(3), per_benchmark, out: BufWriter::new(File::create(&partial)?) };
    growth.report(report)?;
    growth.out.flush()?;
    Ok(fs::rename(&partial, to)?)
}

/// The successful requests of each benchmark.
fn pools(report: &RawValue) -> Result<Vec<Vec<&RawValue>>> {
    let mut pools = Vec::new();
    for (_, benchmarks) in object(report)?.0.into_iter().filter(|(key, _)| key == "benchmarks") {
        for benchmark in list(benchmarks)? {
            for (_, requests) in object(benchmark)?.0.into_iter().filter(|(key, _)| key == "requests") {
                for (_, successful) in object(requests)?.0.into_iter().filter(|(key, _)| key == "successful") {
                    pools.push(list(successful)?);
                }
            }
        }
    }
    anyhow::ensure!(pools.iter().any(|pool| !pool.is_empty()), "expected a GuideLLM report with successful requests");
    Ok(pools)
}

struct Growth<W> {
    random: Random,
    per_benchmark: usize,
    out: W,
}

impl<W: Write> Growth<W> {
    /// Writes an object, each value by `value`.
    fn object(
        &mut self,
        raw: &RawValue,
        mut value: impl FnMut(&mut Self, &str, &RawValue) -> Result<()>,
    ) -> Result<()> {
        for (index, (key, raw)) in object(raw)?.0.into_iter().enumerate() {
            write!(self.out, "{}{}: ", if index == 0 { "{" } else { ", " }, serde_json::to_string(&key)?)?;
            value(self, &key, raw)?;
        }
        Ok(write!(self.out, "}}")?)
    }

    fn copy(&mut self, raw: &RawValue) -> Result<()> {
        Ok(self.out.write_all(raw.get().as_bytes())?)
    }

    fn report(&mut self, raw: &RawValue) -> Result<()> {
        self.object(raw, |this, key, raw| {
            if key != "benchmarks" {
                return this.copy(raw);
            }
            for (index, benchmark) in list(raw)?.into_iter().enumerate() {
                write!(this.out, "{}", if index == 0 { "[" } else { ", " })?;
                this.benchmark(benchmark)?;
            }
            Ok(write!(this.out, "]")?)
        })
    }

    fn benchmark(&mut self, raw: &RawValue) -> Result<()> {
        self.object(raw, |this, key, raw| match key {
            "metrics" => this
                .object(raw, |this, key, raw| if key == "request_totals" { this.totals(raw) } else { this.copy(raw) }),
            "requests" => {
                this.object(raw, |this, key, raw| if key == "successful" { this.requests(raw) } else { this.copy(raw) })
            }
            _ => this.copy(raw),
        })
    }

    fn totals(&mut self, raw: &RawValue) -> Result<()> {
        let count = |key: &str| -> Result<usize> {
            let found = object(raw)?.0.into_iter().find(|(known, _)| known == key);
            found.map_or(Ok(0), |(_, raw)| Ok(serde_json::from_str(raw.get())?))
        };
        let total = self.per_benchmark + count("errored")? + count("incomplete")?;
        self.object(raw, |this, key, raw| match key {
            "successful" => Ok(write!(this.out, "{}", this.per_benchmark)?),
            "total" => Ok(write!(this.out, "{total}")?),
            _ => this.copy(raw),
        })
    }

    fn requests(&mut self, raw: &RawValue) -> Result<()> {
        let pool = list(raw)?;
        write!(self.out, "[")?;
        for index in 0..if pool.is_empty() { 0 } else { self.per_benchmark } {
            if index > 0 {
                write!(self.out, ", ")?;
            }
            self.request(pool[index % pool.len()])?;
        }
        Ok(write!(self.out, "]")?)
    }

    fn request(&mut self, raw: &RawValue) -> Result<()> {
        let shift = self.random.uniform() * SPREAD_S;
        let factor = 1.0 + VARIATION * self.random.normal();
        let id = format!("\"{:016x}\"", self.random.bits());
        self.object(raw, |this, key, raw| match key {
            "request_id" => Ok(write!(this.out, "{id}")?),
            "info" => this.object(raw, |this, key, raw| match key {
                "request_id" => Ok(write!(this.out, "{id}")?),
                "timings" => this
                    .object(raw, |this, _, raw| this.number(raw, |time| if time > 1e9 { time + shift } else { time })),
                _ => this.copy(raw),
            }),
            _ if TIMES.contains(&key) => this.number(raw, |time| time + shift),
            _ if LATENCIES.contains(&key) => this.number(raw, |value| value * factor),
            _ => this.copy(raw),
        })
    }

    /// A number changed; anything else, such as `null`, as it is.
    fn number(&mut self, raw: &RawValue, change: impl FnOnce(f64) -> f64) -> Result<()> {
        match raw.get().parse::<f64>() {
            Ok(value) if raw.get().contains('.') => Ok(write!(self.out, "{}", change(value))?),
            _ => self.copy(raw),
        }
    }
}
