//! Whether a target is seen at all.

use headroom_engine::live::Observation;
use headroom_engine::live::presence::Sighting;

use super::target::Target;

/// The sighting of a target in some windows. The last window decides whether it is up.
pub(crate) fn sighting(target: &Target, observations: &[Observation]) -> Sighting {
    let active: Vec<bool> = observations.iter().filter_map(Observation::is_active).collect();
    let sheds: Vec<bool> = observations.iter().filter_map(Observation::sheds).collect();
    Sighting {
        known: !target.members.is_empty(),
        up: observations.last().and_then(|last| last.up),
        measured: observations.iter().any(|one| one.running.is_some()),
        active: (!active.is_empty()).then(|| active.contains(&true)),
        sheds: (!sheds.is_empty()).then(|| sheds.contains(&true)),
    }
}
