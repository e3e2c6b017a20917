//! A text on a plate in the background's colour, beside a position.

use crate::axes;
use crate::geometry::Pixel;
use crate::labels::Placer;
use crate::layout::Layout;
use crate::model::Model;
use crate::scene::{Align, Font, Ink, Line, Measure, Scene, Style};

/// Writes an answer and a detail beside `anchor`; either may be empty. A plate without a free place is left out.
pub(crate) fn beside(
    model: &Model,
    measure: &dyn Measure,
    anchor: Pixel,
    (answer, detail, ink): (&str, &str, Ink),
    alpha: f64,
    placer: &mut Placer,
    scene: &mut Scene,
) {
    let pad = model.spacing * 0.5;
    let strong = if answer.is_empty() { 0.0 } else { measure.width(answer, Font::Strong) + pad };
    let width = strong + measure.width(detail, Font::Regular) + 2.0 * pad;
    let Some(rect) = placer.place(anchor, width, measure.height() + pad, pad) else { return };
    let middle = (rect.top + rect.bottom) * 0.5;
    scene.area(rect, Ink::Surface, 0.85);
    let style = Style { alpha, ..axes::text(ink, Align::Start, Line::Centred) };
    let strongly = Style { font: Font::Strong, ink: Ink::Text, ..style };
    if !answer.is_empty() {
        scene.write(Pixel::new(rect.left + pad, middle), answer, strongly);
    }
    scene.write(Pixel::new(rect.left + pad + strong, middle), detail, style);
}

/// Writes the reason why there is nothing to see in the middle of an empty plot.
pub(crate) fn instead(layout: &Layout, why: &str, scene: &mut Scene) {
    let plot = layout.plot;
    let middle = Pixel::new((plot.left + plot.right) * 0.5, (plot.top + plot.bottom) * 0.5);
    scene.write(middle, why, axes::text(Ink::Muted, Align::Middle, Line::Centred));
}
