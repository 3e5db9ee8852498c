//! That what a tree says twice agrees: lengths and counts, children and parents, kinds of splits and their categories,
//! and which nodes pruning took out.

use super::arrays::{DELETED, MAX_CATEGORY, RawTree, problem, shown};
use crate::error::ModelError;

impl RawTree {
    /// That all arrays have an element a node, and that counts and place are what the tree says.
    pub(super) fn check_lengths(&self, tree: usize) -> Result<(), ModelError> {
        let expected = self.left.len();
        if expected == 0 {
            return Err(problem(tree, 0, "is missing: the tree has no nodes"));
        }
        if self.id != tree as i64 {
            return Err(problem(tree, 0, format!("the tree's `id` is {}, expected {tree}, its place", self.id)));
        }
        let lengths = [
            ("right_children", self.right.len()),
            ("parents", self.parents.len()),
            ("split_indices", self.split_indices.len()),
            ("split_conditions", self.split_conditions.len()),
            ("default_left", self.default_left.len()),
            ("split_type", self.split_type.len()),
            ("base_weights", self.base_weights),
            ("loss_changes", self.loss_changes),
            ("sum_hessian", self.sum_hessian),
        ];
        if let Some((name, length)) = lengths.into_iter().find(|(_, length)| *length != expected) {
            let text = format!("`{name}` has {length} elements, `left_children` has {expected}");
            return Err(problem(tree, 0, text));
        }
        let deleted = self.split_indices.iter().filter(|feature| **feature == DELETED).count();
        for (name, said, found) in
            [("num_nodes", &self.num_nodes, expected), ("num_deleted", &self.num_deleted, deleted)]
        {
            if *said != found.to_string() {
                return Err(problem(tree, 0, format!("`{name}` is {}, but there are {found}", shown(said))));
            }
        }
        Ok(())
    }

    /// That the sets lie one behind the other, one for each node of `split_type` 1, and that each ascends.
    pub(super) fn check_categories(&self, tree: usize) -> Result<(), ModelError> {
        let count = self.categories_nodes.len();
        for (name, length) in
            [("categories_segments", self.categories_segments.len()), ("categories_sizes", self.categories_sizes.len())]
        {
            if length != count {
                let text = format!("`{name}` has {length} elements, `categories_nodes` has {count}");
                return Err(problem(tree, 0, text));
            }
        }
        let categorical = self.split_type.iter().enumerate().filter(|(_, kind)| **kind != 0).map(|(node, _)| node);
        let mut nodes = self.categories_nodes.iter();
        for node in categorical {
            if nodes.next().copied().and_then(|node| usize::try_from(node).ok()) != Some(node) {
                return Err(problem(tree, node, "is a categorical split without categories, or out of order"));
            }
        }
        if let Some(node) = nodes.next() {
            return Err(problem(tree, 0, format!("`categories_nodes` names node {node}, which is not categorical")));
        }
        let mut next = 0;
        let sets = self.categories_segments.iter().zip(&self.categories_sizes);
        for ((start, size), node) in sets.zip(&self.categories_nodes) {
            let node = usize::try_from(*node).unwrap_or_default();
            let end = usize::try_from(*size).ok().filter(|size| *size > 0).and_then(|size| size.checked_add(next));
            let members = end.and_then(|end| self.categories.get(next..end));
            let (Some(members), true) = (members, usize::try_from(*start) == Ok(next)) else {
                let text = "its categories lie outside of `categories`, or not behind those before, or it has none";
                return Err(problem(tree, node, text));
            };
            if let Some(wrong) = members.iter().find(|category| !(0..MAX_CATEGORY).contains(*category)) {
                let text = format!("has the category {wrong}, expected 0 to {}", MAX_CATEGORY - 1);
                return Err(problem(tree, node, text));
            }
            if !members.is_sorted_by(|one, next| one < next) {
                return Err(problem(tree, node, "has categories that do not ascend"));
            }
            next += members.len();
        }
        if next != self.categories.len() {
            let text = format!("`categories` has {} elements, the nodes have {next}", self.categories.len());
            return Err(problem(tree, 0, text));
        }
        Ok(())
    }

    /// That the node's parent is the one that names it as its child.
    pub(super) fn check_parent(&self, tree: usize, node: usize, expected: i32) -> Result<(), ModelError> {
        match self.parents.get(node) {
            Some(parent) if *parent == expected => Ok(()),
            parent => {
                let parent = parent.copied().unwrap_or_default();
                Err(problem(tree, node, format!("its parent is {parent}, but it is a child of {expected}")))
            }
        }
    }

    /// That every node which the walk did not reach is marked as pruning leaves it, and none that it reached.
    pub(super) fn check_deleted(&self, tree: usize) -> Result<(), ModelError> {
        for (node, _) in self.seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            let parent = self.parents.get(node).is_some_and(|parent| (0..self.left.len() as i32).contains(parent));
            let children = [self.left.get(node), self.right.get(node)] == [Some(&-1); 2];
            let marks = (self.split_indices.get(node), self.default_left.get(node));
            if marks != (Some(&DELETED), Some(&1)) || !children || !parent {
                return Err(problem(tree, node, "is not reached from the root, and not marked as pruned either"));
            }
        }
        Ok(())
    }
}
