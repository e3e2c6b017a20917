//! Malformed files for the reader of GuideLLM CSV (0.2 to 0.8).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("guidellm_csv", data));
