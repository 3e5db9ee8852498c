//! One regression tree as the file holds it: XGBoost's parallel arrays. Every format's reader fills them; here they
//! are checked and laid out as a [`Tree`].

use super::draft::MAX_FEATURES;
use crate::error::ModelError;
use crate::tree::{CATEGORICAL, DEFAULT_LEFT, Node, Tree};

/// More nodes than this in one tree are refused before memory is spent on them (depth 21, full).
pub(super) const MAX_NODES: usize = 1 << 22;
/// Members of all sets of one tree; with [`MAX_CATEGORY`] and [`MAX_SET_WORDS`] it bounds what they may cost.
pub(super) const MAX_CATEGORIES: usize = 1 << 22;
/// Categories are below this: XGBoost's `OutOfRangeCat`, the integers that a 32-bit float holds exactly.
pub(super) const MAX_CATEGORY: i32 = 1 << 24;
/// Memory for the sets of all trees of a model, in 32-bit words (64 MB).
const MAX_SET_WORDS: usize = 1 << 24;
/// Levels of one tree below its root. Every row pays for each, so a chain of nodes would make a small file take hours.
const MAX_LEVELS: usize = 4096;

/// The root's parent.
const NO_PARENT: i32 = i32::MAX;
/// The feature of a node that pruning took out of the tree.
pub(super) const DELETED: i32 = i32::MAX;

/// A tree as the file holds it: arrays of one length, one element a node. Reused from tree to tree.
#[derive(Debug, Default)]
pub(super) struct RawTree {
    pub(super) left: Vec<i32>,
    pub(super) right: Vec<i32>,
    pub(super) split_indices: Vec<i32>,
    pub(super) split_conditions: Vec<f32>,
    pub(super) default_left: Vec<u8>,
    /// Each node's parent; [`NO_PARENT`] for the root.
    pub(super) parents: Vec<i32>,
    /// `sum_hessian`; read where the sink wants covers.
    pub(super) covers: Vec<f32>,
    /// 1 for a categorical split.
    pub(super) split_type: Vec<u8>,
    /// The nodes of `split_type` 1, ascending; where each one's set starts in `categories`, and its size.
    pub(super) categories_nodes: Vec<i32>,
    pub(super) categories_segments: Vec<i32>,
    pub(super) categories_sizes: Vec<i32>,
    pub(super) categories: Vec<i32>,
    /// Which tree it says it is: XGBoost puts it there, wherever it stands.
    pub(super) id: i64,
    /// How many elements the arrays have that scoring does not ask for.
    pub(super) base_weights: usize,
    pub(super) loss_changes: usize,
    pub(super) sum_hessian: usize,
    /// The members of `tree_param`.
    pub(super) num_deleted: String,
    pub(super) num_feature: String,
    pub(super) num_nodes: String,
    /// `size_leaf_vector`: 0 in trees grown by XGBoost 1.x, 1 in later ones.
    pub(super) leaf_vector: String,
    // Room for laying out a tree that is not breadth-first in the file.
    pub(super) seen: Vec<bool>,
    queue: Vec<u32>,
}

/// What laying out trees learned about the whole model.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// The highest feature that a node names, with its tree and node.
    pub(super) highest: Option<(i32, usize, usize)>,
    set_words: usize,
}

impl RawTree {
    pub(super) fn clear(&mut self) {
        let numbers = [&mut self.left, &mut self.right, &mut self.split_indices, &mut self.parents];
        let sets = [
            &mut self.categories_nodes,
            &mut self.categories_segments,
            &mut self.categories_sizes,
            &mut self.categories,
        ];
        numbers.into_iter().chain(sets).for_each(Vec::clear);
        self.split_conditions.clear();
        self.default_left.clear();
        self.covers.clear();
        self.split_type.clear();
    }

    /// Checks the tree and lays it out in `tree`, whose former content is dropped: breadth-first, siblings side by side.
    pub(super) fn lay_out(
        &mut self,
        index: usize,
        covers: bool,
        extent: &mut Extent,
        tree: &mut Tree,
    ) -> Result<(), ModelError> {
        tree.clear();
        if !matches!(self.leaf_vector.as_str(), "0" | "1") {
            return Err(ModelError::Unsupported {
                what: "vector leaves",
                found: format!("of {} values (tree {index})", shown(&self.leaf_vector)),
                supported: "one value a leaf; train with multi_strategy=one_output_per_tree",
            });
        }
        self.check_lengths(index)?;
        let covers = covers && self.covers.len() == self.left.len();
        if !covers {
            self.covers.clear();
        }
        let lists = [&self.categories, &self.categories_nodes, &self.categories_segments, &self.categories_sizes];
        let categorical = lists.iter().any(|list| !list.is_empty()) || self.split_type.iter().any(|kind| *kind != 0);
        if categorical {
            self.check_categories(index)?;
        }
        if categorical || !self.copy_in_order(index, tree)? {
            tree.nodes.clear();
            self.walk(index, tree)?;
        } else if covers {
            tree.covers.extend_from_slice(&self.covers);
        }
        extent.grow(index, self.highest(), tree)
    }

