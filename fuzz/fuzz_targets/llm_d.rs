//! Malformed files for the reader of llm-d Benchmark Report 0.1, 0.2 and 0.2.1 (YAML, JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("llm_d", data));
