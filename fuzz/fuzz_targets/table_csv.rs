//! Malformed files for the reader of Headroom level table (CSV).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("table_csv", data));
