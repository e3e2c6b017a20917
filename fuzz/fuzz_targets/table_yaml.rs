//! Malformed files for the reader of Headroom level table (YAML).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("table_yaml", data));
