//! Whether two runs had the same workload. Only this module decides that.
//!
//! What a request costs a server depends on how many tokens it reads and writes. So the mean lengths decide if both
//! sides know them. The name of a data set decides only if they do not: two tools may give the same synthetic workload
//! two names, and some call all of theirs `random`. An unknown workload equals no other.

use crate::display;
use crate::run::{Run, Workload};

/// Two benchmarks have the same workload if their mean lengths differ by no more than this factor. People set the
/// lengths of a benchmark, and those of one synthetic workload scatter by a few per cent from run to run and from
/// tokenizer to tokenizer; a tenth is more than that.
pub const SAME_LENGTH: f64 = 1.1;

/// The factor for production against a benchmark. Lengths in production vary by the hour, and nobody sets them. The
/// question differs, too: not whether two figures may be divided by each other, but whether the measured curve still
/// applies to this traffic. Prefill time and cache use grow with length, and a quarter more is about the difference
/// between two levels of a sweep.
pub const SAME_LENGTH_IN_PRODUCTION: f64 = 1.25;

/// Whether two mean lengths, in tokens, are equal within `factor` (at least 1); `None` if one is unknown.
#[must_use]
pub fn same_length(a: Option<f64>, b: Option<f64>, factor: f64) -> Option<bool> {
    let known = |length: Option<f64>| length.filter(|length| *length > 0.0 && length.is_finite());
    let (a, b) = (known(a)?, known(b)?);
    Some(a <= b * factor && b <= a * factor)
}

/// Whether two benchmarks had the same workload.
#[must_use]
pub fn is_same(a: &Workload, b: &Workload) -> bool {
    let prompt = same_length(a.prompt_tokens, b.prompt_tokens, SAME_LENGTH);
    let output = same_length(a.output_tokens, b.output_tokens, SAME_LENGTH);
    match (prompt, output) {
        (Some(prompt), Some(output)) => prompt && output,
        // One length that differs is enough to tell them apart; one that agrees is not enough to call them the same.
        (Some(false), None) | (None, Some(false)) => false,
        _ => a.shape.is_some() && a.shape == b.shape,
    }
}

/// Mean lengths that differ by more than this factor, and by more than chance explains, are different work. On the same
/// server longer answers give more tokens and fewer requests for the same money, and that difference would be
/// attributed to the server.
pub const SAME_WORK: f64 = 1.05;

/// Whether two benchmarks did the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// Their prompts and their answers are equally long.
    Same,
    /// The prompts or the answers of one are longer, by more than [`SAME_WORK`] and two standard errors.
    Differs,
    /// A length is unknown.
    Unknown,
}

impl Work {
    /// What it makes of a ratio, for whoever decides by it; `None` where it was the same work.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Same => None,
            Self::Differs => Some("It is not the same work: their requests differ in length."),
            Self::Unknown => {
                Some("Whether it is the same work is not known: a report does not say how long its requests are.")
            }
        }
    }
}

/// Whether two workloads were the same work, each with the standard error of its mean output length where that is known.
#[must_use]
pub fn work(a: (&Workload, Option<f64>), b: (&Workload, Option<f64>)) -> Work {
    /// A difference of more than this many standard errors is not chance.
    const ERRORS: f64 = 2.0;
    let ((a, error_a), (b, error_b)) = (a, b);
    let prompt = same_length(a.prompt_tokens, b.prompt_tokens, SAME_WORK);
    let output = same_length(a.output_tokens, b.output_tokens, SAME_WORK).map(|same| {
        let off = a.output_tokens.unwrap_or_default() - b.output_tokens.unwrap_or_default();
        let [error_a, error_b] = [error_a, error_b].map(Option::unwrap_or_default);
        same || off.abs() <= ERRORS * (error_a * error_a + error_b * error_b).sqrt()
    });
    match (prompt, output) {
        (Some(false), _) | (_, Some(false)) => Work::Differs,
        (Some(true), Some(true)) => Work::Same,
        _ if a.shape.is_some() && a.shape == b.shape => Work::Same,
        _ => Work::Unknown,
    }
}

/// The standard error of the mean output length of a run's requests, tokens; `None` if their lengths are unknown.
#[must_use]
pub fn output_tokens_error(run: &Run) -> Option<f64> {
    let lengths = run.levels.iter().map(|level| level.samples.as_ref().map(|samples| &samples.output_tokens));
    let known: Vec<f64> = lengths.collect::<Option<Vec<_>>>()?.into_iter().flatten().copied().collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let squares = known.iter().map(|length| (length - mean) * (length - mean)).sum::<f64>();
    Some((squares / (n - 1.0) / n).sqrt()).filter(|error| error.is_finite())
}

/// A workload's mean lengths, for example `128 in / 64 out`; `None` if one is unknown.
#[must_use]
pub fn lengths(workload: &Workload) -> Option<String> {
    let (prompt, output) = (workload.prompt_tokens?, workload.output_tokens?);
    Some(format!("{} in / {} out", display::number(prompt.round()), display::number(output.round())))
}

/// Why the figures of a benchmark cannot be divided by those of another one: `asked 128 in / 64 out against 1,024 in / 64 out`.
#[must_use]
pub fn not_comparable(of: &Workload, against: &Workload) -> String {
    let [of, against] = [of, against]
        .map(|asked| lengths(asked).or_else(|| asked.shape.clone()).unwrap_or_else(|| "unknown lengths".to_owned()));
    format!("asked {of} against {against}")
}

/// What a run was asked, as a person is told: the data set's name, else the mean lengths, else that neither is known.
#[must_use]
pub fn label(run: &Run) -> String {
    let workload = &run.workload;
    workload.shape.clone().or_else(|| lengths(workload)).unwrap_or_else(|| format!("unknown shape of {}", run.id))
}

/// A run's workload and load model, for example `128 in / 64 out · closed loop`.
#[must_use]
pub fn question(run: &Run) -> String {
    format!("{} · {} loop", label(run), run.load_model.name())
}

/// Whether two runs had the same workload and load model, so that their numbers may be compared.
#[must_use]
pub fn is_same_question(a: &Run, b: &Run) -> bool {
    a.load_model.name() == b.load_model.name() && is_same(&a.workload, &b.workload)
}

/// A group number for each item, counted from zero in the order of the groups' first items. Items in a group are like
/// its first item.
#[must_use]
pub fn groups<T>(items: &[T], alike: impl Fn(&T, &T) -> bool) -> Vec<usize> {
    let mut first: Vec<&T> = Vec::new();
    items
        .iter()
        .map(|item| {
            first.iter().position(|other| alike(item, other)).unwrap_or_else(|| {
                first.push(item);
                first.len() - 1
            })
        })
        .collect()
}