    /// The highest feature that a node names which is still in the tree, with the node. Leaves keep the feature of a
    /// split that was pruned.
    fn highest(&self) -> (i32, usize) {
        let features = self.split_indices.iter().map(|feature| if *feature == DELETED { 0 } else { *feature });
        let highest = features.fold(0, i32::max);
        let node = |highest| self.split_indices.iter().position(|feature| *feature == highest).unwrap_or(0);
        (highest, if highest == 0 { 0 } else { node(highest) })
    }

    /// The usual case, one pass: the nodes are breadth-first already, as growing level by level leaves them. `false`
    /// where they are not; then nothing was decided, and `tree` holds rubbish.
    fn copy_in_order(&self, index: usize, tree: &mut Tree) -> Result<bool, ModelError> {
        tree.nodes.reserve(self.left.len());
        let children = self.left.iter().zip(&self.right);
        let splits = self.split_indices.iter().zip(&self.default_left);
        let mut next = 1_i32;
        if self.parents.first() != Some(&NO_PARENT) {
            return Ok(false);
        }
        for ((node, value), ((left, right), (feature, default))) in
            self.split_conditions.iter().enumerate().zip(children.zip(splits))
        {
            // Only a node that is reached counts: the walk finds out.
            if !value.is_finite() || node >= next as usize {
                return Ok(false);
            }
            if *left == -1 && *right == -1 {
                // The walk tells what is wrong with the others.
                if !(0..MAX_FEATURES as i32).contains(feature) {
                    return Ok(false);
                }
                tree.nodes.push(Node { value: *value, left: 0, feature: 0 });
                continue;
            }
            let parents = self.parents.get(next as usize..next as usize + 2);
            if parents.is_none_or(|parents| parents != [node as i32; 2]) {
                return Ok(false);
            }
            if *left != next || *right != next + 1 {
                return Ok(false);
            }
            let feature = feature_of(index, node, *feature, *default)?;
            tree.nodes.push(Node { value: *value, left: next as u32, feature });
            next += 2; // the node count is checked behind, and is at most MAX_NODES
        }
        Ok(next as usize == self.left.len())
    }

    /// Any other order, and categorical splits: a node's new place is fixed when its parent is placed, so that
    /// siblings become neighbours. Nodes that pruning took out are left out.
    fn walk(&mut self, index: usize, tree: &mut Tree) -> Result<(), ModelError> {
        self.seen.clear();
        self.seen.resize(self.left.len(), false);
        self.queue.clear();
        self.queue.push(0);
        self.check_parent(index, 0, NO_PARENT)?;
        let mut next = 0;
        while let Some(&old) = self.queue.get(next) {
            next += 1;
            let old = old as usize;
            let seen = self.seen.get_mut(old).ok_or_else(|| problem(index, old, "lies outside of the tree"))?;
            if std::mem::replace(seen, true) {
                return Err(problem(index, old, "is reached twice: its tree has a cycle or shares a child"));
            }
            let (mut node, children) = self.node(index, old, tree)?;
            if let Some((left, right)) = children {
                node.left = self.queue.len() as u32; // at most MAX_NODES
                self.queue.extend([left, right]);
                for child in [left as usize, right as usize] {
                    if self.seen.get(child) == Some(&true) {
                        return Err(problem(index, child, "is reached twice: its tree has a cycle or shares a child"));
                    }
                    self.check_parent(index, child, old as i32)?;
                }
            }
            tree.nodes.push(node);
            if !self.covers.is_empty() {
                tree.covers.push(self.covers.get(old).copied().unwrap_or(f32::NAN));
            }
        }
        self.check_deleted(index)
    }

    /// One node, checked, with the file's indices of its children.
    fn node(&self, tree: usize, node: usize, laid: &mut Tree) -> Result<(Node, Option<(u32, u32)>), ModelError> {
        let missing = || problem(tree, node, "lies outside of the tree");
        let value = *self.split_conditions.get(node).ok_or_else(missing)?;
        let left = *self.left.get(node).ok_or_else(missing)?;
        let right = *self.right.get(node).ok_or_else(missing)?;
        let leaf = left == -1 && right == -1;
        let categorical = !leaf && self.split_type.get(node).is_some_and(|kind| *kind != 0);
        // The threshold of a categorical split is not used, and not a number in some versions.
        if !value.is_finite() && !categorical {
            return Err(problem(tree, node, "its threshold or leaf value is not finite"));
        }
        let feature = *self.split_indices.get(node).ok_or_else(missing)?;
        let default = *self.default_left.get(node).ok_or_else(missing)?;
        let mut feature = feature_of(tree, node, feature, default)?;
        if leaf {
            return Ok((Node { value, left: 0, feature: 0 }, None));
        }
        let children = (self.child(tree, node, left)?, self.child(tree, node, right)?);
        // XGBoost's predictors step to `left + 1`, whatever the file says.
        if children.0.checked_add(1) != Some(children.1) && !self.shares(children) {
            let text =
                format!("its right child is {right}, expected {}: XGBoost keeps siblings side by side", left + 1);
            return Err(problem(tree, node, text));
        }
        let mut value = value;
        if categorical {
            feature |= CATEGORICAL;
            value = f32::from_bits(self.set(tree, node, laid)?);
        }
        Ok((Node { value, left: 0, feature }, Some(children)))
    }

