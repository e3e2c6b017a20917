//! Several selectors in one expression, whose answer is split again by selector.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    labels::DIALECTS,
    matcher::{Condition, Selector},
    quantity::Quantity,
    row::{Aggregate, Once},
};
use crate::answer::{Labels, Series};

/// Selectors whose series are requested by one expression.
#[derive(Debug, Clone)]
pub struct Together {
    each: Vec<Selector>,
    /// Selects the series of all selectors, and possibly others.
    all: Selector,
    /// The labels by which the answer is split again.
    labels: Vec<String>,
}

impl Together {
    /// Combines selectors.
    #[must_use]
    pub fn of(each: Vec<Selector>) -> Self {
        let conditions = |label: &str| -> Vec<Option<&Condition>> {
            each.iter().map(|selector| of_label(selector, label)).collect()
        };
        let every: BTreeSet<&str> =
            each.iter().flat_map(Selector::matchers).map(|matcher| matcher.label.as_str()).collect();
        let mut all = Selector::all();
        let mut labels = Vec::new();
        for label in every {
            let conditions = conditions(label);
            if let Some(Some(first)) = conditions.first().copied()
                && conditions.iter().all(|other| *other == Some(first))
                && each.iter().all(|selector| selector.matchers().iter().filter(|one| one.label == label).count() == 1)
            {
                all = all.with(label, first.clone());
                continue;
            }
            labels.push(label.to_owned());
            // A selector without a condition on a label accepts any value of it.
            if conditions.iter().all(Option::is_some) {
                let mut texts: BTreeSet<&str> = BTreeSet::new();
                for condition in conditions.into_iter().flatten() {
                    let own = condition.texts();
                    texts.extend(own.iter().map(String::as_str));
                    if own.is_empty() {
                        texts.insert("");
                    }
                }
                all = all.any_of(label, &texts.into_iter().collect::<Vec<_>>());
            }
        }
        Self { each, all, labels }
    }

    /// Selects the series of all selectors, and possibly others, which [`split`](Self::split) leaves out.
    #[must_use]
    pub fn selector(&self) -> &Selector {
        &self.all
    }

    /// The labels that an aggregation must keep so that its series can be split; empty for a single selector.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        self.labels.iter().map(String::as_str).collect()
    }

    /// The labels that an aggregation of a quantity must keep. For a quantity that is averaged they include the labels
    /// of what is averaged, because a mean of means would be wrong.
    #[must_use]
    pub fn labels_for(&self, quantity: Quantity) -> Vec<&str> {
        let mut labels = self.labels();
        let row = quantity.row();
        if row.across == Aggregate::Mean && !labels.is_empty() {
            let things: BTreeSet<&str> = row
                .names
                .iter()
                .flat_map(|name| match name.once {
                    Once::By(things) => things,
                    Once::Series | Once::Without(_) => &["instance"][..],
                })
                .copied()
                .collect();
            labels.extend(things.into_iter().filter(|thing| !self.labels.iter().any(|label| label == thing)));
        }
        labels
    }

    /// The series of an answer for each selector, in the order of the selectors, and in the order of the answer.
    #[must_use]
    pub fn split(&self, series: &[Series]) -> Vec<Vec<Series>> {
        self.each
            .iter()
            .map(|selector| series.iter().filter(|one| self.is_of(selector, one)).cloned().collect())
            .collect()
    }

    /// The series of an aggregation for each selector, as if it had been requested alone: the groups of a selector are
    /// merged, except for the labels in `keep` (`le`).
    #[must_use]
    pub fn split_aggregated(&self, series: &[Series], aggregate: Aggregate, keep: &[&str]) -> Vec<Vec<Series>> {
        if self.labels.is_empty() {
            return vec![series.to_vec(); self.each.len()];
        }
        self.each
            .iter()
            .map(|selector| {
                let mut groups: BTreeMap<Labels, Vec<&Series>> = BTreeMap::new();
                for one in series.iter().filter(|one| self.is_of(selector, one)) {
                    let labels = one.labels.iter().filter(|(name, _)| keep.contains(&name.as_str())).cloned().collect();
                    groups.entry(labels).or_default().push(one);
                }
                groups.into_iter().map(|(labels, group)| together(labels, &group, aggregate)).collect()
            })
            .collect()
    }

    fn is_of(&self, selector: &Selector, series: &Series) -> bool {
        let told_apart = selector.matchers().iter().filter(|matcher| self.labels.contains(&matcher.label));
        told_apart.into_iter().all(|matcher| matcher.condition.holds(value(series, &matcher.label)))
    }
}

