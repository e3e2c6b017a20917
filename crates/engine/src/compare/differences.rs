//! What differs between two runs besides their numbers.

use crate::display;
use crate::run::{Known, Run};
use crate::workload::{SAME_LENGTH, same_length};

/// One factor on which two runs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The factor, for example `quantization`.
    pub factor: &'static str,
    /// Its value in A; `unknown` where not stated.
    pub a: String,
    /// Its value in B.
    pub b: String,
    /// Whether both values are known. If not, the factor may or may not differ.
    pub certain: bool,
}

/// The factors in which two runs are compared, in the order in which they are reported.
pub const FACTORS: [&str; 13] = [
    "model",
    "quantization",
    "hardware",
    "gpus",
    "tensor parallel",
    "engine",
    "tool",
    "tool version",
    "workload",
    "prompt tokens",
    "output tokens",
    "load model",
    "levels",
];

/// Every factor in which the runs differ or may differ. A factor that neither run states is left out, because nothing
/// can be said about it; see [`unstated`].
#[must_use]
pub fn differences(a: &Run, b: &Run) -> Vec<Difference> {
    factors(a, b)
        .filter(|(_, a, b)| a != b)
        .map(|(factor, a, b)| Difference {
            factor,
            certain: a.is_some() && b.is_some(),
            a: a.unwrap_or_else(|| display::UNKNOWN.into()),
            b: b.unwrap_or_else(|| display::UNKNOWN.into()),
        })
        .collect()
}

/// The factors that neither run states, so that it is unknown whether they are equal.
#[must_use]
pub fn unstated(a: &Run, b: &Run) -> Vec<&'static str> {
    // Mean lengths that agree come as `None` from `factors`, as unknown ones do. They are not unstated.
    let known = |factor: &str| match factor {
        "prompt tokens" => a.workload.prompt_tokens.is_some(),
        "output tokens" => a.workload.output_tokens.is_some(),
        // Mean lengths describe the workload if the data set has no name.
        "workload" => a.workload.prompt_tokens.is_some() && a.workload.output_tokens.is_some(),
        _ => false,
    };
    let unstated = factors(a, b).filter(|(factor, a, b)| a.is_none() && b.is_none() && !known(factor));
    unstated.map(|(factor, ..)| factor).collect()
}

/// Each of [`FACTORS`] with its value in both runs; `None` if it is not stated, and for mean lengths that agree.
fn factors(a: &Run, b: &Run) -> impl Iterator<Item = (&'static str, Option<String>, Option<String>)> + use<> {
    let text = |known: &Option<Known<String>>| known.as_ref().map(|known| known.value.trim().to_lowercase());
    let number = |known: &Option<Known<u32>>| known.as_ref().map(|known| known.value.to_string());
    let length = |value: Option<f64>, other: Option<f64>| match same_length(value, other, SAME_LENGTH) {
        Some(true) => None,
        _ => value.map(display::number),
    };
    let tool = |run: &Run| Some(run.provenance.tool.to_lowercase()).filter(|tool| !tool.is_empty());
    let levels = |run: &Run| {
        let loads: Vec<String> = run.levels.iter().map(|level| display::load(level.load)).collect();
        Some(loads.join(", ")).filter(|loads| !loads.is_empty())
    };
    let load_model = |run: &Run| {
        Some(match run.load_model {
            crate::run::LoadModel::Closed => "closed".to_owned(),
            crate::run::LoadModel::Open(arrivals) => format!("open, {arrivals:?}").to_lowercase(),
        })
    };
    let (da, db, wa, wb) = (&a.deployment, &b.deployment, &a.workload, &b.workload);
    let values: [_; FACTORS.len()] = [
        (text(&da.model), text(&db.model)),
        (text(&da.quantization), text(&db.quantization)),
        (text(&da.hardware), text(&db.hardware)),
        (number(&da.gpus), number(&db.gpus)),
        (number(&da.tensor_parallel), number(&db.tensor_parallel)),
        (text(&da.engine), text(&db.engine)),
        (tool(a), tool(b)),
        (a.provenance.tool_version.clone(), b.provenance.tool_version.clone()),
        (wa.shape.clone(), wb.shape.clone()),
        (length(wa.prompt_tokens, wb.prompt_tokens), length(wb.prompt_tokens, wa.prompt_tokens)),
        (length(wa.output_tokens, wb.output_tokens), length(wb.output_tokens, wa.output_tokens)),
        (load_model(a), load_model(b)),
        (levels(a), levels(b)),
    ];
    FACTORS.into_iter().zip(values).map(|(factor, (a, b))| (factor, a, b))
}

/// A warning that nobody measured quality, if two different quantizations are compared; `None` if they are equal or one
/// is unknown. A load test measures how fast answers come and does not read them, so a lower cost says nothing about
/// their quality.
#[must_use]
pub fn unmeasured_quality(a: Option<&str>, b: Option<&str>) -> Option<String> {
    let [a, b] = [a?.trim_ascii(), b?.trim_ascii()];
    (!a.eq_ignore_ascii_case(b)).then(|| {
        format!(
            "Quality was not measured: a load test does not say whether answers in {b} are as good as those in {a}. Evaluate \
             both before choosing by cost."
        )
    })
}

/// A warning if the runs differ in more than `factor`, which the comparison is about: then it is unknown how much of
/// the effect is due to it. `None` if it is the only difference.
#[must_use]
pub fn confounders(differences: &[Difference], factor: &str) -> Option<String> {
    let others: Vec<String> = differences
        .iter()
        .filter(|difference| difference.factor != factor)
        .map(|difference| format!("{} ({} against {})", difference.factor, difference.a, difference.b))
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "The runs differ in more than {factor}: {}. How much of the effect is due to {factor} is not known. Measure \
             again with only {factor} changed.",
            others.join("; ")
        )
    })
}
