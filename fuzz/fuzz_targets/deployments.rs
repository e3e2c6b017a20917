//! Malformed files of facts about deployments.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("deployments", data));
