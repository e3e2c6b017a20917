//! Forbids circular dependencies between modules: of two sibling modules, at most one may use the other.
//!
//! A module and its content count as one, so a parent may use its children and they may use the parent. Two siblings
//! that need each other are one subject in two files, or one subject too many.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Result, bail};

use crate::modules::{self, Place, Use};
use crate::paths;
use crate::shell::{self, say};

/// Known circles: the crate and module that contain them, and their members. The list may only become shorter: a
/// resolved circle must be removed from it.
const KNOWN: &[(&str, &[&str])] = &[];

/// Checks every crate that git tracks or would track.
///
/// # Errors
/// Lists every unknown circle, and every known one that no longer exists.
pub(crate) fn check() -> Result<()> {
    let listed = shell::output(shell::command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let roots = listed.lines().filter(|name| name.ends_with("src/lib.rs") || name.ends_with("src/main.rs"));
    let mut found = Vec::new();
    let mut crates = 0_usize;
    for root in roots.filter(|root| paths::at(root).is_file()) {
        let uses = modules::uses(root, &|name| fs::read_to_string(paths::at(name)).ok())?;
        let name = root.rsplit_once("/src/").map_or(root, |(name, _)| name);
        found.extend(circles(name, &uses));
        crates += 1;
    }
    let breaches = breaches(&found, KNOWN);
    if !breaches.is_empty() {
        bail!("circles: {} breaches\n  {}", breaches.len(), breaches.join("\n  "));
    }
    say("circles", format!("{crates} crates, {} known circles", KNOWN.len()));
    Ok(())
}

/// Sibling modules that all need each other.
#[derive(Debug)]
struct Circle {
    /// The crate and the module that contain them, as `crates/engine::live`.
    place: String,
    /// Their names.
    members: BTreeSet<String>,
    /// For each pair of them, one use as an example.
    uses: Vec<Use>,
}

impl Circle {
    fn name(&self) -> String {
        let members: Vec<&str> = self.members.iter().map(String::as_str).collect();
        format!("{}: {}", self.place, members.join(", "))
    }

    /// Whether it is this known circle, or a part of it.
    fn is_within(&self, (place, members): &(&str, &[&str])) -> bool {
        self.place == *place && self.members.iter().all(|member| members.contains(&member.as_str()))
    }
}

/// The breaches: unknown circles, and known ones that no longer exist.
fn breaches(found: &[Circle], known: &[(&str, &[&str])]) -> Vec<String> {
    let new = found.iter().filter(|circle| !known.iter().any(|known| circle.is_within(known))).map(|circle| {
        let uses = circle.uses.iter().map(|one| format!("{} uses {}", one.from.join("::"), one.to.join("::")));
        let shown = uses.collect::<Vec<_>>().join("; ");
        format!("{} need each other ({shown}): move what both need into a module of its own", circle.name())
    });
    let gone =
        known.iter().filter(|known| !found.iter().any(|circle| circle.is_within(known))).map(|(place, members)| {
            format!(
                "{place}: {} are no circle any more: take them off the list in xtask/src/circles.rs",
                members.join(", ")
            )
        });
    new.chain(gone).collect()
}

/// The circles among the modules of a crate, grouped by parent module.
fn circles(crate_name: &str, uses: &BTreeSet<Use>) -> Vec<Circle> {
    // For each module: which of its children needs which other one, with one use as an example.
    let mut levels: BTreeMap<Place, BTreeMap<(String, String), Use>> = BTreeMap::new();
    for one in uses {
        let shared = one.from.iter().zip(&one.to).take_while(|(from, to)| from == to).count();
        // The first place in which the two paths differ.
        if let (Some(from), Some(to)) = (one.from.get(shared), one.to.get(shared)) {
            let needs = levels.entry(one.from[..shared].to_vec()).or_default();
            needs.entry((from.clone(), to.clone())).or_insert_with(|| one.clone());
        }
    }
    let place = |parent: Place| std::iter::once(crate_name.to_owned()).chain(parent).collect::<Vec<_>>().join("::");
    levels.into_iter().flat_map(|(parent, needs)| of_level(&place(parent), &needs)).collect()
}

/// The circles among the children of one module.
fn of_level(place: &str, needs: &BTreeMap<(String, String), Use>) -> Vec<Circle> {
    let reached = |begin: &str| -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![begin.to_owned()];
        while let Some(from) = next.pop() {
            let targets = needs.keys().filter(|(other, _)| *other == from).map(|(_, to)| to.clone());
            next.extend(targets.filter(|to| reached.insert(to.clone())));
        }
        reached
    };
    let all: BTreeMap<&str, BTreeSet<String>> = needs.keys().map(|(from, _)| (from.as_str(), reached(from))).collect();
    let mut found: Vec<Circle> = Vec::new();
    for (from, reached) in &all {
        let back = |other: &str| all.get(other).is_some_and(|reached| reached.contains(*from));
        let members: BTreeSet<String> = reached.iter().filter(|other| back(other)).cloned().collect();
        if members.len() > 1 && !found.iter().any(|circle| circle.members == members) {
            let within = |(from, to): &(String, String)| members.contains(from) && members.contains(to);
            let uses = needs.iter().filter(|(pair, _)| within(pair)).map(|(_, one)| one.clone()).collect();
            found.push(Circle { place: place.to_owned(), members, uses });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles among uses given as `a::b > c`.
    fn found(uses: &[&str]) -> Vec<Circle> {
        let place = |text: &str| -> Place { text.split("::").map(str::to_owned).collect() };
        let uses = uses.iter().map(|one| one.split_once(" > ").unwrap());
        circles("x", &uses.map(|(from, to)| Use { from: place(from), to: place(to) }).collect())
    }

    #[track_caller]
    fn check(uses: &[&str], expected: &[&str]) {
        let names: Vec<String> = found(uses).iter().map(Circle::name).collect();
        assert_eq!(names, expected, "{uses:?}");
    }

    #[test]
    fn modules_that_need_each_other_are_a_circle() {
        check(&["a > b", "b > c", "a > c"], &[]);
        check(&["a > b", "b > a"], &["x: a, b"]);
        check(&["a > b", "b > c", "c > a", "d > a"], &["x: a, b, c"]);
        check(&["a > b", "b > a", "c > d", "d > c", "b > c"], &["x: a, b", "x: c, d"]);
    }

    #[test]
    fn a_module_and_what_is_inside_of_it_count_as_one() {
        check(&["a > a::b", "a::b > a", "a::b > a::c"], &[]);
        check(&["a::b > d", "d > a::c"], &["x: a, d"]);
        check(&["a::b > a::c::e", "a::c::f > a::b"], &["x::a: b, c"]);
    }

    #[test]
    fn the_list_of_known_circles_only_becomes_shorter() {
        let check = |uses: &[&str], known: &[(&str, &[&str])], expected: &[&str]| {
            let breaches = breaches(&found(uses), known);
            assert_eq!(breaches.len(), expected.len(), "{breaches:?}");
            for (breach, part) in breaches.iter().zip(expected) {
                assert!(breach.contains(part), "{breach} should contain {part}");
            }
        };
        check(&["a > b", "b > a"], &[("x", &["a", "b"])], &[]);
        check(&["a > b", "b > a"], &[("x", &["a", "b", "c"])], &[]);
        check(&["a > b", "b > a"], &[], &["x: a, b need each other (a uses b; b uses a)"]);
        check(&["a > b", "b > c", "c > a"], &[("x", &["a", "b"])], &["x: a, b, c need", "x: a, b are no circle"]);
        check(&["a > b"], &[("x", &["a", "b"])], &["take them off the list"]);
    }
}
