//! What the server says of itself while a level is measured, and the file beside the report that keeps it.

use std::time::Duration;

use anyhow::Result;
use headroom_base::calendar;
use headroom_prometheus::dictionary::Quantity;
use headroom_prometheus::{Auth, Client, Config, Page, Tls, shown_address};
use serde::{Deserialize, Serialize};

use crate::arguments::Bench;

/// From which share of tokens found in the prefix cache on latencies are those of a warm cache.
const WARM: f64 = 0.1;

/// A file beside a report: what the server said of itself meanwhile. `docs/benchmark.md` has its form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) server_evidence: About,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) version: u32,
    /// Who wrote it.
    pub(crate) by: String,
    /// Where the server shows its metrics; `null` where it was not asked.
    pub(crate) target: Option<String>,
    /// What the level took on the clock, with the tool's start, seconds.
    pub(crate) took_s: f64,
}

/// One look at the server: its engines together. What it does not show is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) at_ms: i64,
    pub(crate) phase: Phase,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) running: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kv_cache_use: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prefix_cache_queries: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prefix_cache_hits: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preemptions: Option<f64>,
}

/// When a sample was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Before,
    #[default]
    During,
    After,
}

/// A server that is looked at.
pub(crate) struct Watch {
    client: Client,
    page: String,
    shown: String,
    samples: Vec<Sample>,
    /// Why the last look failed.
    trouble: Option<String>,
    /// Whether that was told.
    told: bool,
}

impl Watch {
    /// Prepares to look at the server; `None` where nobody wants that.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(crate) fn new(request: &Bench) -> Result<Option<Self>> {
        let Some(url) = &request.metrics else { return Ok(None) };
        let (base, page) = match url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).rsplit_once('/') {
            Some((_, page)) if !page.is_empty() => (&url[..url.len() - page.len()], page),
            _ => (url.as_str(), "metrics"),
        };
        let mut config = Config::new(base);
        config.timeout = Duration::from_secs(2);
        config.connect_timeout = Duration::from_secs(1);
        config.retries = 0;
        config.tls = Tls { skip_verify: request.insecure, ..Tls::default() };
        if let Some(key) = request.key.as_ref().filter(|_| is_of_server(url, &request.target)) {
            config.auth = Auth::Bearer(key.clone());
        }
        let client = Client::new(&config)?;
        Ok(Some(Self {
            client,
            page: page.to_owned(),
            shown: shown_address(url),
            samples: Vec::new(),
            trouble: None,
            told: false,
        }))
    }

    /// Looks once.
    pub(crate) async fn look(&mut self, phase: Phase) {
        let at_ms = calendar::now_ms();
        match self.client.page(&self.page).await {
            Ok(text) => {
                let page = Page::read(&text);
                let sample = Sample {
                    at_ms,
                    phase,
                    running: page.value(Quantity::Running),
                    waiting: page.value(Quantity::Waiting),
                    kv_cache_use: page.value(Quantity::KvUse),
                    prefix_cache_queries: page.value(Quantity::PrefixCacheQueries),
                    prefix_cache_hits: page.value(Quantity::PrefixCacheHits),
                    preemptions: page.value(Quantity::Preemptions),
                };
                self.trouble = (sample.running.is_none() && sample.waiting.is_none())
                    .then(|| format!("{} shows no requests under any name that is known.", self.shown));
                self.samples.push(sample);
            }
            // What follows the first sentence is advice for those who look for a Prometheus.
            Err(error) => {
                let text = error.to_string();
                let first = text.split_once(". ").map_or(text.as_str(), |(first, _)| first);
                self.trouble = Some(format!("{}.", first.trim_end_matches('.')));
            }
        }
    }

    /// Why looking fails, the first time that it is asked for.
    pub(crate) fn new_trouble(&mut self) -> Option<String> {
        let trouble = self.trouble.clone().filter(|_| !self.told)?;
        self.told = true;
        Some(trouble)
    }

    /// The last look.
    pub(crate) fn last(&self) -> Option<&Sample> {
        self.samples.last()
    }

    /// Where it looks.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Everything seen since the last call.
    pub(crate) fn take(&mut self) -> Vec<Sample> {
        std::mem::take(&mut self.samples)
    }
}

/// Whether a page is one of the server at `target`: the key belongs to that server and to no other. `http://m:80` is not the
/// server of `http://m:8000/metrics`, and `http://m` not that of `http://m.example.com`.
fn is_of_server(url: &str, target: &str) -> bool {
    url.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
}

/// The file beside a report.
pub(crate) fn evidence(target: Option<&str>, took_s: f64, samples: Vec<Sample>) -> Evidence {
    let by = concat!("headroom ", env!("CARGO_PKG_VERSION")).to_owned();
    Evidence { server_evidence: About { version: 1, by, target: target.map(str::to_owned), took_s }, samples }
}

/// The share of looked-up prompt tokens that the prefix cache had, where it is so large that latencies are too good for
/// prompts that nobody asked before.
pub(crate) fn warm(samples: &[Sample]) -> Option<f64> {
    let first = samples.first()?;
    let last = samples.last()?;
    let queries = last.prefix_cache_queries? - first.prefix_cache_queries?;
    let hits = last.prefix_cache_hits? - first.prefix_cache_hits.unwrap_or(0.0);
    Some(hits / queries).filter(|share| queries > 0.0 && *share > WARM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_the_server_that_is_measured() {
        for (url, expected) in [
            ("http://m:80/metrics", true),
            ("http://m:80/a/metrics", true),
            ("http://m:8000/metrics", false),
            ("http://m:80.example.com/metrics", false),
            ("https://m:80/metrics", false),
            ("http://other/metrics", false),
        ] {
            assert_eq!(is_of_server(url, "http://m:80"), expected, "{url}");
        }
    }

    #[test]
    fn a_warm_cache_is_told_by_what_was_found_meanwhile() {
        let sample = |queries: f64, hits: Option<f64>| Sample {
            prefix_cache_queries: Some(queries),
            prefix_cache_hits: hits,
            ..Sample::default()
        };
        for (first, last, expected) in [
            (sample(1000.0, Some(900.0)), sample(2000.0, Some(1400.0)), Some(0.5)),
            // Hits of before do not count.
            (sample(1000.0, Some(900.0)), sample(2000.0, Some(950.0)), None),
            // SGLang shows hits from the first one on.
            (sample(1000.0, None), sample(2000.0, Some(300.0)), Some(0.3)),
            (sample(1000.0, None), sample(2000.0, None), None),
            (sample(1000.0, Some(0.0)), sample(1000.0, Some(0.0)), None),
        ] {
            assert_eq!(warm(&[first, last]), expected);
        }
    }
}
