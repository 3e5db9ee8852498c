//! `model.tar.gz`: gzip, tar, and the model inside.
//!
//! Checksums stop random changes at the door, so the input's first byte says how much of the wrapping is mended:
//! 0 the rest is the archive as it is, 1 it is a tar that gets gzipped, 2 its headers' checksums are mended first, 3 the
//! same, and the tar goes on for 160 MB.
#![no_main]

use meridian_fuzz::{endless, gzip, scores};
use meridian_xgboost::Model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    let archive = match mode {
        0 => rest.to_vec(),
        1 => gzip(rest),
        2 => gzip(&mended(rest)),
        3 => endless(&mended(rest)),
        _ => return,
    };
    if let Ok(model) = Model::from_archive(archive.as_slice()) {
        scores(&model);
    }
});

/// The tar with every header's checksum right, headers found as a reader finds them: by the sizes that they name.
fn mended(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    let mut at = 0_usize;
    while let Some(header) = tar.get_mut(at..).and_then(|rest| rest.get_mut(..512)) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let octal = header[124..135].iter().take_while(|byte| matches!(byte, b'0'..=b'7'));
        let size = octal.fold(0_usize, |size, digit| size * 8 + usize::from(digit - b'0'));
        at += 512 + size.next_multiple_of(512);
    }
    tar
}
