//! Files that are no files, and text that is not UTF-8.

use headroom_reports::{Code, read, read_file};

use crate::support::{data, plain_bytes};

/// PowerShell's `>` writes UTF-16.
#[test]
fn utf16_is_read() {
    for name in
        ["aiperf/0.3.0.json", "guidellm/0.5.4-concurrent.csv", "inference-perf/inference-perf.partial.stage_0.yaml"]
    {
        let text = String::from_utf8(plain_bytes(&data().join(name))).unwrap();
        let plain = read(name, text.as_bytes());
        let units = || std::iter::once(0xfeff_u16).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let reading = read(name, &*bytes);
            assert_eq!(format!("{:?}", reading.problems), format!("{:?}", plain.problems), "{name}");
            let levels = |reading: &headroom_reports::Reading| {
                reading.runs.iter().map(|run| format!("{:?}", run.levels)).collect::<Vec<_>>()
            };
            assert_eq!(levels(&reading), levels(&plain), "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn pipes_folders_and_devices_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("report.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, what) in
        [(pipe.as_path(), "a named pipe"), (folder.path(), "a folder"), ("/dev/zero".as_ref(), "a device")]
    {
        let reading = read_file(path, "report.json");
        assert!(reading.runs.is_empty());
        assert_eq!(reading.problems[0].code, Code::Unreadable);
        assert!(reading.problems[0].message.contains(what), "{}", reading.problems[0].message);
    }
}
