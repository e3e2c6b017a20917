//! Which runs of the two sides are compared.

use anyhow::{Result, bail};
use headroom_engine::compare::shared_loads;
use headroom_engine::repeats::is_repeat;
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::workload::is_same_question;

/// The run of a side that is compared.
pub(super) struct Chosen {
    pub(super) run: Run,
    /// Every other run of the same deployment, workload, load model and tool, the latest first.
    pub(super) repeats: Vec<Run>,
}

/// For each side the run to compare, and its repeats.
///
/// # Errors
///
/// If a side has no run or several deployments, or if the two share no load model.
pub(super) fn choose(sides: [Vec<Run>; 2], paths: &[String; 2]) -> Result<[Chosen; 2]> {
    for (runs, path) in sides.iter().zip(paths) {
        if runs.is_empty() {
            bail!("expected a benchmark report or a folder of them, found nothing to read in {path}");
        }
        let mut names: Vec<&str> = runs.iter().map(Run::deployment_label).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > 1 {
            bail!(
                "expected the runs of one deployment in {path}, found {}: {}. Name the folder or file of one.",
                names.len(),
                names.join(", ")
            );
        }
    }
    let [a, b] = sides;
    let model = |runs: &[Run]| runs.first().map_or("missing", |run| run.load_model.name());
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
    // Prefers, in this order: the same workload; a closed loop, whose load is in users; the most levels in common; the
    // most requests; the latest.
    let best = pairs.filter(|(a, b)| a.load_model.name() == b.load_model.name()).max_by_key(|(a, b)| {
        let closed = a.load_model == LoadModel::Closed;
        let started = (a.provenance.started_ms, b.provenance.started_ms);
        (is_same_question(a, b), closed, shared_loads(a, b), requests(a) + requests(b), started)
    });
    let Some((first_a, first_b)) = best else {
        bail!(
            "expected runs of one load model, found a {} loop in {} and a {} loop in {}: users and requests per second are \
             not comparable. Measure one side again.",
            model(&a),
            paths[0],
            model(&b),
            paths[1]
        );
    };
    let (first_a, first_b) = (first_a.clone(), first_b.clone());
    Ok([with_repeats(first_a, a), with_repeats(first_b, b)])
}

fn with_repeats(run: Run, all: Vec<Run>) -> Chosen {
    let mut repeats: Vec<Run> = all.into_iter().filter(|other| other.id != run.id && is_repeat(&run, other)).collect();
    repeats.sort_by_key(|repeat| std::cmp::Reverse(repeat.provenance.started_ms));
    Chosen { run, repeats }
}

fn requests(run: &Run) -> u64 {
    run.levels.iter().map(|level| level.requests.ok).sum()
}
