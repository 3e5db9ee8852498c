//! A bare model file in the legacy binary format, which XGBoost wrote up to 3.0.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| meridian_fuzz::bare_model(data));
