//! Pauses before something is tried again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A random time from a half of `full` to all of it, so that many that failed together do not come back together.
#[must_use]
pub fn jittered(full: Duration) -> Duration {
    // A new hasher has new random keys, which is random enough to spread a few requests.
    let share = (RandomState::new().hash_one(0_u8) % 1024) as f64 / 2048.0;
    full.mul_f64(0.5 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_stay_within_a_half_and_all_of_it() {
        let full = Duration::from_secs(2);
        let pauses: Vec<Duration> = (0..100).map(|_| jittered(full)).collect();
        assert!(pauses.iter().all(|pause| (full / 2..=full).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        assert_eq!(jittered(Duration::ZERO), Duration::ZERO);
    }
}
