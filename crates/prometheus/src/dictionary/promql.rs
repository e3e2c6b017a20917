//! PromQL for a quantity, from the names that serve it here.
//!
//! Where several names serve one, they are joined by `a or on (instance, cluster) b`: an instance that shows the first
//! is not asked for the second, so nothing counts twice, whatever their labels and buckets; instances that show only
//! the second still count.

use std::time::Duration;

use headroom_base::duration;

use super::{
    labels,
    matcher::Selector,
    missing::Missing,
    quantity::Quantity,
    resolve::{Resolved, Source},
    row::{Aggregate, DictionaryRow, MetricType, Once},
    together::Together,
};

/// What is made of a gauge over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its mean.
    Mean,
    /// Its largest value.
    Max,
    /// Its smallest value.
    Min,
    /// Its last value.
    Last,
    /// How much it changed, negative when it fell.
    Change,
}

impl Over {
    fn function(self) -> &'static str {
        match self {
            Self::Mean => "avg_over_time",
            Self::Max => "max_over_time",
            Self::Min => "min_over_time",
            Self::Last => "last_over_time",
            Self::Change => "delta",
        }
    }
}

/// What is made of one series.
#[derive(Clone, Copy)]
enum Each {
    Rate(Duration),
    Now,
    Over(Over, Duration),
}

