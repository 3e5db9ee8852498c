//! A bare model file as XGBoost's JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| meridian_fuzz::bare_model(data));
