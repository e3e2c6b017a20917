//! Putting levels on a curve: one load model, ascending, no load twice.

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

/// A level on its way to a curve: what the tool called its strategy and where it was read.
pub(crate) struct Placed {
    pub(crate) strategy: &'static str,
    pub(crate) path: String,
    pub(crate) level: Level,
}

/// Puts levels into a run, ascending. Of levels with the same load the one with most
/// successful requests, the better known, stays on the curve (of equals the first); the
/// others are kept off it, and a problem says so, because a curve has one value at a load and
/// pooling two windows would make quantiles that nobody measured.
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

/// The workload of levels: mean tokens, weighted by their successful requests.
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

/// Sets the time that a run spans from its levels, on and off the curve.
pub(crate) fn span(run: &mut Run) {
    let levels = || run.levels.iter().chain(run.off_curve.iter().map(|off| &off.level));
    let started = levels().filter_map(|level| level.started_ms).min();
    let ended = levels().filter_map(|level| level.ended_ms).max();
    run.provenance.started_ms = started;
    run.provenance.ended_ms = ended;
}
