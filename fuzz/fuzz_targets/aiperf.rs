//! Malformed files for the reader of AIPerf profile export (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("aiperf", data));
