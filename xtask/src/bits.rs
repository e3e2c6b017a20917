//! The analysis must give the same bits in the browser and in the backend. So this program and the panel's WebAssembly
//! in Node.js do the same seeded work, and the fingerprints are compared.

use anyhow::{Context as _, Result};

use crate::lock;
use crate::shell::{self, say};
use crate::tally::Tally;
use crate::wasm;

/// Loads the bindings as a page does, but from bytes instead of by URL.
const SCRIPT: &str = r"
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
const [folder] = process.argv.slice(1);
const panel = await import(pathToFileURL(`${folder}/headroom_panel.js`).href);
panel.initSync({ module: await readFile(`${folder}/headroom_panel_bg.wasm`) });
console.log(String(panel.fingerprint()));
";

/// Compares host and WebAssembly.
pub(crate) fn compare() -> Result<Tally> {
    let _lock = lock::build()?;
    let host = headroom_engine::selftest::fingerprint().to_string();
    let mut node = shell::command("node");
    node.args(["--input-type=module", "--eval", SCRIPT, "--"]).arg(wasm::build_selftest()?);
    let wasm = shell::output(&mut node).context("running the panel's WebAssembly in Node.js")?;
    say("bits", format!("host {host}, WebAssembly {wasm}"));
    if host != wasm {
        anyhow::bail!(
            "the analysis gives {host} on the host and {wasm} in WebAssembly: something in `engine` depends on the platform"
        );
    }
    Ok(Tally::one(true))
}
