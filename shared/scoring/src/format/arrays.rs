//! One regression tree as the file holds it: XGBoost's parallel arrays, read, checked, and handed on as a [`Tree`].

use super::ubjson::Reader;
use crate::error::ModelError;
use crate::tree::{DEFAULT_LEFT, Node, Tree};
use std::io::Read;

/// More nodes than this in one tree are refused before memory is spent on them (depth 21, full).
const MAX_NODES: usize = 1 << 22;

/// A tree as the file holds it: arrays of one length, one element a node.
#[derive(Debug, Default)]
pub(crate) struct RawTree {
    left: Vec<i64>,
    right: Vec<i64>,
    split_indices: Vec<i64>,
    split_conditions: Vec<f32>,
    default_left: Vec<bool>,
    categorical: bool,
    leaf_vector: String,
}

impl RawTree {
    /// Reads a tree whose `{` was consumed.
    pub(crate) fn read<R: Read>(reader: &mut Reader<R>) -> Result<RawTree, ModelError> {
        let mut tree = RawTree { leaf_vector: "1".to_owned(), ..RawTree::default() };
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "left_children" => tree.left = integers(reader, "left_children")?,
                "right_children" => tree.right = integers(reader, "right_children")?,
                "split_indices" => tree.split_indices = integers(reader, "split_indices")?,
                "split_conditions" => tree.split_conditions = floats(reader, "split_conditions")?,
                "default_left" => tree.default_left = flags(reader, "default_left")?,
                "split_type" => tree.categorical = flags(reader, "split_type")?.contains(&true),
                "tree_param" => tree.read_param(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(tree)
    }

    fn read_param<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ModelError> {
        reader.object("tree_param")?;
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "size_leaf_vector" => self.leaf_vector = reader.text("size_leaf_vector")?,
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    /// Checks the tree and lays it out in `tree`, whose former content is dropped: breadth-first, siblings side by side.
    pub(crate) fn lay_out(&self, index: usize, tree: &mut Tree) -> Result<(), ModelError> {
        self.check_kind()?;
        self.check_lengths(index)?;
        tree.clear();
        // A node's new place is fixed when its parent is placed, so that siblings become neighbours.
        let mut seen = vec![false; self.left.len()];
        let mut queue = vec![0_usize];
        let mut next = 0;
        while let Some(&old) = queue.get(next) {
            next += 1;
            let node = self.node(index, old)?;
            let seen = seen.get_mut(old).ok_or_else(|| problem(index, old, "lies outside of the tree"))?;
            if std::mem::replace(seen, true) {
                return Err(problem(index, old, "is reached twice: its tree has a cycle or shares a child"));
            }
            let Some((left, right)) = node.children else {
                tree.nodes.push(Node { value: node.value, left: 0, feature: 0 });
                continue;
            };
            let place = queue.len() as u32; // at most MAX_NODES
            queue.extend([left, right]);
            tree.nodes.push(Node { value: node.value, left: place, feature: node.feature });
        }
        Ok(())
    }

    fn check_kind(&self) -> Result<(), ModelError> {
        if self.leaf_vector != "1" && self.leaf_vector != "0" {
            let found = format!("of {} values", self.leaf_vector);
            return Err(ModelError::Unsupported {
                what: "vector leaves",
                found,
                supported: "one value a leaf (multi_strategy=one_output_per_tree)",
            });
        }
        if self.categorical {
            let found = "(split_type 1)".to_owned();
            return Err(ModelError::Unsupported {
                what: "categorical splits",
                found,
                supported: "numeric splits; train with enable_categorical off",
            });
        }
        Ok(())
    }

    fn check_lengths(&self, tree: usize) -> Result<(), ModelError> {
        let expected = self.left.len();
        if expected == 0 {
            return Err(problem(tree, 0, "is missing: the tree has no nodes"));
        }
        let lengths = [
            ("right_children", self.right.len()),
            ("split_indices", self.split_indices.len()),
            ("split_conditions", self.split_conditions.len()),
            ("default_left", self.default_left.len()),
        ];
        match lengths.into_iter().find(|(_, length)| *length != expected) {
            Some((name, length)) => {
                Err(problem(tree, 0, format!("`{name}` has {length} elements, `left_children` has {expected}")))
            }
            None => Ok(()),
        }
    }

    fn node(&self, tree: usize, node: usize) -> Result<Checked, ModelError> {
        let missing = || problem(tree, node, "lies outside of the tree");
        let value = *self.split_conditions.get(node).ok_or_else(missing)?;
        if !value.is_finite() {
            return Err(problem(tree, node, "its threshold or leaf value is not finite"));
        }
        let left = *self.left.get(node).ok_or_else(missing)?;
        let right = *self.right.get(node).ok_or_else(missing)?;
        if left == -1 && right == -1 {
            return Ok(Checked { value, children: None, feature: 0 });
        }
        let feature = *self.split_indices.get(node).ok_or_else(missing)?;
        let feature = u32::try_from(feature).ok().filter(|feature| feature & DEFAULT_LEFT == 0);
        let feature = feature.ok_or_else(|| problem(tree, node, "splits on a feature index out of range"))?;
        let default_left = if *self.default_left.get(node).ok_or_else(missing)? { DEFAULT_LEFT } else { 0 };
        let children = Some((self.child(tree, node, left)?, self.child(tree, node, right)?));
        Ok(Checked { value, children, feature: feature | default_left })
    }

    fn child(&self, tree: usize, node: usize, child: i64) -> Result<usize, ModelError> {
        let count = self.left.len();
        usize::try_from(child)
            .ok()
            .filter(|child| *child > 0 && *child < count)
            .ok_or_else(|| problem(tree, node, format!("its child is {child}, expected 1 to {}", count - 1)))
    }
}

/// A node whose numbers were checked, still with its old child indices.
struct Checked {
    value: f32,
    children: Option<(usize, usize)>,
    feature: u32,
}

fn problem(tree: usize, node: usize, problem: impl Into<String>) -> ModelError {
    ModelError::Tree { tree, node, problem: problem.into() }
}

fn integers<R: Read>(reader: &mut Reader<R>, what: &'static str) -> Result<Vec<i64>, ModelError> {
    collect(reader, what, |reader, marker| reader.integer(marker, what))
}

fn floats<R: Read>(reader: &mut Reader<R>, what: &'static str) -> Result<Vec<f32>, ModelError> {
    collect(reader, what, |reader, marker| reader.float(marker, what))
}

fn flags<R: Read>(reader: &mut Reader<R>, what: &'static str) -> Result<Vec<bool>, ModelError> {
    collect(reader, what, |reader, marker| Ok(reader.integer(marker, what)? != 0))
}

fn collect<R: Read, T>(
    reader: &mut Reader<R>,
    what: &'static str,
    mut read: impl FnMut(&mut Reader<R>, u8) -> Result<T, ModelError>,
) -> Result<Vec<T>, ModelError> {
    let mut array = reader.array(what)?;
    let mut values = Vec::with_capacity(array.capacity());
    while let Some(marker) = reader.next_item(&mut array)? {
        if values.len() == MAX_NODES {
            return Err(reader.malformed(format!("`{what}` has more than {MAX_NODES} elements")));
        }
        values.push(read(reader, marker)?);
    }
    Ok(values)
}
