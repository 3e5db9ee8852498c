//! A held-out set as Parquet. The crate that decodes it panics on some damaged files, which the reader catches.
#![no_main]

libfuzzer_sys::fuzz_target!(init: meridian_fuzz::panics_may_be_caught(), |data: &[u8]| meridian_fuzz::held_out(data));
