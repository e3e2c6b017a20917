//! Every expression parses, and every metric in it is one that the dictionary knows.

use std::collections::BTreeSet;

use headroom_backend::usage::METRICS;
use headroom_dashboards::{dashboards, list, replaced};
use headroom_prometheus::dictionary::{MetricType, Server, rows};
use promql_parser::parser::{Expr, parse};

/// Series that recording rules of the shipped manifest make.
const RECORDED: &str = "headroom:";

/// Every name that a metric of the dictionary can have in PromQL, with the marks that its kind adds.
pub(super) fn known() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for row in rows() {
        for name in row.names {
            let whole = match name.server.stem() {
                Some((stem, mark)) => format!("{stem}{mark}{}", name.base),
                None => name.base.to_owned(),
            };
            match row.kind {
                MetricType::Histogram => names.extend(["_bucket", "_sum", "_count"].map(|end| format!("{whole}{end}"))),
                MetricType::Counter | MetricType::Gauge | MetricType::Info => {
                    names.insert(whole);
                }
            }
        }
    }
    names.extend(own());
    names
}

/// Every name that a metric of the plugin itself has in PromQL.
pub(super) fn own() -> BTreeSet<String> {
    let ends = |kind: &str| match kind {
        "histogram" => &["_bucket", "_sum", "_count"][..],
        "summary" => &["_sum", "_count"],
        _ => &[""],
    };
    METRICS.iter().flat_map(|one| ends(one.kind).iter().map(|end| format!("{}{end}", one.name))).collect()
}

/// The metrics of an expression.
///
/// # Panics
/// When it does not parse.
pub(super) fn metrics(expression: &str) -> BTreeSet<String> {
    // Only the data source knows the step; any duration has the same grammar.
    let timed = expression.replace("$__rate_interval", "5m").replace("$__interval", "1m").replace("$__range", "1h");
    let parsed = parse(&timed).unwrap_or_else(|error| panic!("{timed}\n{error}"));
    let mut found = BTreeSet::new();
    collect(&parsed, &mut found);
    found
}

fn collect(expression: &Expr, found: &mut BTreeSet<String>) {
    match expression {
        Expr::Aggregate(one) => {
            collect(&one.expr, found);
            if let Some(parameter) = &one.param {
                collect(parameter, found);
            }
        }
        Expr::Unary(one) => collect(&one.expr, found),
        Expr::Binary(one) => {
            collect(&one.lhs, found);
            collect(&one.rhs, found);
        }
        Expr::Paren(one) => collect(&one.expr, found),
        Expr::Subquery(one) => collect(&one.expr, found),
        Expr::VectorSelector(one) => found.extend(one.name.clone()),
        Expr::MatrixSelector(one) => found.extend(one.vs.name.clone()),
        Expr::Call(one) => one.args.args.iter().for_each(|argument| collect(argument, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

/// The numbers that an expression compares with, in ascending order.
pub(super) fn bounds(expression: &str) -> Vec<f64> {
    fn collect(expression: &Expr, found: &mut Vec<f64>) {
        match expression {
            Expr::Paren(one) => collect(&one.expr, found),
            Expr::Binary(one) => {
                collect(&one.lhs, found);
                match &*one.rhs {
                    Expr::NumberLiteral(number) if one.op.is_comparison_operator() => found.push(number.val),
                    other => collect(other, found),
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&parse(expression).unwrap(), &mut found);
    found.sort_by(f64::total_cmp);
    found
}

/// Checks one expression of `place`.
pub(super) fn check(place: &str, expression: &str) {
    let known = known();
    let found = metrics(expression);
    for metric in &found {
        assert!(
            known.contains(metric) || metric.starts_with(RECORDED),
            "{place}: {metric} is not in the dictionary, in {expression}"
        );
    }
}

#[test]
fn every_expression_of_a_dashboard_parses_and_asks_for_known_metrics() {
    let mut expressions = 0;
    for one in dashboards() {
        for panel in one.panels() {
            for query in list(&panel["targets"]) {
                if let Some(expression) = query["expr"].as_str() {
                    check(&format!("{}: {}", one.file, panel["title"]), &replaced(expression));
                    expressions += 1;
                }
            }
        }
    }
    assert!(expressions > 25, "{expressions} expressions");
}

#[test]
fn what_is_wrong_is_found() {
    assert_eq!(
        metrics("sum(rate(vllm:no_such_total[5m])) / up"),
        ["up", "vllm:no_such_total"].map(str::to_owned).into()
    );
    assert!(!known().contains("vllm:no_such_total") && known().contains("vllm:e2e_request_latency_seconds_bucket"));
    assert!(parse("sum(rate(x[5m])").is_err());
    assert!(Server::ALL.len() > 3);
}
