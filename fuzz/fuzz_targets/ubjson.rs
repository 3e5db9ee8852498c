//! A bare model file as UBJSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| meridian_fuzz::bare_model(data));
