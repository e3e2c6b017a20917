//! Malformed files for the reader of vllm bench serve and sweep (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("vllm_bench", data));
