//! The binary format that XGBoost wrote for names without a known extension up to 2.0, and read up to 3.0: C structs
//! one behind the other, little endian. Laid out as in XGBoost 1.7's `learner.cc` (`LearnerIO::Save`),
//! `gbtree_model.cc` and `tree_model.cc` (`Save`). It holds no feature names and no categorical splits.

use super::arrays::{MAX_NODES, RawTree, problem};
use super::draft::{Draft, Group, MAX_TREES};
use super::learner::Learner;
use super::source::Source;
use crate::error::ModelError;
use crate::tree::TreeSink;

/// Longer lists of attributes or metrics than this are refused.
const MAX_PAIRS: u64 = 1 << 16;
/// `RegTree::Node::sindex_`: the feature, with this bit set where a missing value goes left.
const DEFAULT_LEFT: u32 = 1 << 31;

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read(mut source: Source<'_>, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let source = &mut source;
    if source.peek(4)?.starts_with(b"binf") {
        source.skip(4)?;
    }
    let mut draft = Draft::default();
    let head = read_head(source, &mut draft)?;
    draft.objective = text(source)?;
    draft.booster = text(source)?;
    // What follows depends on the kind, and a kind that is not scored is refused for what it is.
    draft.check_kind()?;
    read_trees(source, sink, &mut draft)?;
    if draft.booster == "dart" {
        read_weights(source, &mut draft)?;
    }
    if head.attributes {
        read_attributes(source, &mut draft)?;
    }
    if head.metrics {
        for _ in 0..count(source, MAX_PAIRS, "evaluation metrics")? {
            text(source)?;
        }
    }
    source.end()?;
    draft.finish(source.at())
}

/// What the head says is still to come.
struct Head {
    attributes: bool,
    metrics: bool,
}

/// `LearnerModelParamLegacy`, 136 bytes.
fn read_head(source: &mut Source<'_>, draft: &mut Draft) -> Result<Head, ModelError> {
    let what = "the model's parameters";
    let base_score = float(source, what)?;
    let num_feature = word(source, what)?;
    let num_class = word(source, what)? as i32;
    let attributes = word(source, what)? != 0;
    let metrics = word(source, what)? != 0;
    let major = word(source, what)?;
    source.skip(4)?; // the minor version
    let num_target = word(source, what)?;
    source.skip(136 - 8 * 4)?;
    if major == 0 {
        return Err(ModelError::Unsupported {
            what: "version",
            found: "0.x (its base score is on another scale)".to_owned(),
            supported: "XGBoost 1.0 and later; load the model there and save it again",
        });
    }
    let values = [
        ("base_score", base_score.to_string()),
        ("num_feature", num_feature.to_string()),
        ("num_class", num_class.to_string()),
        ("num_target", num_target.to_string()),
    ];
    for (key, value) in values {
        if let Some(place) = draft.param(Group::Learner, key) {
            *place = Some(value);
        }
    }
    Ok(Head { attributes, metrics })
}

/// `GBTreeModelParam`, 160 bytes, then the trees and their output groups.
fn read_trees(source: &mut Source<'_>, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    let what = "the trees' parameters";
    let num_trees = word(source, what)? as usize;
    let parallel = word(source, what)?;
    source.skip(4 + 4 + 8)?; // num_feature, padding, num_pbuffer
    let groups = word(source, what)?;
    let leaf_vector = word(source, what)?;
    source.skip(32 * 4)?;
    if num_trees > MAX_TREES {
        return Err(source.malformed(format!("`num_trees` is {num_trees}, at most {MAX_TREES} are expected")));
    }
    if groups > 1 {
        return Err(ModelError::Unsupported {
            what: "num_output_group",
            found: groups.to_string(),
            supported: "one output",
        });
    }
    if let Some(place) = draft.param(Group::Trees, "num_parallel_tree") {
        *place = Some(parallel.to_string());
    }
    let mut raw = RawTree::default();
    for tree in 0..num_trees {
        read_tree(source, tree, sink.wants_covers(), &mut raw)?;
        if leaf_vector > 1 {
            raw.leaf_vector = Some(leaf_vector.to_string());
        }
        draft.tree(&mut raw, sink)?;
    }
    let info = draft.tree_info.get_or_insert_default();
    source.elements::<4>(num_trees as u64, "the trees' outputs", |some| {
        info.extend(some.iter().map(|bytes| i32::from_le_bytes(*bytes)));
    })
}

