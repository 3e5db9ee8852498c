//! A held-out set as CSV, plain or gzipped.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| meridian_fuzz::held_out(data));
