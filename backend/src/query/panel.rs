//! Marks the frames that the Headroom panel draws, so that Explore and new panels start with it instead of with a
//! table.

use headroom_protocol::frame::Frame;

/// The panel's id, as in `src/panel/plugin.json`.
pub const PANEL: &str = "headroom-llm-panel";

/// Makes Grafana show the frames with the panel. Every frame of the answer needs the mark, because Grafana shows a
/// frame without it as a table beside the picture.
pub(super) fn prefer(frames: &mut [Frame]) {
    for frame in frames {
        PANEL.clone_into(&mut frame.meta.preferred_visualisation_plugin_id);
    }
}
