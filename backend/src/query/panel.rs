//! What the Headroom panel draws, so that Explore and a new panel begin with it instead of with a table.

use headroom_protocol::frame::Frame;

/// The panel's id, as in `src/panel/plugin.json`.
pub const PANEL: &str = "headroom-llm-panel";

/// Has Grafana show the frames with the panel. Every frame of the answer says so, because Grafana shows a frame that
/// does not as a table beside the picture.
pub(super) fn prefer(frames: &mut [Frame]) {
    for frame in frames {
        PANEL.clone_into(&mut frame.meta.preferred_visualisation_plugin_id);
    }
}
