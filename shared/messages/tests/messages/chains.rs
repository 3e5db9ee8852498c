//! How far a ledger can be believed, and what to do where it cannot.

use crate::given::{at, version};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::{ChainError, Head, ReleaseId, Sha256};
use meridian_messages::chains;

const WHY: &str = "ListObjectsV2 in ap-northeast-1: AccessDenied";

#[test]
fn what_is_said_of_a_chain_has_its_exact_text() {
    let hash = Sha256::OF_NOTHING;
    let head = Head { next: 12, prev: hash, written: at("03:02:01") };
    let kept = KeptHead { seq: 12, hash };
    let other = Departure::Other { found: Sha256::from_bytes([0xab; 32]) };
    let removed = ChainError::Sequence { expected: 3, found: 4 };
    for (told, words) in [
        (chains::whole(&Head::default()), "empty: nothing was ever written"),
        (
            chains::whole(&head),
            "12 entries, whole chain verified, head e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (chains::unread(WHY), "UNKNOWN, it cannot be read: ListObjectsV2 in ap-northeast-1: AccessDenied"),
        (
            chains::broken(&removed),
            "ledger entry 4 found where 3 is expected: an entry was removed or added by hand; compare the entries with the \
             bucket's object versions",
        ),
        (
            chains::broken(&ChainError::Hash { seq: 5 }),
            "ledger entry 5 does not have the hash of the entry before it: the chain was altered; compare the entries with the \
             bucket's object versions",
        ),
        (
            chains::misnamed(64),
            "the checkpoint that ledger entry 64 names differs from the entries before it, and functions start from it: halt the \
             fleet, and compare the entries with the bucket's object versions",
        ),
        (
            chains::altered(&removed, "fraud-models-jp", 3),
            "ALTERED: ledger entry 4 found where 3 is expected: an entry was removed or added by hand, bucket fraud-models-jp; the 3 \
             entries before it can be believed",
        ),
        (
            chains::departs("EU", Departure::Missing, &kept),
            "ALTERED: by what EU kept, it has no entry 12 (e3b0c44298fc) any more: it was truncated, or an older copy was restored",
        ),
        (
            chains::departs("EU", other, &kept),
            "ALTERED: by what EU kept, it has another entry 12 than before (abababababab instead of e3b0c44298fc): it was rewritten",
        ),
        (
            chains::kept_unread("EU", WHY),
            "what EU kept of it cannot be read: ListObjectsV2 in ap-northeast-1: AccessDenied",
        ),
        (
            chains::from_the_future(7, at("03:02:01.75")),
            "entry 7 says that it was written later than 2026-11-20T03:02:01Z, when S3 stored it: told with S3's time",
        ),
        (
            chains::nothing_written(at("02:00:00"), at("03:02:01.75")),
            "Nothing was written from 2026-11-20T02:00:00Z to 2026-11-20T03:02:01Z.",
        ),
        (
            chains::bytes_untold("JP", &version("v427"), ReleaseId(hash), WHY),
            "JP cannot tell the bytes of v427 (release e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855): \
             ListObjectsV2 in ap-northeast-1: AccessDenied",
        ),
    ] {
        assert_eq!(told, words);
    }
}
