//! Malformed files for the reader of SGLang bench_serving (JSON lines).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("sglang", data));
