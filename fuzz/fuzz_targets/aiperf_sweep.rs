//! Malformed files for the reader of AIPerf sweep aggregate (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("aiperf_sweep", data));
