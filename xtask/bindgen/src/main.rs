//! `xtask-bindgen INPUT.wasm OUTPUT_DIR`: writes `headroom_panel.js`, `headroom_panel_bg.wasm` and
//! `headroom_panel.d.ts` for loading by a web page.
//!
//! The version of `wasm-bindgen-cli-support` must equal the version of `wasm-bindgen` that the panel
//! was compiled against; both are pinned in manifests, so that no tool has to be installed by hand.

use std::env;

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        bail!("expected INPUT.wasm and OUTPUT_DIR, found {} arguments", arguments.len());
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).web(true)?.typescript(true).omit_default_module_path(true).remove_producers_section(true);
    bindgen.generate(output).with_context(|| format!("writing the bindings of {input} to {output}"))
}
