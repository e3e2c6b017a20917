//! The sample frames as files, which the tests in `tests/frames` read with Grafana's front end library.

#[path = "../echo_plugin/sample_frames.rs"]
mod sample_frames;

use expect_test::expect_file;
use headroom_protocol::frame_json::{Include, to_json};

#[test]
fn the_files_are_what_we_write() {
    let files = [
        expect_file!["../../../tests/frames/data/every_type.json"],
        expect_file!["../../../tests/frames/data/described.json"],
        expect_file!["../../../tests/frames/data/without_rows.json"],
        expect_file!["../../../tests/frames/data/without_fields.json"],
    ];
    for (file, frame) in files.into_iter().zip(sample_frames::all()) {
        let text = String::from_utf8(to_json(&frame, Include::All).expect("a sound frame")).expect("UTF-8");
        file.assert_eq(&(text + "\n"));
    }
}