impl Resolved {
    /// The rate of a counter per second, one series a group. `window` should span at least four scrapes.
    ///
    /// # Errors
    /// When nothing serves it here, or it is no counter.
    pub fn rate(
        &self,
        quantity: Quantity,
        selector: &Selector,
        window: Duration,
        by: &[&str],
    ) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Counter], "rate")?;
        Ok(self.grouped(quantity, "", Each::Rate(window), selector, by, quantity.row().across))
    }

    /// The value of a gauge, one series a group.
    ///
    /// # Errors
    /// When nothing serves it here, or it is no gauge.
    pub fn value(&self, quantity: Quantity, selector: &Selector, by: &[&str]) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Gauge, MetricType::Info], "value at a time")?;
        Ok(self.grouped(quantity, "", Each::Now, selector, by, quantity.row().across))
    }

    /// What a gauge was over a window, one series a group: series are first summed up over time, then made one.
    ///
    /// # Errors
    /// When nothing serves it here, or it is no gauge.
    pub fn value_over(
        &self,
        quantity: Quantity,
        over: Over,
        selector: &Selector,
        window: Duration,
        by: &[&str],
    ) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Gauge], "value over time")?;
        Ok(self.grouped(quantity, "", Each::Over(over, window), selector, by, quantity.row().across))
    }

    /// The series themselves, as they are: for labels that carry what is asked, such as the cache configuration.
    ///
    /// # Errors
    /// When nothing serves it here, or it is a histogram.
    pub fn series(&self, quantity: Quantity, selector: &Selector) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Gauge, MetricType::Info, MetricType::Counter], "series of its own")?;
        Ok(self.joined(quantity, "", Each::Now, selector))
    }

    /// The rate of each bucket of a histogram, one series a group and bound, with the label `le`: what a
    /// [`Histogram`](crate::Histogram) is put together from.
    ///
    /// # Errors
    /// When nothing serves it here, or it is no histogram.
    pub fn buckets(
        &self,
        quantity: Quantity,
        selector: &Selector,
        window: Duration,
        by: &[&str],
    ) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Histogram], "buckets")?;
        let by: Vec<&str> = std::iter::once("le").chain(by.iter().copied().filter(|label| *label != "le")).collect();
        Ok(self.grouped(quantity, "_bucket", Each::Rate(window), selector, &by, Aggregate::Sum))
    }

    /// What a histogram's observations add up to per second, one series a group: exact, whatever its buckets are. Over the rate of
    /// the widest bucket it is their mean.
    ///
    /// # Errors
    /// When nothing serves it here, or it is no histogram.
    pub fn total(
        &self,
        quantity: Quantity,
        selector: &Selector,
        window: Duration,
        by: &[&str],
    ) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Histogram], "total")?;
        Ok(self.grouped(quantity, "_sum", Each::Rate(window), selector, by, Aggregate::Sum))
    }

    /// When the first sample in a window was taken, in seconds since 1970-01-01 UTC, one series for what the selectors differ in. It
    /// is looked for once a `step`.
    ///
    /// # Errors
    /// When nothing serves it here, or it is a histogram.
    pub fn first_sample(
        &self,
        quantity: Quantity,
        selectors: &Together,
        window: Duration,
        step: Duration,
    ) -> Result<String, Missing> {
        let series = self.series(quantity, selectors.selector())?;
        let (window, step) = (duration::promql(window), duration::promql(step));
        let labels = selectors.labels();
        let mut first = format!("min_over_time(timestamp({series})[{window}:{step}])");
        for label in &labels {
            first = self.with_our_name(label, first);
        }
        let by = if labels.is_empty() { String::new() } else { format!(" by ({}) ", labels.join(", ")) };
        Ok(format!("min{by}({first})"))
    }

    /// Whether the quantity is there and of a kind that can be asked so.
    fn expect(&self, quantity: Quantity, kinds: &[MetricType], asked: &str) -> Result<(), Missing> {
        if !kinds.contains(&quantity.row().kind) {
            return Err(Missing::of_kind(quantity, asked));
        }
        match self.why_missing(quantity) {
            Some(missing) => Err(missing.clone()),
            None => Ok(()),
        }
    }

    /// `sum by (…) (…)`.
    fn grouped(
        &self,
        quantity: Quantity,
        suffix: &str,
        each: Each,
        selector: &Selector,
        by: &[&str],
        aggregate: Aggregate,
    ) -> String {
        let mut inner = self.joined(quantity, suffix, each, selector);
        for label in by {
            inner = self.with_our_name(label, inner);
        }
        inner = self.once(quantity.row(), inner, by);
        let operator = aggregate.operator();
        if by.is_empty() {
            format!("{operator}({inner})")
        } else {
            format!("{operator} by ({}) ({inner})", by.join(", "))
        }
    }

    /// Copies a label that has another name here to the name that we use.
    fn with_our_name(&self, label: &str, mut inner: String) -> String {
        let names = labels::names(label, |name| self.has_label(name));
        // The name that counts first is copied last.
        for name in names.iter().rev().filter(|name| **name != label) {
            inner = format!("label_replace({inner}, \"{label}\", \"$1\", \"{name}\", \"(.+)\")");
        }
        inner
    }

    /// One series a thing, where several tell of the same.
    fn once(&self, row: &DictionaryRow, inner: String, by: &[&str]) -> String {
        let entries = self.sources(row.quantity).iter().map(|source| source.entry.once);
        let mut without: Vec<&str> = Vec::new();
        for once in entries {
            match once {
                Once::Series => {}
                Once::By(things) => {
                    let labels: Vec<&str> = things
                        .iter()
                        .copied()
                        .chain(by.iter().copied().filter(|label| !things.contains(label)))
                        .collect();
                    return format!("max by ({}) ({inner})", labels.join(", "));
                }
                Once::Without(ranks) => {
                    for rank in ranks {
                        if self.has_label(rank) && !by.contains(rank) && !without.contains(rank) {
                            without.push(rank);
                        }
                    }
                }
            }
        }
        if without.is_empty() { inner } else { format!("max without ({}) ({inner})", without.join(", ")) }
    }

    /// All names of a quantity, no instance by more than one of them.
    fn joined(&self, quantity: Quantity, suffix: &str, each: Each, selector: &Selector) -> String {
        let sources: Vec<String> =
            self.sources(quantity).iter().map(|source| self.of_source(source, suffix, each, selector)).collect();
        let mut text = String::new();
        for (index, source) in sources.iter().enumerate() {
            if index > 0 {
                text.push_str(" or on (instance, cluster) ");
            }
            text.push_str(source);
        }
        text
    }

    /// One name, under every name of the selector's labels.
    fn of_source(&self, source: &Source, suffix: &str, each: Each, selector: &Selector) -> String {
        let entry = source.entry;
        let mut parts = Vec::new();
        for matchers in selector.alternatives(entry.only, |label| self.has_label(label)) {
            let braces = if matchers.is_empty() { String::new() } else { format!("{{{matchers}}}") };
            let series = format!("{}{suffix}{braces}", source.name);
            parts.push(match each {
                Each::Rate(window) => format!("rate({series}[{}])", duration::promql(window)),
                Each::Now => series,
                Each::Over(over, window) => format!("{}({series}[{}])", over.function(), duration::promql(window)),
            });
        }
        let several = parts.len() > 1;
        let mut text = parts.join(" or ");
        if let Some(relabel) = entry.relabel {
            text = format!(
                "label_replace({text}, \"{}\", \"{}\", \"{}\", \"{}\")",
                relabel.to, relabel.replacement, relabel.from, relabel.regex
            );
        }
        let filtered = !entry.valid.is_empty() && matches!(each, Each::Now | Each::Over(..));
        let scaled = entry.scale.to_bits() != 1.0_f64.to_bits();
        if several && entry.relabel.is_none() && (filtered || scaled) {
            text = format!("({text})");
        }
        if filtered {
            text = format!("({text} {})", entry.valid);
        }
        if scaled {
            text = format!("{text} * {}", entry.scale);
        }
        // `or` binds less than anything else, but an `or` within an `or on` does not read well.
        if several || filtered || scaled { format!("({text})") } else { text }
    }
}
