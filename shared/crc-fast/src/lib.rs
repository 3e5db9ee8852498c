//! The three checksums that S3 and its SDK exchange, in place of the [crate of this name](https://docs.rs/crc-fast/1.10.0), which
//! knows a hundred: its tables of all of them, 647 KB that hardly compress, would be in every function that reads from S3.
//!
//! `aws-smithy-checksums` asks for [`Digest`] and these algorithms and nothing else; an SDK that asks for more does not compile.
//! The work is done by the crates that it used before, one for each checksum, with the processor's own instructions.

/// Which checksum, by the names of the [catalogue](https://reveng.sourceforge.io/crc-catalogue/all.htm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32/ISO-HDLC: S3's `CRC32`.
    Crc32IsoHdlc,
    /// CRC-32/ISCSI: S3's `CRC32C`.
    Crc32Iscsi,
    /// CRC-64/NVME: S3's `CRC64NVME`.
    Crc64Nvme,
}

/// A checksum of bytes that come one after the other.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Crc32(crc32fast::Hasher),
    Crc32c(u32),
    Crc64(crc64fast_nvme::Digest),
}

impl Digest {
    /// Of no bytes yet.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Crc32(crc32fast::Hasher::new()),
            CrcAlgorithm::Crc32Iscsi => State::Crc32c(0),
            CrcAlgorithm::Crc64Nvme => State::Crc64(crc64fast_nvme::Digest::new()),
        })
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(hasher) => hasher.update(bytes),
            State::Crc32c(crc) => *crc = crc32c::crc32c_append(*crc, bytes),
            State::Crc64(digest) => digest.write(bytes),
        }
    }

    /// The checksum of all bytes so far, in the lowest bits.
    pub fn finalize(&self) -> u64 {
        match &self.0 {
            State::Crc32(hasher) => u64::from(hasher.clone().finalize()),
            State::Crc32c(crc) => u64::from(*crc),
            State::Crc64(digest) => digest.sum64(),
        }
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Digest").field(&format_args!("{:#x}", self.finalize())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of<'a>(algorithm: CrcAlgorithm, parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
        let mut digest = Digest::new(algorithm);
        parts.into_iter().for_each(|part| digest.update(part));
        digest.finalize()
    }

    /// The catalogue's check values: of the nine digits.
    const CHECKS: [(CrcAlgorithm, u64); 3] = [
        (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
        (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
        (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
    ];

    #[test]
    fn each_checksum_is_the_catalogues() {
        for (algorithm, check) in CHECKS {
            assert_eq!(of(algorithm, [&b"123456789"[..]]), check, "{algorithm:?}");
            assert_eq!(of(algorithm, []), 0, "{algorithm:?} of nothing");
        }
    }

    /// Cargo only warns where a patch no longer fits what is asked for, and links the original again.
    #[test]
    fn the_workspace_is_linked_with_this_and_not_with_the_original() {
        let lock = include_str!("../../../Cargo.lock");
        let named: Vec<&str> =
            lock.split("[[package]]").filter(|own| own.contains("\nname = \"crc-fast\"\n")).collect();
        assert!(matches!(named.as_slice(), [own] if !own.contains("source = ")), "{named:?}");
    }

    /// Bit by bit, as the catalogue defines a reflected checksum.
    fn slowly(bytes: &[u8], polynomial: u64, ones: u64) -> u64 {
        let step = |crc: u64| if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
        ones ^ bytes.iter().fold(ones, |crc, byte| (0..8).fold(crc ^ u64::from(*byte), |crc, _| step(crc)))
    }

    proptest! {
        #[test]
        fn bytes_in_pieces_have_the_checksum_of_the_whole_by_its_definition(
            bytes in proptest::collection::vec(any::<u8>(), 0..4096),
            cut in any::<prop::sample::Index>(),
        ) {
            let (head, tail) = bytes.split_at(cut.index(bytes.len() + 1));
            let reflected: [(CrcAlgorithm, u64, u64); 3] = [
                (CrcAlgorithm::Crc32IsoHdlc, 0xedb8_8320, u64::from(u32::MAX)),
                (CrcAlgorithm::Crc32Iscsi, 0x82f6_3b78, u64::from(u32::MAX)),
                (CrcAlgorithm::Crc64Nvme, 0x9a6c_9329_ac4b_c9b5, u64::MAX),
            ];
            for (algorithm, polynomial, ones) in reflected {
                prop_assert_eq!(of(algorithm, [head, tail]), slowly(&bytes, polynomial, ones), "{:?}", algorithm);
            }
        }
    }
}
