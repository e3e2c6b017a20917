//! Malformed files for the reader of InferenceX result (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("inferencex", data));
