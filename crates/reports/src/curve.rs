//! Arranges levels as a curve: one load model, ascending, each load once.

use headroom_engine::level::Level;
use headroom_engine::run::{Deployment, LoadModel, OffCurve, Provenance, Run, Workload};

use crate::problem::{Code, Problem, Problems};

/// A run without levels.
pub(crate) fn empty_run(load_model: LoadModel) -> Run {
    Run {
        id: String::new(),
        provenance: Provenance::default(),
        deployment: Deployment::default(),
        workload: Workload::default(),
        load_model,
        levels: Vec::new(),
        off_curve: Vec::new(),
    }
}

/// A level before it is put on a curve, with the tool's name for its strategy and its place in the report.
pub(crate) struct Placed {
    pub(crate) strategy: &'static str,
    pub(crate) path: String,
    pub(crate) level: Level,
}

/// Puts levels into a run, ascending. Of levels with the same load, the one with the most successful requests stays on
/// the curve (the first of equals), because it is known best. The others are kept off the curve, and a problem says so:
/// a curve has one value at a load, and pooling two windows would give quantiles that nobody measured.
pub(crate) fn place(run: &mut Run, mut levels: Vec<Placed>, source: &str, problems: &mut Problems) {
    levels.sort_by(|a, b| a.level.load.total_cmp(&b.level.load).then(b.level.requests.ok.cmp(&a.level.requests.ok)));
    for placed in levels {
        let Placed { strategy, path, level } = placed;
        match run.levels.last() {
            Some(kept) if kept.load.total_cmp(&level.load).is_eq() => {
                problems.push(Problem {
                    source: source.to_owned(),
                    code: Code::DuplicateLoad,
                    path: Some(path),
                    message: format!(
                        "expected each load once; {} {} was measured again. The measurement with {} successful requests \
                         is on the curve, this one with {} is kept beside it: compare them as two runs instead.",
                        level.load,
                        run.load_model.unit(),
                        kept.requests.ok,
                        level.requests.ok
                    ),
                });
                run.off_curve.push(OffCurve { strategy: format!("{strategy} (same load again)"), level });
            }
            _ => run.levels.push(level),
        }
    }
}

/// The workload of the levels: mean tokens, weighted by the number of successful requests.
pub(crate) fn workload(levels: &[Level], shape: Option<String>) -> Workload {
    let mean = |tokens: fn(&Level) -> Option<f64>| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for level in levels {
            if let Some(tokens) = tokens(level) {
                sum += tokens * level.requests.ok as f64;
                weight += level.requests.ok as f64;
            }
        }
        (weight > 0.0).then(|| sum / weight)
    };
    Workload {
        prompt_tokens: mean(|level| level.prompt_tokens),
        output_tokens: mean(|level| level.output_tokens),
        shape,
    }
}

/// Sets the start and end of a run from its levels, on and off the curve.
pub(crate) fn span(run: &mut Run) {
    let levels = || run.levels.iter().chain(run.off_curve.iter().map(|off| &off.level));
    let started = levels().filter_map(|level| level.started_ms).min();
    let ended = levels().filter_map(|level| level.ended_ms).max();
    run.provenance.started_ms = started;
    run.provenance.ended_ms = ended;
}
