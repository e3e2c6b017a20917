//! Pictures as text.

use expect_test::Expect;
use headroom_panel::chart::{Texts, build};
use headroom_panel::format::tick;
use headroom_panel::model::Model;
use headroom_panel::scene::{Font, Measure, Scene};

/// How texts are measured and ticks written.
pub(crate) const TEXTS: Texts<'static> = Texts { measure: &Monospace, x: &tick, y: &tick };

/// Every character is 7 pixels wide.
struct Monospace;

impl Measure for Monospace {
    fn width(&self, text: &str, _: Font) -> f64 {
        text.chars().count() as f64 * 7.0
    }

    fn height(&self) -> f64 {
        12.0
    }
}

/// Draws and keeps the lines that contain one of `words`.
pub(crate) fn check(model: &Model, words: &[&str], expected: &Expect) {
    let mut scene = Scene::default();
    build(model, &TEXTS, &mut scene, &mut Vec::new());
    let text = scene.to_string();
    let kept: Vec<_> = text.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    expected.assert_eq(&kept.join("\n"));
}
