//! Finding out what a file is, and unpacking it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headroom_fuzz::check("any", data));
