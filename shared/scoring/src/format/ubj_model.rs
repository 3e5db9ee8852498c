//! A model as XGBoost's UBJSON lays it out. Keys come in alphabetical order (`base_score` after the trees), but
//! nothing here depends on an order.

use super::arrays::{MAX_CATEGORIES, MAX_NODES, RawTree};
use super::draft::{Draft, Group, MAX_TREES};
use super::learner::Learner;
use super::source::Source;
use super::ubjson::Reader;
use crate::error::ModelError;
use crate::tree::TreeSink;

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read(source: Source<'_>, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let mut reader = Reader::new(source);
    let mut draft = None;
    reader.object("model")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "learner" if draft.is_some() => return Err(reader.malformed("`learner` occurs twice")),
            "learner" => draft = Some(read_learner(&mut reader, sink)?),
            _ => reader.skip()?,
        }
    }
    reader.end()?;
    let draft = draft.ok_or_else(|| reader.malformed("there is no `learner`; is this an XGBoost model?"))?;
    draft.finish(reader.at())
}

fn read_learner(reader: &mut Reader<'_>, sink: &mut dyn TreeSink) -> Result<Draft, ModelError> {
    let mut draft = Draft::default();
    reader.object("learner")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "attributes" => read_params(reader, Group::Attributes, &mut draft)?,
            "feature_names" => read_names(reader, &mut draft)?,
            "gradient_booster" => {
                if let Some(name) = read_booster(reader, sink, &mut draft, 0)? {
                    draft.booster = name;
                }
            }
            "learner_model_param" => read_params(reader, Group::Learner, &mut draft)?,
            "objective" => draft.objective = read_name(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(draft)
}

/// `gradient_booster`, and inside of DART's the `gbtree` that holds the trees; the booster's name.
fn read_booster(
    reader: &mut Reader<'_>,
    sink: &mut dyn TreeSink,
    draft: &mut Draft,
    depth: usize,
) -> Result<Option<String>, ModelError> {
    let mut name = None;
    reader.object("gradient_booster")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "gbtree" if depth == 0 => drop(read_booster(reader, sink, draft, 1)?),
            "model" => read_model(reader, sink, draft)?,
            "name" => name = Some(reader.text("gradient_booster/name")?),
            "weight_drop" => reader.floats("weight_drop", MAX_TREES, &mut draft.weight_drop)?,
            _ => reader.skip()?,
        }
    }
    Ok(name)
}

fn read_model(reader: &mut Reader<'_>, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    reader.object("model")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "gbtree_model_param" => read_params(reader, Group::Trees, draft)?,
            "iteration_indptr" => {
                reader.integers("iteration_indptr", MAX_TREES + 1, draft.iteration_indptr.get_or_insert_default())?;
            }
            "tree_info" => reader.integers("tree_info", MAX_TREES, draft.tree_info.get_or_insert_default())?,
            "trees" => read_trees(reader, sink, draft)?,
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn read_trees(reader: &mut Reader<'_>, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    if draft.trees > 0 {
        return Err(reader.malformed("`trees` occurs twice"));
    }
    let mut raw = RawTree::default();
    let mut trees = reader.array("trees")?;
    while let Some(marker) = reader.next_item(&mut trees)? {
        reader.object_after(marker, "a tree")?;
        read_tree(reader, sink.wants_covers(), &mut raw)?;
        draft.tree(&mut raw, sink)?;
    }
    Ok(())
}

/// A tree whose `{` was consumed.
fn read_tree(reader: &mut Reader<'_>, covers: bool, raw: &mut RawTree) -> Result<(), ModelError> {
    raw.clear();
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "left_children" => reader.integers("left_children", MAX_NODES, &mut raw.left)?,
            "right_children" => reader.integers("right_children", MAX_NODES, &mut raw.right)?,
            "split_indices" => reader.integers("split_indices", MAX_NODES, &mut raw.split_indices)?,
            "split_conditions" => reader.floats("split_conditions", MAX_NODES, &mut raw.split_conditions)?,
            "default_left" => reader.flags("default_left", MAX_NODES, &mut raw.default_left)?,
            "split_type" => reader.flags("split_type", MAX_NODES, &mut raw.split_type)?,
            "sum_hessian" if covers => reader.floats("sum_hessian", MAX_NODES, &mut raw.covers)?,
            "categories" => reader.integers("categories", MAX_CATEGORIES, &mut raw.categories)?,
            "categories_nodes" => reader.integers("categories_nodes", MAX_NODES, &mut raw.categories_nodes)?,
            "categories_segments" => reader.integers("categories_segments", MAX_NODES, &mut raw.categories_segments)?,
            "categories_sizes" => reader.integers("categories_sizes", MAX_NODES, &mut raw.categories_sizes)?,
            "tree_param" => read_tree_param(reader, raw)?,
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn read_tree_param(reader: &mut Reader<'_>, raw: &mut RawTree) -> Result<(), ModelError> {
    reader.object("tree_param")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "size_leaf_vector" => raw.leaf_vector = Some(reader.text("size_leaf_vector")?),
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn read_params(reader: &mut Reader<'_>, group: Group, draft: &mut Draft) -> Result<(), ModelError> {
    reader.object(group.name())?;
    while let Some(key) = reader.next_key()? {
        match draft.param(group, &key) {
            Some(place) => *place = Some(reader.text(group.name())?),
            None => reader.skip()?,
        }
    }
    Ok(())
}

fn read_names(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), ModelError> {
    let mut array = reader.array("feature_names")?;
    while let Some(marker) = reader.next_item(&mut array)? {
        let name = reader.text_after(marker, "feature_names")?;
        draft.name(name).map_err(|problem| reader.malformed(problem))?;
    }
    Ok(())
}

/// The `name` of `objective`.
fn read_name(reader: &mut Reader<'_>) -> Result<String, ModelError> {
    let mut name = String::new();
    reader.object("objective")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "name" => name = reader.text("objective/name")?,
            _ => reader.skip()?,
        }
    }
    Ok(name)
}
