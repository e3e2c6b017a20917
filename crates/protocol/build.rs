//! Compiles the protocol's `.proto` files to Rust, in Rust: no `protoc` is needed.

use std::{error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let files = ["proto/grafana_backend.proto", "proto/go_plugin.proto"];
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files.map(PathBuf::from), ["proto"])?;
    tonic_prost_build::configure()
        // Messages carry decrypted secrets and forwarded credentials. Without `Debug` the compiler
        // refuses every attempt to print one.
        .skip_debug(["."])
        .btree_map(".")
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
