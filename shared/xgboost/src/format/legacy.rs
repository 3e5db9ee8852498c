//! The binary format that XGBoost wrote for names without a known extension up to 2.0, and read up to 3.0: C structs
//! one behind the other, little endian. Laid out as in XGBoost 1.7's `learner.cc` (`LearnerIO::Save`),
//! `gbtree_model.cc` and `tree_model.cc` (`Save`), with zeros where nothing is said. It holds no feature names and no
//! categorical splits.

use super::arrays::{DELETED, MAX_NODES, RawTree, problem};
use super::draft::{Draft, MAX_TREES};
use super::learner::Learner;
use super::source::Source;
use crate::error::ModelError;
use crate::tree::TreeSink;

/// Longer lists of attributes or metrics than this are refused.
const MAX_PAIRS: u64 = 1 << 16;
/// `RegTree::Node::sindex_`: the feature, with this bit set where a missing value goes left.
const DEFAULT_LEFT: u32 = 1 << 31;
/// `RegTree::Node::parent_`: the parent, with this bit set in a left child, and all of them in the root.
const IS_LEFT: u32 = 1 << 31;

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read(mut source: Source<'_>, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let source = &mut source;
    source.skip(4)?; // `binf`
    let mut draft = Draft::default();
    draft.layout.legacy = true;
    let head = read_head(source, &mut draft)?;
    draft.objective = text(source)?;
    draft.booster = text(source)?;
    // What follows depends on the kind, and a kind that is not scored is refused for what it is.
    draft.check_kind()?;
    read_trees(source, sink, &mut draft)?;
    if draft.booster == "dart" {
        read_weights(source, &mut draft)?;
    }
    if !head.attributes {
        return Err(source.malformed("there are no attributes; XGBoost keeps the objective there"));
    }
    read_attributes(source, &mut draft)?;
    if head.metrics {
        for _ in 0..count(source, MAX_PAIRS, "evaluation metrics")? {
            let metric = text(source)?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@-._:".contains(&byte);
            if metric.is_empty() || !metric.bytes().all(plain) {
                return Err(source.malformed("the name of an evaluation metric is not one of XGBoost's"));
            }
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
    let attributes = flag(source, what)?;
    let metrics = flag(source, what)?;
    let major = word(source, what)?;
    let minor = word(source, what)?;
    let num_target = word(source, what)?;
    let from_average = flag(source, what)?;
    zeros(source, 136 - 9 * 4, what)?;
    draft.version = i32::try_from(major).ok().zip(i32::try_from(minor).ok());
    // XGBoost 3.1 and later neither write nor read this format.
    if !matches!((major, minor), (1, 6..100) | (2, 0..100) | (3, 0)) {
        return Err(ModelError::Unsupported {
            what: "version",
            found: format!("{major}.{minor} in the legacy binary format"),
            supported: "XGBoost 1.6 to 3.0; load the model in the image's own version and save it again",
        });
    }
    if from_average && (major, minor) < (1, 7) {
        return Err(source.malformed(format!("{what} hold a flag that XGBoost 1.6 does not write")));
    }
    let params = &mut draft.params;
    params.base_score = format!("{base_score:E}");
    // The field is there before it is used.
    params.boost_from_average = ((major, minor) >= (1, 7)).then(|| u32::from(from_average).to_string());
    params.num_feature = num_feature.to_string();
    params.num_class = num_class.to_string();
    params.num_target = num_target.to_string();
    Ok(Head { attributes, metrics })
}

/// `GBTreeModelParam`, 160 bytes, then the trees and their output groups.
fn read_trees(source: &mut Source<'_>, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    let what = "the trees' parameters";
    let num_trees = word(source, what)? as usize;
    let parallel = word(source, what)?;
    zeros(source, 4 + 4 + 8, what)?; // num_feature, padding, num_pbuffer
    let groups = word(source, what)?;
    let leaf_vector = word(source, what)?;
    zeros(source, 32 * 4, what)?;
    if num_trees > MAX_TREES {
        return Err(source.malformed(format!("`num_trees` is {num_trees}, at most {MAX_TREES} are expected")));
    }
    if groups != 0 {
        return Err(ModelError::Unsupported {
            what: "num_output_group",
            found: groups.to_string(),
            supported: "one output",
        });
    }
    if leaf_vector != 0 {
        return Err(source.malformed(format!("`size_leaf_vector` of the model is {leaf_vector}, expected 0")));
    }
    draft.params.num_trees = num_trees.to_string();
    draft.params.num_parallel_tree = parallel.to_string();
    let mut raw = RawTree::default();
    for tree in 0..num_trees {
        read_tree(source, tree, sink.wants_covers(), &mut raw)?;
        draft.tree(&mut raw, sink)?;
    }
    let info = &mut draft.tree_info;
    source.elements::<4>(num_trees as u64, "the trees' outputs", |some| {
        info.extend(some.iter().map(|bytes| i32::from_le_bytes(*bytes)));
    })
}

/// `TreeParam`, 148 bytes; nodes of 20 bytes; statistics of 16 bytes a node.
fn read_tree(source: &mut Source<'_>, tree: usize, covers: bool, raw: &mut RawTree) -> Result<(), ModelError> {
    let what = "a tree's parameters";
    raw.clear();
    let roots = word(source, what)?;
    let nodes = word(source, what)?;
    raw.num_deleted = word(source, what)?.to_string();
    let depth = word(source, what)?;
    raw.num_feature = word(source, what)?.to_string();
    let leaf_vector = word(source, what)?;
    zeros(source, 31 * 4, what)?;
    if nodes as usize > MAX_NODES {
        return Err(problem(tree, 0, format!("the tree declares {nodes} nodes, at most {MAX_NODES} are expected")));
    }
    raw.leaf_vector = leaf_vector.to_string();
    if leaf_vector > 1 {
        return Ok(()); // refused when it is laid out
    }
    if (roots, depth) != (1, 0) {
        return Err(problem(tree, 0, format!("the tree says {roots} roots and the depth {depth}, expected 1 and 0")));
    }
    raw.id = tree as i64;
    raw.num_nodes = nodes.to_string();
    let count = nodes as usize;
    (raw.base_weights, raw.loss_changes, raw.sum_hessian) = (count, count, count);
    let mut flags = Vec::new();
    source.elements::<20>(u64::from(nodes), "a tree's nodes", |some| {
        for node in some {
            // parent, left, right, sindex, info
            let [parent, left, right, split, info] = words(node);
            raw.parents.push((parent & !IS_LEFT) as i32);
            flags.push(parent & IS_LEFT != 0);
            raw.left.push(left as i32);
            raw.right.push(right as i32);
            raw.split_indices.push((split & !DEFAULT_LEFT) as i32);
            raw.default_left.push(u8::from(split & DEFAULT_LEFT != 0));
            raw.split_conditions.push(f32::from_bits(info));
        }
    })?;
    raw.split_type.resize(count, 0);
    check_left(tree, raw, &flags)?;
    let mut children = false;
    source.elements::<16>(u64::from(nodes), "a tree's statistics", |some| {
        // loss change, sum of second derivatives, base weight, leaf children
        children |= some.iter().any(|stat| words::<16, 4>(stat)[3] != 0);
        if covers {
            raw.covers.extend(some.iter().map(|stat| f32::from_bits(words::<16, 4>(stat)[1])));
        }
    })?;
    if children { Err(problem(tree, 0, "a node's number of leaf children is not 0")) } else { Ok(()) }
}

/// That those nodes are marked as left children which are: the tree's walk knows parents and children only.
fn check_left(tree: usize, raw: &RawTree, flags: &[bool]) -> Result<(), ModelError> {
    let nodes = raw.parents.iter().zip(flags).zip(&raw.split_indices).enumerate();
    for (node, ((parent, flag), feature)) in nodes {
        let child = usize::try_from(*parent).ok().and_then(|parent| raw.left.get(parent));
        let is_left = node == 0 || (*feature != DELETED && child.is_some_and(|left| *left == node as i32));
        if is_left != *flag {
            return Err(problem(tree, node, "is marked as a left child and is none, or the other way round"));
        }
    }
    Ok(())
}

/// DART's `weight_drop`: a counted vector.
fn read_weights(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), ModelError> {
    if draft.trees == 0 {
        return Ok(());
    }
    let count = count(source, MAX_TREES as u64, "tree weights")?;
    let weights = draft.weight_drop.get_or_insert_default();
    source.elements::<4>(count, "the trees' weights", |some| {
        weights.extend(some.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    })
}

/// The attributes in ascending order; `objective` among them, which is the objective's own JSON.
fn read_attributes(source: &mut Source<'_>, draft: &mut Draft) -> Result<(), ModelError> {
    let count = count(source, MAX_PAIRS, "attributes")?;
    let (mut last, mut said): (Option<String>, _) = (None, false);
    for _ in 0..count {
        let key = text(source)?;
        let value = text(source)?;
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(source.malformed("the attributes hold a key twice, or keys that do not ascend"));
        }
        if key == "objective" {
            check_objective(source, &value, draft)?;
            said = true;
        } else {
            draft.attribute(&key, value).map_err(|problem| source.malformed(problem))?;
        }
        last = Some(key);
    }
    if said { Ok(()) } else { Err(source.malformed("the attributes lack `objective`")) }
}

/// XGBoost takes the objective's parameters from there.
fn check_objective(source: &Source<'_>, json: &str, draft: &Draft) -> Result<(), ModelError> {
    let head = format!("{{\"name\":\"{}\",\"reg_loss_param\":{{\"scale_pos_weight\":\"", draft.objective);
    let weight = json.strip_prefix(&head).and_then(|rest| rest.strip_suffix("\"}}"));
    let weight = weight.filter(|weight| weight.parse::<f32>().is_ok_and(f32::is_finite));
    let problem = || source.malformed("the attribute `objective` does not say the objective as XGBoost writes it");
    weight.map(drop).ok_or_else(problem)
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

/// A word that is 0 or 1.
fn flag(source: &mut Source<'_>, what: &'static str) -> Result<bool, ModelError> {
    match word(source, what)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(source.malformed(format!("{what} hold {other}, expected 0 or 1"))),
    }
}

/// Bytes that say nothing: what is hidden there is read by somebody else.
fn zeros(source: &mut Source<'_>, count: u64, what: &'static str) -> Result<(), ModelError> {
    let mut clean = true;
    source.elements::<1>(count, what, |some| clean &= some.as_flattened().iter().all(|byte| *byte == 0))?;
    if clean { Ok(()) } else { Err(source.malformed(format!("{what} hold bytes where XGBoost writes zeros"))) }
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
