//! Reading a large report: speed against Python's JSON reader, and memory as the file grows.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, copy};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::child::{Usage, best};
use crate::table::{Budget, Table};
use crate::{Workspace, grow, megabytes};

/// A real run with prompts of 30,000 characters; it is kept outside of this repository because of its size.
const RECORDED: &str = "../shared/data/ours/reports/guidellm/0.8.1-concurrent-120MB.json.zst";
/// What is grown to that size when the recording is not there.
const DEMO: &str = "demo/reports/tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
const SIZE: usize = 120_000_000;
const RUNS: usize = 5;
const MIB: f64 = 1024.0 * 1024.0;

/// Measures and adds rows.
pub(crate) fn measure(workspace: &Workspace, table: &mut Table) -> Result<()> {
    let (small, large) = reports(workspace, table)?;
    let headroom = |report: &Path| {
        let (cli, report) = (workspace.cli.clone(), report.to_owned());
        move || {
            let mut command = Command::new(&cli);
            command.args(["analyze", "--format", "json"]).arg(&report);
            command
        }
    };
    println!("parsing {} and {}", small.display(), large.display());
    let ours = best(RUNS, headroom(&small))?;
    let ours_large = best(2, headroom(&large))?;
    let (small_mb, large_mb) = (megabytes(&small)?, megabytes(&large)?);
    let speed = |size: f64, usage: Usage| size / usage.wall.as_secs_f64();

    table.add(
        format!("analyze {small_mb:.0} MB, process start included"),
        speed(small_mb, ours),
        "MB/s",
        Budget::AtLeast(500.0),
    );
    table.add(format!("analyze {large_mb:.0} MB"), speed(large_mb, ours_large), "MB/s", Budget::AtLeast(500.0));
    match json_load(&small) {
        Ok(theirs) => {
            let faster = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
            table.add("  times as fast as Python's json.load", faster, "×", Budget::AtLeast(1.0));
            table.add("  Python's peak memory", theirs.peak_bytes as f64 / MIB, "MiB", Budget::None);
        }
        Err(error) => table.note(format!("left out: Python's json.load ({error:#})")),
    }
    table.add("peak memory on the smaller", ours.peak_bytes as f64 / MIB, "MiB", Budget::AtMost(32.0));
    table.add("peak memory on the larger", ours_large.peak_bytes as f64 / MIB, "MiB", Budget::AtMost(32.0));
    table.add(
        "  growth of memory while the file grows fourfold",
        ours_large.peak_bytes as f64 / ours.peak_bytes as f64,
        "×",
        Budget::None,
    );
    Ok(())
}

/// Two reports, the second four times as large; made once and kept.
fn reports(workspace: &Workspace, table: &mut Table) -> Result<(PathBuf, PathBuf)> {
    let cache = workspace.cache();
    fs::create_dir_all(&cache)?;
    let recorded = workspace.root.join(RECORDED);
    let small = if recorded.is_file() {
        let small = cache.join("recorded.json");
        if !small.is_file() {
            unpack(&recorded, &small)?;
        }
        table.note("reports: a recorded run, and its own requests repeated");
        small
    } else {
        let small = cache.join("grown.json");
        if !small.is_file() {
            grow::to_size(&workspace.root.join(DEMO), &small, SIZE)?;
        }
        table.note("reports: the demo's, its own requests repeated");
        small
    };
    let large = small.with_extension("large.json");
    if !large.is_file() {
        grow::to_size(&small, &large, 4 * usize::try_from(small.metadata()?.len())?)?;
    }
    Ok((small, large))
}

fn unpack(from: &Path, to: &Path) -> Result<()> {
    let partial = to.with_extension("partial");
    let mut reader = zstd::stream::read::Decoder::new(BufReader::new(File::open(from)?))?;
    let mut writer = BufWriter::new(File::create(&partial)?);
    copy(&mut reader, &mut writer).with_context(|| format!("unpacking {}", from.display()))?;
    drop(writer);
    Ok(fs::rename(&partial, to)?)
}

fn json_load(report: &Path) -> Result<Usage> {
    best(3, || {
        let mut command = Command::new("python3");
        command.args(["-c", "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"]).arg(report);
        command
    })
}
