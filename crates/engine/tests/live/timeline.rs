//! Phases, episodes, presence.

use headroom_engine::bottleneck::Kind;
use headroom_engine::live::Observation;
use headroom_engine::live::phases::{episodes, phases};
use headroom_engine::live::presence::{Presence, Sighting, presence};

use super::support::window;

/// Windows of five seconds from a drawing: `.` idle, `c` calm, `S` a queue with a full cache, `q` a queue with room in
/// the cache, `r` a restart, `d` not scraped, `?` nothing known.
fn drawn(drawing: &str) -> Vec<Observation> {
    (1..)
        .zip(drawing.chars())
        .map(|(at, sign)| {
            let at = at * 5;
            match sign {
                '.' => window(at, 0.0, 0.0, 0.0),
                'c' => window(at, 2.0, 0.0, 0.2),
                'S' => window(at, 7.0, 8.0, 1.0),
                'q' => window(at, 7.0, 8.0, 0.5),
                'r' => Observation { restarted: true, ..window(at, 1.0, 0.0, 0.1) },
                'd' => Observation { up: Some(false), ..Observation::default() },
                _ => Observation::default(),
            }
        })
        .zip(1..)
        .map(|(observation, at)| Observation { at_ms: at * 5000, seconds: 5.0, ..observation })
        .collect()
}

#[track_caller]
fn check(drawing: &str, expected: &[(&str, i64, i64)]) {
    let found: Vec<(&str, i64, i64)> = phases(&drawn(drawing))
        .iter()
        .map(|phase| (phase.kind.id(), phase.from_ms / 5000, phase.to_ms / 5000))
        .collect();
    assert_eq!(found, expected, "{drawing}");
}

#[test]
fn phases_follow_each_other() {
    check("cccc", &[("calm", 0, 4)]);
    check("ccSSSScc", &[("calm", 0, 2), ("saturated", 2, 6), ("recovered", 6, 8)]);
    check(
        "ccSSSSccddrcc",
        &[("calm", 0, 2), ("saturated", 2, 6), ("recovered", 6, 8), ("down", 8, 10), ("restarted", 10, 13)],
    );
    check("................cc", &[("idle", 0, 16), ("calm", 16, 18)]);
    check("", &[]);
    check("????", &[]);
}

#[test]
fn a_pause_is_not_idle_and_a_burst_no_saturation() {
    check("c.c..c", &[("calm", 0, 6)]);
    check("ccScc", &[("calm", 0, 5)]);
    check("ccSSccSScc", &[("calm", 0, 2), ("saturated", 2, 8), ("recovered", 8, 10)]);
    check("SSccccccccSS", &[("saturated", 0, 2), ("recovered", 2, 10), ("saturated", 10, 12)]);
    check("SSrSS", &[("saturated", 0, 2), ("restarted", 2, 3), ("saturated", 3, 5)]);
}

#[test]
fn what_happened_is_felt_for_a_while_only() {
    let drawing = format!("SS{}", "c".repeat(190));
    check(&drawing, &[("saturated", 0, 2), ("recovered", 2, 182), ("calm", 182, 192)]);
}

#[test]
fn episodes_name_their_cause() {
    let check = |drawing: &str, expected: &[(i64, i64, Kind, bool)]| {
        let found: Vec<_> = episodes(&drawn(drawing))
            .iter()
            .map(|one| (one.from_ms / 5000, one.to_ms / 5000, one.cause, one.ongoing))
            .collect();
        assert_eq!(found, expected, "{drawing}");
    };
    check("ccSSScc", &[(2, 5, Kind::KvCacheWall, false)]);
    check("ccqqqcc", &[(2, 5, Kind::Queueing, false)]);
    check("ccccqq", &[(4, 6, Kind::Queueing, true)]);
    check("SSccccccccqqqc", &[(0, 2, Kind::KvCacheWall, false), (10, 13, Kind::Queueing, false)]);
    check("cccc", &[]);
    let found = episodes(&drawn("ccSSScc"));
    assert_eq!(found[0].peak_waiting, 8.0);
    assert!(found[0].evidence.iter().any(|text| text.contains("100% of the KV cache")), "{:?}", found[0].evidence);
}

#[test]
fn idle_no_data_down_and_missing_are_four_answers() {
    let check = |known, up, measured, active, expected| {
        let sighting = Sighting { known, up, measured, active };
        assert_eq!(presence(&sighting), expected, "{sighting:?}");
    };
    check(true, Some(true), true, Some(true), Presence::Serving);
    check(true, Some(true), true, Some(false), Presence::Idle);
    check(true, Some(true), true, None, Presence::Serving);
    check(true, None, true, Some(true), Presence::Serving);
    check(true, None, true, Some(false), Presence::Idle);
    check(true, Some(false), true, Some(true), Presence::Down);
    check(true, Some(false), false, None, Presence::Down);
    check(true, None, false, None, Presence::Down);
    check(true, Some(true), false, None, Presence::MetricMissing);
    check(true, Some(true), false, Some(true), Presence::MetricMissing);
    check(false, Some(true), false, None, Presence::NoData);
    check(false, None, false, None, Presence::NoData);
}
