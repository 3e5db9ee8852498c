//! A table of prices, and the forecast that is made of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        meridian_fuzz::forecast(text);
    }
});
