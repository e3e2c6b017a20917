//! Phases, episodes, presence.

use headroom_engine::bottleneck::BottleneckKind;
use headroom_engine::live::Observation;
use headroom_engine::live::observation::refused_share;
use headroom_engine::live::phases::{episodes, phases};
use headroom_engine::live::presence::{Presence, Sighting, presence};

use super::support::window;

/// Windows of five seconds from a drawing: `.` idle, `c` calm, `S` a queue with a full cache, `q` a queue with room in
/// the cache, `x` calm inside of a gate that refuses, `X` the same with a queue, `r` a restart, `d` not scraped, `?` nothing
/// known.
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
                'x' => Observation { refused: Some(3.0), requests: Some(1.0), ..window(at, 2.0, 0.0, 0.2) },
                'X' => Observation { refused: Some(3.0), requests: Some(1.0), ..window(at, 7.0, 8.0, 1.0) },
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
fn a_server_that_refuses_is_not_calm_however_little_it_let_in() {
    check("ccxxxcc", &[("calm", 0, 2), ("shedding", 2, 5), ("recovered", 5, 7)]);
    check("ccxcc", &[("calm", 0, 5)]);
    check("ccSSXXxxcc", &[("calm", 0, 2), ("saturated", 2, 4), ("shedding", 4, 8), ("recovered", 8, 10)]);
    // Refusals come in waves, as admission does.
    check("xxccxx", &[("shedding", 0, 6)]);
}

#[test]
fn what_happened_is_felt_for_a_while_only() {
    let drawing = format!("SS{}", "c".repeat(190));
    check(&drawing, &[("saturated", 0, 2), ("recovered", 2, 182), ("calm", 182, 192)]);
}

#[test]
fn episodes_name_their_cause() {
    let check = |drawing: &str, expected: &[(i64, i64, BottleneckKind, bool)]| {
        let found: Vec<_> = episodes(&drawn(drawing))
            .iter()
            .map(|one| (one.from_ms / 5000, one.to_ms / 5000, one.cause, one.ongoing))
            .collect();
        assert_eq!(found, expected, "{drawing}");
    };
    check("ccSSScc", &[(2, 5, BottleneckKind::KvCacheWall, false)]);
    check("ccqqqcc", &[(2, 5, BottleneckKind::Queueing, false)]);
    check("ccccqq", &[(4, 6, BottleneckKind::Queueing, true)]);
    check("SSccccccccqqqc", &[(0, 2, BottleneckKind::KvCacheWall, false), (10, 13, BottleneckKind::Queueing, false)]);
    check("cccc", &[]);
    // Nothing inside of the gate is used up; behind a queue with a full cache the gate is not what lacks.
    check("ccxxxcc", &[(2, 5, BottleneckKind::AdmissionLimit, false)]);
    check("ccXXXcc", &[(2, 5, BottleneckKind::KvCacheWall, false)]);
    let found = episodes(&drawn("ccxxxcc"));
    assert!(found[0].shedding && found[0].peak_waiting == 0.0, "{found:?}");
    assert_eq!(found[0].evidence, ["75% of the requests that arrived were refused."]);
    let found = episodes(&drawn("ccSSScc"));
    assert!(!found[0].shedding);
    assert_eq!(found[0].peak_waiting, 8.0);
    assert!(found[0].evidence.iter().any(|text| text.contains("100% of the KV cache")), "{:?}", found[0].evidence);
}

#[test]
fn idle_no_data_down_and_missing_are_four_answers() {
    let check = |known, up, measured, active, expected| {
        for sheds in [None, Some(false)] {
            let sighting = Sighting { known, up, measured, active, sheds };
            assert_eq!(presence(&sighting), expected, "{sighting:?}");
        }
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

#[test]
fn a_server_that_refuses_is_shedding_unless_it_is_gone() {
    let check = |known, up, measured, active, expected| {
        let sighting = Sighting { known, up, measured, active, sheds: Some(true) };
        assert_eq!(presence(&sighting), expected, "{sighting:?}");
    };
    check(true, Some(true), true, Some(true), Presence::Shedding);
    // A gate that lets nobody in leaves nothing to do.
    check(true, Some(true), true, Some(false), Presence::Shedding);
    check(true, None, true, None, Presence::Shedding);
    check(true, Some(false), true, Some(true), Presence::Down);
    check(true, Some(true), false, None, Presence::MetricMissing);
    check(false, None, false, None, Presence::NoData);
    let there = Presence::ALL.into_iter().filter(|one| one.is_there());
    assert_eq!(there.map(Presence::id).collect::<Vec<_>>(), ["serving", "shedding", "idle"]);
}

#[test]
fn a_share_is_of_what_arrived_and_what_is_not_counted_is_not_zero() {
    let window = |refused, requests, growth| Observation { refused, requests, growth, ..Observation::default() };
    let check = |windows: &[Observation], expected: Option<f64>| {
        assert_eq!(refused_share(windows), expected, "{windows:?}");
    };
    check(&[window(Some(6.0), Some(2.0), None)], Some(0.75));
    // Those that were let in and have not finished arrived as well.
    check(&[window(Some(6.0), Some(0.0), Some(2.0))], Some(0.75));
    check(&[window(Some(6.0), Some(1.0), Some(-3.0))], Some(1.0));
    check(&[window(Some(0.0), None, None)], Some(0.0));
    check(&[window(Some(6.0), None, None)], None);
    check(&[window(None, Some(2.0), None)], None);
    check(&[], None);
    // A window of which it is not known leaves the others.
    let both = [window(Some(6.0), Some(2.0), None), window(None, Some(9.0), None), window(Some(0.0), Some(16.0), None)];
    check(&both, Some(0.25));
    assert_eq!(both.each_ref().map(Observation::sheds), [Some(true), None, Some(false)]);
}
