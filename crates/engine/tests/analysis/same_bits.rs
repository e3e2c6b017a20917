//! The engine computes the same bits in WebAssembly as on the host.

use std::path::PathBuf;
use std::process::Command;

use headroom_engine::selftest::fingerprint;

#[test]
fn the_fingerprint_is_stable_within_a_process() {
    assert_eq!(fingerprint(), fingerprint());
}

#[test]
fn host_and_webassembly_agree_to_the_last_bit() {
    let Some(module) = build_module() else {
        println!("left out: no wasm32-unknown-unknown target to build the engine for");
        return;
    };
    let script = "const { instance } = await WebAssembly.instantiate(\
                  (await import('node:fs')).readFileSync(process.argv[1]), {});\
                  console.log(BigInt.asUintN(64, instance.exports.headroom_engine_fingerprint()).toString())";
    let output = match Command::new("node").args(["--input-type=module", "-e", script]).arg(&module).output() {
        Ok(output) => output,
        Err(error) => {
            println!("left out: node could not be started: {error}");
            return;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let in_wasm: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("node prints one number");
    assert_eq!(in_wasm, fingerprint());
}

/// Builds the engine alone as a WebAssembly module, in a target directory of its own because
/// the one in use may be locked. `None` where the target is not installed.
fn build_module() -> Option<PathBuf> {
    let target_dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("same-bits");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--offline", "--package", "headroom-engine", "--lib", "--crate-type", "cdylib"])
        .args(["--features", "wasm-selftest", "--target", "wasm32-unknown-unknown", "--release", "--target-dir"])
        .arg(&target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs, since it runs this test");
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && errors.contains("target may not be installed") {
        return None;
    }
    assert!(output.status.success(), "{errors}");
    Some(target_dir.join("wasm32-unknown-unknown/release/headroom_engine.wasm"))
}
