//! The ids of runs: equal bytes give equal ids on every machine.

use headroom_engine::run::{Arrivals, LoadModel, Run};

/// Number of hexadecimal digits of the content hash in an id.
pub(crate) const DIGITS: usize = 16;

/// Sets the ids of the runs of one file: the start of its content hash, and a suffix if there are several runs.
pub(crate) fn identify(runs: &mut [Run], hash: &str, source: &str) {
    let stem = hash.get(..DIGITS).unwrap_or(hash);
    let models: Vec<LoadModel> = runs.iter().map(|run| run.load_model).collect();
    let mut taken: Vec<String> = Vec::with_capacity(runs.len());
    for run in runs.iter_mut() {
        let mut id = stem.to_owned();
        if models.len() > 1 {
            id.push('-');
            id.push_str(run.load_model.name());
            let same_name = |other: &&LoadModel| other.name() == run.load_model.name();
            let mixed = models.iter().filter(same_name).any(|other| *other != run.load_model);
            if let (LoadModel::Open(arrivals), true) = (run.load_model, mixed) {
                id.push_str(match arrivals {
                    Arrivals::Constant => "-constant",
                    Arrivals::Poisson => "-poisson",
                });
            }
            let twins = taken.iter().filter(|earlier| **earlier == id).count();
            taken.push(id.clone());
            if twins > 0 {
                id.push('-');
                id.push_str(&(twins + 1).to_string());
            }
        }
        run.id = id;
        hash.clone_into(&mut run.provenance.content_hash);
        source.clone_into(&mut run.provenance.source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::empty_run;

    fn check(models: &[LoadModel], expected: &[&str]) {
        let mut runs: Vec<Run> = models.iter().map(|&model| empty_run(model)).collect();
        identify(&mut runs, "0123456789abcdef0123", "a.json");
        let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, expected);
        assert!(runs.iter().all(|run| run.provenance.source == "a.json"));
    }

    #[test]
    fn ids_tell_runs_apart() {
        const CONSTANT: LoadModel = LoadModel::Open(Arrivals::Constant);
        const POISSON: LoadModel = LoadModel::Open(Arrivals::Poisson);
        check(&[LoadModel::Closed], &["0123456789abcdef"]);
        check(&[LoadModel::Closed, CONSTANT], &["0123456789abcdef-closed", "0123456789abcdef-open"]);
        check(&[CONSTANT, POISSON], &["0123456789abcdef-open-constant", "0123456789abcdef-open-poisson"]);
        check(&[LoadModel::Closed, LoadModel::Closed], &["0123456789abcdef-closed", "0123456789abcdef-closed-2"]);
    }
}