/// `TreeParam`, 148 bytes; nodes of 20 bytes; statistics of 16 bytes a node.
fn read_tree(source: &mut Source<'_>, tree: usize, covers: bool, raw: &mut RawTree) -> Result<(), ModelError> {
    let what = "a tree's parameters";
    raw.clear();
    source.skip(4)?; // num_roots
    let nodes = word(source, what)?;
    source.skip(3 * 4)?; // num_deleted, max_depth, num_feature
    let leaf_vector = word(source, what)?;
    source.skip(31 * 4)?;
    if nodes as usize > MAX_NODES {
        return Err(problem(tree, 0, format!("the tree declares {nodes} nodes, at most {MAX_NODES} are expected")));
    }
    raw.leaf_vector = Some(leaf_vector.to_string());
    if leaf_vector > 1 {
        return Ok(()); // refused when it is laid out
    }
    source.elements::<20>(u64::from(nodes), "a tree's nodes", |some| {
        for node in some {
            // parent, left, right, sindex, info
            let [_, left, right, split, info] = words(node);
            raw.left.push(left as i32);
            raw.right.push(right as i32);
            raw.split_indices.push((split & !DEFAULT_LEFT) as i32);
            raw.default_left.push(u8::from(split & DEFAULT_LEFT != 0));
            raw.split_conditions.push(f32::from_bits(info));
        }
    })?;
    source.elements::<16>(u64::from(nodes), "a tree's statistics", |some| {
        if covers {
            // loss change, sum of second derivatives, base weight, leaf children
            raw.covers.extend(some.iter().map(|stat| f32::from_bits(words::<16, 4>(stat)[1])));
        }
    })
}

/// DART's `weight_drop`: a counted vector.
fn read_weights(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), ModelError> {
    if draft.trees == 0 {
        return Ok(());
    }
    let count = count(source, MAX_TREES as u64, "tree weights")?;
    let weights = &mut draft.weight_drop;
    source.elements::<4>(count, "the trees' weights", |some| {
        weights.extend(some.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    })
}

fn read_attributes(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), ModelError> {
    let count = count(source, MAX_PAIRS, "attributes")?;
    for _ in 0..count {
        let key = text(source)?;
        let value = text(source)?;
        if let Some(place) = draft.param(Group::Attributes, &key) {
            *place = Some(value);
        }
    }
    Ok(())
}

fn text(source: &mut Source<'_>) -> Result<String, ModelError> {
    let length = u64::from_le_bytes(source.take("a text's length")?);
    source.text(length)
}

fn count(source: &mut Source<'_>, most: u64, what: &'static str) -> Result<u64, ModelError> {
    let count = u64::from_le_bytes(source.take(what)?);
    if count > most {
        return Err(source.malformed(format!("there are {count} {what}, at most {most} are expected")));
    }
    Ok(count)
}

fn word(source: &mut Source<'_>, what: &'static str) -> Result<u32, ModelError> {
    source.take(what).map(u32::from_le_bytes)
}

fn float(source: &mut Source<'_>, what: &'static str) -> Result<f32, ModelError> {
    source.take(what).map(f32::from_le_bytes)
}

/// The 32-bit words of a struct.
fn words<const N: usize, const M: usize>(bytes: &[u8; N]) -> [u32; M] {
    const { assert!(N == 4 * M) };
    let (chunks, _) = bytes.as_chunks::<4>();
    let mut words = [0; M];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u32::from_le_bytes(*chunk);
    }
    words
}
