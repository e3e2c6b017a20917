//! Which answers the Headroom panel draws, so that Explore and a new panel begin with it instead of with a table.

use headroom_protocol::frame::Frame;

use super::parse::{About, Asked, Frames, What};

/// The panel's id, as in `src/panel/plugin.json`.
pub const PANEL: &str = "headroom-llm-panel";

/// Whether the panel draws what is answered.
#[must_use]
pub const fn draws(what: What) -> bool {
    match what {
        What::Reports(Frames::Curve | Frames::Verdict) | What::Production(Asked::Deployments(About::Overlay)) => true,
        What::Reports(Frames::Levels) | What::Production(_) => false,
    }
}

/// Has Grafana show the frames with the panel. Every frame of the answer says so, because Grafana shows a frame that
/// does not as a table beside the picture.
pub fn prefer(frames: &mut [Frame]) {
    for frame in frames {
        PANEL.clone_into(&mut frame.meta.preferred_visualisation_plugin_id);
    }
}
