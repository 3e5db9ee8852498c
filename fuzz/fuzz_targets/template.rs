//! A template, and behind a line `# samconfig.toml` the settings that it is deployed with; without that line, usual ones.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        meridian_fuzz::deployed(text);
    }
});