    /// Whether a child was reached before, which is the graver fault of the two.
    fn shares(&self, (left, right): (u32, u32)) -> bool {
        left == right || [left, right].iter().any(|child| self.seen.get(*child as usize).is_some_and(|seen| *seen))
    }

    fn child(&self, tree: usize, node: usize, child: i32) -> Result<u32, ModelError> {
        let count = self.left.len();
        u32::try_from(child)
            .ok()
            .filter(|child| *child > 0 && (*child as usize) < count)
            .ok_or_else(|| problem(tree, node, format!("its child is {child}, expected 1 to {}", count - 1)))
    }

    /// Adds the node's categories, which were checked, to the tree's and gives the index of the set.
    fn set(&self, tree: usize, node: usize, laid: &mut Tree) -> Result<u32, ModelError> {
        let place = i32::try_from(node).ok().and_then(|node| self.categories_nodes.binary_search(&node).ok());
        let members = place.and_then(|place| {
            let start = usize::try_from(*self.categories_segments.get(place)?).ok()?;
            let size = usize::try_from(*self.categories_sizes.get(place)?).ok()?;
            self.categories.get(start..start.checked_add(size)?)
        });
        let members = members.ok_or_else(|| problem(tree, node, "is a categorical split without categories"))?;
        let members: Vec<u32> = members.iter().map(|category| category.unsigned_abs()).collect();
        let set = laid.categories.push(&members);
        if laid.categories.words() > MAX_SET_WORDS {
            return Err(too_many_categories(tree, node));
        }
        Ok(set)
    }
}

impl Extent {
    fn grow(&mut self, index: usize, (highest, node): (i32, usize), tree: &Tree) -> Result<(), ModelError> {
        check_levels(index, &tree.nodes)?;
        self.set_words += tree.categories.words();
        if self.set_words > MAX_SET_WORDS {
            return Err(too_many_categories(index, 0));
        }
        if self.highest.is_none_or(|(known, _, _)| highest > known) {
            self.highest = Some((highest, index, node));
        }
        Ok(())
    }
}

/// That a laid out tree has at most [`MAX_LEVELS`] levels.
fn check_levels(tree: usize, nodes: &[Node]) -> Result<(), ModelError> {
    // A level has two nodes at least.
    if nodes.len() <= 2 * MAX_LEVELS {
        return Ok(());
    }
    let (mut start, mut end) = (0, 1);
    for _ in 0..=MAX_LEVELS {
        // The last split's children are the last nodes of the next level.
        let level = nodes.get(start..end).unwrap_or_default();
        let Some(last) = level.iter().rfind(|node| node.left != 0) else { return Ok(()) };
        (start, end) = (end, last.left as usize + 2);
    }
    Err(problem(
        tree,
        start,
        format!(
            "(counted breadth-first) lies more than {MAX_LEVELS} levels deep; train with a smaller `max_depth` or `max_leaves`"
        ),
    ))
}

/// [`Node::feature`] of a split. How many features there are stands behind the trees, and whoever takes the trees may
/// keep a table by feature: so no index is believed that no model could have.
fn feature_of(tree: usize, node: usize, feature: i32, default: u8) -> Result<u32, ModelError> {
    let default = if default == 0 { 0 } else { DEFAULT_LEFT };
    match u32::try_from(feature) {
        Ok(feature) if (feature as usize) < MAX_FEATURES => Ok(feature | default),
        _ => {
            let text =
                format!("splits on a feature index out of range ({feature}, expected 0 to {})", MAX_FEATURES - 1);
            Err(problem(tree, node, text))
        }
    }
}

/// A text of the file as an error text shows it.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_default).collect()
}

fn too_many_categories(tree: usize, node: usize) -> ModelError {
    let limit = MAX_SET_WORDS / (1 << 18);
    problem(tree, node, format!("makes the sets of categories take more than {limit} MB"))
}

pub(super) fn problem(tree: usize, node: usize, problem: impl Into<String>) -> ModelError {
    ModelError::Tree { tree, node, problem: problem.into() }
}