/// The first condition of a selector on a label.
fn of_label<'a>(selector: &'a Selector, label: &str) -> Option<&'a Condition> {
    selector.matchers().iter().find(|matcher| matcher.label == label).map(|matcher| &matcher.condition)
}

/// The value of a label, under any of its names; empty if the series has none.
fn value<'a>(series: &'a Series, label: &str) -> &'a str {
    let dialect = DIALECTS.iter().find(|dialect| dialect.label == label);
    let names = dialect.map_or(&[][..], |dialect| dialect.names).iter().copied().chain([label]);
    names.filter_map(|name| series.label(name)).find(|value| !value.is_empty()).unwrap_or_default()
}

/// Merges series into one, time by time. `NaN` is treated as in PromQL's operators.
fn together(labels: Labels, group: &[&Series], aggregate: Aggregate) -> Series {
    if let [one] = group {
        return Series { labels, timestamps_ms: one.timestamps_ms.clone(), values: one.values.clone() };
    }
    let mut at: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for series in group {
        for (at_ms, value) in series.timestamps_ms.iter().zip(&series.values) {
            let (so_far, count) = at.entry(*at_ms).or_insert((*value, 0));
            if *count > 0 {
                *so_far = match aggregate {
                    Aggregate::Sum | Aggregate::Mean => *so_far + value,
                    // As in PromQL, any number wins over `NaN`, in either direction.
                    Aggregate::Max => so_far.max(*value),
                    Aggregate::Min => so_far.min(*value),
                };
            }
            *count += 1;
        }
    }
    let mut series = Series { labels, ..Series::default() };
    for (at_ms, (value, count)) in at {
        series.timestamps_ms.push(at_ms);
        series.values.push(if aggregate == Aggregate::Mean { value / count as f64 } else { value });
    }
    series
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chat(namespace: &str) -> Selector {
        Selector::all().equal("model_name", "chat").equal("namespace", namespace)
    }

    #[track_caller]
    fn check(each: &[Selector], all: &str, labels: &[&str]) -> Together {
        let together = Together::of(each.to_vec());
        assert_eq!((together.selector().to_string().as_str(), together.labels().as_slice()), (all, labels));
        together
    }

    #[test]
    fn selectors_are_put_together_by_what_they_differ_in() {
        check(&[chat("a")], r#"{model_name="chat",namespace="a"}"#, &[]);
        check(&[chat("a"), chat("a")], r#"{model_name="chat",namespace="a"}"#, &[]);
        check(&[chat("b"), chat("a")], r#"{model_name="chat",namespace=~"a|b"}"#, &["namespace"]);
        // One selector accepts any namespace, so the combined one must not exclude any.
        let any = Selector::all().equal("model_name", "chat");
        check(&[chat("a"), any], r#"{model_name="chat"}"#, &["namespace"]);
        let instances = |names: &[&str]| Selector::all().any_of("instance", names);
        check(&[instances(&["i1", "i2"]), instances(&[])], r#"{instance=~"|i1|i2"}"#, &["instance"]);
        check(&[], "{}", &[]);
    }

    fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Series {
        Series {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            timestamps_ms: samples.iter().map(|sample| sample.0).collect(),
            values: samples.iter().map(|sample| sample.1).collect(),
        }
    }

    #[test]
    fn an_answer_is_told_apart_by_any_name_of_a_label() {
        let together = Together::of(vec![chat("a"), chat("b"), Selector::all().equal("model_name", "chat")]);
        let answer = [
            series(&[("exported_namespace", "a"), ("namespace", "monitoring")], &[(0, 1.0)]),
            series(&[("namespace", "b")], &[(0, 2.0)]),
            series(&[("namespace", "c")], &[(5, 4.0)]),
        ];
        let values: Vec<Vec<f64>> =
            together.split(&answer).iter().map(|own| own.iter().flat_map(|one| one.values.clone()).collect()).collect();
        assert_eq!(values, [vec![1.0], vec![2.0], vec![1.0, 2.0, 4.0]]);
        let sums = together.split_aggregated(&answer, Aggregate::Sum, &[]);
        assert_eq!(sums[2], [series(&[], &[(0, 3.0), (5, 4.0)])]);
        let means = together.split_aggregated(&answer, Aggregate::Mean, &[]);
        assert_eq!(means[2], [series(&[], &[(0, 1.5), (5, 4.0)])]);
        let highest = together.split_aggregated(&answer, Aggregate::Max, &[]);
        assert_eq!(highest[2], [series(&[], &[(0, 2.0), (5, 4.0)])]);
    }

    #[test]
    fn what_is_averaged_is_named_where_there_is_something_to_tell_apart() {
        let check = |each: Vec<Selector>, quantity, expected: &[&str]| {
            assert_eq!(Together::of(each).labels_for(quantity), expected);
        };
        check(vec![chat("a")], Quantity::GpuUse, &[]);
        check(vec![chat("a"), chat("b")], Quantity::Running, &["namespace"]);
        check(vec![chat("a"), chat("b")], Quantity::PrefixCacheHitRatio, &["namespace", "instance"]);
        assert!(Together::of(vec![chat("a"), chat("b")]).labels_for(Quantity::GpuUse).len() > 1);
    }

    proptest! {
        /// Combining selectors and splitting the answer gives the same as requesting each alone.
        #[test]
        fn every_selector_gets_its_own(
            picks in prop::collection::vec((0_usize..4, prop::option::of(0_usize..3)), 1..6),
            numbers in prop::collection::vec((0_usize..4, 0_usize..3, 0_i64..4, -5_i32..5), 0..40),
        ) {
            let names = ["", "a", "b", "c"];
            let each: Vec<Selector> = picks
                .iter()
                .map(|(model, space)| {
                    let selector = Selector::all().equal("model_name", names[*model]);
                    match space {
                        Some(space) => selector.any_of("team", &names[1..=*space]),
                        None => selector,
                    }
                })
                .collect();
            let mut grouped: BTreeMap<(usize, usize), BTreeMap<i64, f64>> = BTreeMap::new();
            for (model, team, at, value) in numbers {
                grouped.entry((model, team)).or_default().insert(at, f64::from(value));
            }
            let answer: Vec<Series> = grouped
                .iter()
                .map(|((model, team), samples)| {
                    let samples: Vec<(i64, f64)> = samples.iter().map(|(at, value)| (*at, *value)).collect();
                    series(&[("model_name", names[*model]), ("team", names[*team])], &samples)
                })
                .collect();
            let together = Together::of(each.clone());
            // The server's answer to the combined expression.
            let kept: Vec<Series> = answer
                .iter()
                .filter(|one| {
                    let holds = |matcher: &super::super::Matcher| matcher.condition.holds(value(one, &matcher.label));
                    together.selector().matchers().iter().all(holds)
                })
                .cloned()
                .collect();
            for (selector, found) in each.iter().zip(together.split(&kept)) {
                let holds = |one: &Series| {
                    selector.matchers().iter().all(|matcher| matcher.condition.holds(value(one, &matcher.label)))
                };
                let expected: Vec<Series> = answer.iter().filter(|one| holds(one)).cloned().collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
