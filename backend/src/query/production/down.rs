//! The text about a deployment that is down: until when its numbers apply.

use headroom_base::calendar::utc_minute;
use headroom_engine::live::Observation;

/// A sentence that says until when the numbers of a deployment that is down apply.
pub(super) fn until(observations: &[Observation]) -> String {
    let seen = observations.iter().rev().find(|one| one.running.is_some() || one.requests.is_some());
    match seen {
        Some(last) => {
            format!("It is down. The numbers are from before {}, when it was last seen.", utc_minute(last.at_ms))
        }
        None => "It is down, and was not seen in this time.".to_owned(),
    }
}
