//! Malformed files for the reader of GuideLLM HTML (0.8).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("guidellm_html", data));
