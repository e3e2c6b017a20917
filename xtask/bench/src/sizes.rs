//! What a browser downloads.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::table::{Budget, Table};

/// Measures what `cargo xtask build` made and adds rows.
pub(crate) fn measure(root: &Path, table: &mut Table) -> Result<()> {
    let folder = root.join("dist/panel");
    let (mut wasm, mut panel) = (0, 0);
    for entry in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("wasm") => wasm += zipped(&path)?,
            Some("js") => panel += zipped(&path)?,
            _ => {}
        }
    }
    // What five views, what-ifs and the comparison take, rounded up to the next ten: no limit of a browser's, but a guard
    // against growth that nobody meant. A crate that comes in by the way can take a third of the module. Raise them with a
    // feature that is worth it. What a browser loads in all has the tighter one.
    table.add("WebAssembly, gzip", wasm as f64 / 1024.0, "KiB", Budget::AtMost(90.0));
    table.add("whole panel, gzip", (wasm + panel) as f64 / 1024.0, "KiB", Budget::AtMost(130.0));
    Ok(())
}

fn zipped(path: &Path) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&fs::read(path)?)?;
    Ok(encoder.finish()?.len())
}
