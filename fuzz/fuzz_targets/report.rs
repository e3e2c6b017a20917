//! Malformed files for the reader that `HEADROOM_TARGET` names: the id of a format, `any` (the default), `deployments` or `beside`.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("HEADROOM_TARGET").unwrap_or_else(|_| headroom_fuzz::ANY.to_owned()));

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check(&TARGET, data));
