//! Malformed files for the reader of inference-perf stage (JSON, YAML).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("inference_perf", data));
