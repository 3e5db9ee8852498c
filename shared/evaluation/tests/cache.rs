//! What a model said of a held-out set is believed only where it is exactly what was written, about exactly this.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_evaluation::cache::{CacheError, Subject, SubjectPart, decode, encode};
use meridian_xgboost::{Attributions, Caveat, Image, ModelAnswer, NodeFault, Objective, Scored, Unexplained};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const CAVEATS: [Caveat; 4] = [
    Caveat::ServesBest { image: Image::V1_7, best: 12, trees: 30 },
    Caveat::ServesAll { image: Image::V3_0, best: 12, trees: 30 },
    Caveat::NoFeatureNames { features: 5 },
    Caveat::NotExplained(Unexplained { tree: 3, node: 7, fault: NodeFault::Weight }),
];

/// Owns what a subject borrows.
#[derive(Clone, Debug)]
struct Case {
    features: Vec<String>,
    explained: Vec<u32>,
    kept: ModelAnswer,
}

impl Case {
    fn subject(&self) -> Subject<'_> {
        Subject {
            archive: [1; 32],
            holdout: [2; 32],
            image: Image::V3_0,
            features: &self.features,
            rows: self.kept.scored.margins.len(),
            explained: &self.explained,
        }
    }
}

/// Any f32 but NaN, which is not equal to itself.
fn number() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("not a NaN", |value| !value.is_nan())
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = (1..40_usize, 1..6_usize, 0..4_usize);
    sizes.prop_flat_map(|(rows, width, explained)| {
        let margins = prop::collection::vec(number(), rows);
        let values = prop::collection::vec(number(), explained * width);
        let splits = prop::option::of(prop::collection::vec(any::<u32>(), width));
        (margins, values, splits, number()).prop_map(move |(margins, values, splits, base)| {
            let features: Vec<String> = (0..width).map(|feature| format!("amount_{feature}")).collect();
            let explained: Vec<u32> = (0..explained as u32).map(|row| row * 3).collect();
            let attributions = (!explained.is_empty()).then(|| Attributions {
                rows: explained.clone(),
                features: features.clone(),
                values,
                base,
            });
            let caveats = CAVEATS.iter().take(width).copied().collect();
            Case {
                features,
                explained,
                kept: ModelAnswer {
                    objective: Objective::BinaryLogitRaw,
                    scored: Scored { margins, splits, attributions },
                    caveats,
                },
            }
        })
    })
}

proptest! {
    #[test]
    fn what_was_kept_is_read_back_bit_by_bit(case in case()) {
        let bytes = encode(&case.subject(), &case.kept).unwrap();
        let back = decode(&bytes, &case.subject()).unwrap();
        let bits = |scored: &Scored| scored.margins.iter().map(|margin| margin.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&back.scored), bits(&case.kept.scored));
        prop_assert_eq!(back.scored.splits, case.kept.scored.splits);
        prop_assert_eq!(back.scored.attributions, case.kept.scored.attributions);
        prop_assert_eq!(back.objective, case.kept.objective);
        prop_assert_eq!(back.caveats, case.kept.caveats);
    }

    #[test]
    fn a_flipped_bit_or_a_lost_byte_is_refused(case in case(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let bytes = encode(&case.subject(), &case.kept).unwrap();
        let mut flipped = bytes.clone();
        flipped[at.index(bytes.len())] ^= 1 << bit;
        prop_assert_eq!(decode(&flipped, &case.subject()).unwrap_err(), CacheError::Damaged);
        prop_assert_eq!(decode(&bytes[..at.index(bytes.len())], &case.subject()).unwrap_err(), CacheError::Damaged);
        let longer = [bytes.as_slice(), &[0]].concat();
        prop_assert_eq!(decode(&longer, &case.subject()).unwrap_err(), CacheError::Damaged);
    }
}

fn small() -> Case {
    let features = vec!["amount".to_owned(), "age".to_owned()];
    let explained = vec![0, 2];
    let attributions = Attributions {
        rows: explained.clone(),
        features: features.clone(),
        values: vec![0.5, -0.25, 1.5, 0.0],
        base: -4.0,
    };
    let scored = Scored { margins: vec![-1.5, 2.0, 0.25], splits: Some(vec![3, 1]), attributions: Some(attributions) };
    Case {
        features,
        explained,
        kept: ModelAnswer { objective: Objective::BinaryLogitRaw, scored, caveats: CAVEATS.to_vec() },
    }
}

#[test]
fn margins_of_something_else_are_refused_by_name() {
    let case = small();
    let bytes = encode(&case.subject(), &case.kept).unwrap();
    let assert_foreign = |subject: Subject<'_>, part| {
        assert_eq!(decode(&bytes, &subject).unwrap_err(), CacheError::Foreign(part));
    };
    let subject = case.subject();
    let other = [3; 32];
    assert_foreign(Subject { archive: other, ..subject }, SubjectPart::Archive);
    assert_foreign(Subject { holdout: other, ..subject }, SubjectPart::HoldOut);
    assert_foreign(Subject { image: Image::V1_7, ..subject }, SubjectPart::Image);
    let swapped: Vec<String> = case.features.iter().rev().cloned().collect();
    assert_foreign(Subject { features: &swapped, ..subject }, SubjectPart::Features);
    assert_foreign(Subject { rows: 4, ..subject }, SubjectPart::Records);
    assert_foreign(Subject { explained: &[0, 1], ..subject }, SubjectPart::Sample);
    assert_foreign(Subject { explained: &[], ..subject }, SubjectPart::Records);
}

#[test]
fn bytes_that_are_no_margins_are_refused() {
    let case = small();
    for bytes in [&b""[..], b"MRDNMRG\x03", &[0; 32], &[0; 400]] {
        assert_eq!(decode(bytes, &case.subject()).unwrap_err(), CacheError::Damaged);
    }
    // Whole, and of a version to come.
    let mut newer = encode(&case.subject(), &case.kept).unwrap();
    newer[7] += 1;
    let end = newer.len() - 32;
    let digest = Sha256::digest(&newer[..end]);
    newer[end..].copy_from_slice(&digest);
    assert_eq!(decode(&newer, &case.subject()).unwrap_err(), CacheError::Foreign(SubjectPart::Format));
}

#[test]
fn what_does_not_fit_its_subject_is_not_kept() {
    let case = small();
    assert!(encode(&Subject { rows: 2, ..case.subject() }, &case.kept).is_err());
    assert!(encode(&Subject { explained: &[], ..case.subject() }, &case.kept).is_err());
    assert!(encode(&Subject { features: &case.features[..1], ..case.subject() }, &case.kept).is_err());
}

#[test]
fn a_model_that_cannot_be_explained_is_kept_as_one() {
    let mut case = small();
    case.kept.scored.attributions = None;
    let bytes = encode(&case.subject(), &case.kept).unwrap();
    assert_eq!(decode(&bytes, &case.subject()).unwrap(), case.kept);
}
