//! A held-out set as CSV, plain or gzipped. One that ends in `~` goes on for 160 MB.
#![no_main]

use meridian_fuzz::{endless, held_out};

libfuzzer_sys::fuzz_target!(|data: &[u8]| match data.strip_suffix(b"~") {
    Some(start) => held_out(&endless(start)),
    None => held_out(data),
});
