//! Reading a large report: speed against Python's JSON reader, and memory as the file grows.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, copy};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::child::{Usage, best};
use crate::table::{Budget, Table};
use crate::{Workspace, grow, megabytes};

/// A real run with prompts of 30,000 characters; it is kept outside of this repository because of its size.
const RECORDED: &str = "../shared/data/ours/reports/guidellm/0.8.1-concurrent-120MB.json.zst";
/// What is grown to that size when the recording is not there.
const DEMO: &str = "demo/reports/tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
const SIZE: usize = 120_000_000;
/// Size of a report of many requests with short prompts, the hardest to read: few of its bytes are walked over.
const ROWS_SIZE: usize = 500_000_000;
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
    let rows = workspace.cache().join("rows.json");
    if !rows.is_file() {
        grow::beside(&workspace.root.join(DEMO), &rows, ROWS_SIZE)?;
    }
    let ours_rows = best(2, headroom(&rows))?;
    let rows_mb = megabytes(&rows)?;
    table.add(
        format!("analyze {rows_mb:.0} MB of short prompts"),
        speed(rows_mb, ours_rows),
        "MB/s",
        Budget::AtLeast(350.0),
    );
    table.add("  peak memory", ours_rows.peak_bytes as f64 / MIB, "MiB", Budget::AtMost(32.0));
    let others = [
        ("Python's json.load", timed_in("python3".as_ref(), JSON_LOAD, &rows), 8.0),
        ("GuideLLM's own loader, its import not counted", guidellm(workspace, &rows), 15.0),
    ];
    for (name, theirs, least) in others {
        match theirs {
            Ok((seconds, peak)) => {
                let faster = seconds / ours_rows.wall.as_secs_f64();
                table.add(format!("  times as fast as {name}"), faster, "×", Budget::AtLeast(least));
                table.add("    and that one's peak memory", peak, "MiB", Budget::None);
            }
            Err(error) => table.note(format!("left out: {name} ({error:#})")),
        }
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
            grow::beside(&workspace.root.join(DEMO), &small, SIZE)?;
        }
        table.note("reports: the demo's, its own requests repeated");
        small
    };
    let large = small.with_extension("large.json");
    if !large.is_file() {
        grow::beside(&small, &large, 4 * usize::try_from(small.metadata()?.len())?)?;
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

const JSON_LOAD: &str = "import json; load = lambda path: json.load(open(path, encoding='utf-8'))";
const GUIDELLM: &str =
    "from guidellm.benchmark.schemas import GenerativeBenchmarksReport as Report; load = Report.load_file";

/// Prints the seconds that a loader takes and the most memory that its process had, MiB.
const TIMED: &str = "
import resource, sys, time
begin = time.perf_counter()
report = load(sys.argv[1])
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
";

/// Seconds and MiB of `load` in a Python of its own, the quicker of two.
fn timed_in(python: &Path, define_load: &str, report: &Path) -> Result<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for _ in 0..2 {
        let mut command = Command::new(python);
        let output = command.arg("-c").arg(format!("{define_load}{TIMED}")).arg(report).output();
        let output = output.with_context(|| format!("starting {}", python.display()))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            bail!("it ended with {}: {}", output.status, told.lines().last().unwrap_or_default());
        }
        let told = String::from_utf8(output.stdout)?;
        let last = told.lines().last().unwrap_or_default();
        let (seconds, peak) = last.split_once(' ').with_context(|| format!("expected two numbers, found {last}"))?;
        let (seconds, peak): (f64, f64) = (seconds.parse()?, peak.parse()?);
        best = Some(best.map_or((seconds, peak), |best| (best.0.min(seconds), best.1.max(peak))));
    }
    best.context("no run")
}

/// GuideLLM's loader in a virtual environment, which is not made here: it is 5.6 GB with what it needs.
fn guidellm(workspace: &Workspace, report: &Path) -> Result<(f64, f64)> {
    let python = workspace.root.join(".cache/tools/guidellm/bin/python");
    if !python.is_file() {
        bail!(
            "no GuideLLM; `python3 -m venv .cache/tools/guidellm && .cache/tools/guidellm/bin/pip install guidellm==0.8.1` \
             takes 5.6 GB"
        );
    }
    timed_in(&python, GUIDELLM, report)
}
