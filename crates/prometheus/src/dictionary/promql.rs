//! PromQL for a quantity, from the names that provide it here.
//!
//! If several names provide a quantity, they are joined by `a or on (instance, cluster) b`. The second name is not used
//! for an instance that has the first one, so nothing is counted twice, whatever their labels and buckets. Instances
//! with only the second name still count.

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

/// What to compute from a gauge over a window.
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
    /// Its change, negative if it fell.
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

/// What to compute from each series.
#[derive(Clone, Copy)]
enum Each {
    Rate(Duration),
    Now,
    Over(Over, Duration),
}

impl Resolved {
    /// The rate of a counter per second, one series per group. `window` should cover at least four scrapes.
    ///
    /// # Errors
    /// If nothing provides it here, or it is not a counter.
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

    /// The value of a gauge, one series per group.
    ///
    /// # Errors
    /// If nothing provides it here, or it is not a gauge.
    pub fn value(&self, quantity: Quantity, selector: &Selector, by: &[&str]) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Gauge, MetricType::Info], "value at a time")?;
        Ok(self.grouped(quantity, "", Each::Now, selector, by, quantity.row().across))
    }

    /// A gauge over a window, one series per group: each series is first reduced over time, then the series are
    /// aggregated.
    ///
    /// # Errors
    /// If nothing provides it here, or it is not a gauge.
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

    /// The unaggregated series, for labels that carry the information, such as the cache configuration.
    ///
    /// # Errors
    /// If nothing provides it here, or it is a histogram.
    pub fn series(&self, quantity: Quantity, selector: &Selector) -> Result<String, Missing> {
        self.expect(quantity, &[MetricType::Gauge, MetricType::Info, MetricType::Counter], "series of its own")?;
        Ok(self.joined(quantity, "", Each::Now, selector))
    }

    /// The rate of each bucket of a histogram, one series per group and bound, with the label `le`. A
    /// [`Histogram`](crate::Histogram) is built from them.
    ///
    /// # Errors
    /// If nothing provides it here, or it is not a histogram.
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

    /// The sum of a histogram's observations per second, one series per group: exact, whatever its buckets. Divided by
    /// the rate of the widest bucket it is their mean.
    ///
    /// # Errors
    /// If nothing provides it here, or it is not a histogram.
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

    /// The time of the first sample in a window, in seconds since 1970-01-01 UTC, one series for each combination of
    /// the labels that tell the selectors apart. It is searched for in steps of `step`.
    ///
    /// # Errors
    /// If nothing provides it here, or it is a histogram.
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

    /// An error unless the quantity exists and has one of these kinds.
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

    /// Copies a label with another name here to our name for it.
    fn with_our_name(&self, label: &str, mut inner: String) -> String {
        let names = labels::names(label, |name| self.has_label(name));
        // The name with precedence is copied last.
        for name in names.iter().rev().filter(|name| **name != label) {
            inner = format!("label_replace({inner}, \"{label}\", \"$1\", \"{name}\", \"(.+)\")");
        }
        inner
    }

    /// Reduces several series of the same thing to one.
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

    /// All names of a quantity, joined so that each instance counts by only one of them.
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

    /// The series of one name, under all names of the selector's labels.
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
        // Not needed, because `or` has the lowest precedence, but an `or` within an `or on` is hard to read.
        if several || filtered || scaled { format!("({text})") } else { text }
    }
}
