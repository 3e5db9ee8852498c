//! A bare model file as UBJSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(model) = meridian_scoring::Model::from_ubjson(data) {
        meridian_fuzz::scores(&model);
    }
});
