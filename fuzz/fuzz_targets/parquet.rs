//! A held-out set as Parquet.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| meridian_fuzz::held_out(data));
