//! The members of a model file, for UBJSON and JSON alike: each object has the keys that XGBoost writes, all of them, once
//! and in ascending order. So no key can occur twice, and none be read by one version and not by another.

use super::arrays::{MAX_CATEGORIES, MAX_NODES, RawTree};
use super::draft::{Draft, MAX_TREES};
use super::learner::Learner;
use super::values::{Place, Spot, Values};
use crate::error::ModelError;
use crate::tree::TreeSink;

/// Longest list of `attributes`.
const MAX_ATTRIBUTES: usize = 1 << 12;

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read(mut values: impl Values, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let values = &mut values;
    let mut draft = Draft::default();
    values.open(Spot(Place::Model, "model"))?;
    values.member(Place::Model, &["learner"])?;
    read_learner(values, sink, &mut draft)?;
    values.member(Place::Model, &["version"])?;
    read_version(values, &mut draft)?;
    values.close(Place::Model)?;
    values.end()?;
    draft.finish(values.at())
}

fn read_learner<V: Values>(values: &mut V, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    let place = Place::Learner;
    values.open(Spot(Place::Model, "learner"))?;
    values.member(place, &["attributes"])?;
    read_attributes(values, draft)?;
    values.member(place, &["feature_names"])?;
    let spot = Spot(place, "feature_names");
    let mut names = values.open_list(spot)?;
    while values.more(&mut names)? {
        let name = values.text(spot)?;
        draft.name(name).map_err(|problem| values.malformed(problem))?;
    }
    values.member(place, &["feature_types"])?;
    let spot = Spot(place, "feature_types");
    let mut types = values.open_list(spot)?;
    while values.more(&mut types)? {
        let kind = values.text(spot)?;
        draft.feature_type(&kind).map_err(|problem| values.malformed(problem))?;
    }
    values.member(place, &["gradient_booster"])?;
    draft.booster = read_booster(values, sink, draft)?;
    values.member(place, &["learner_model_param"])?;
    read_params(values, draft)?;
    values.member(place, &["objective"])?;
    read_objective(values, draft)?;
    values.close(place)
}

fn read_attributes<V: Values>(values: &mut V, draft: &mut Draft) -> Result<(), ModelError> {
    let spot = Spot(Place::Learner, "attributes");
    values.open(spot)?;
    let mut last: Option<String> = None;
    let mut count = 0;
    while let Some(key) = values.key()? {
        count += 1;
        values.check_room(spot, count, MAX_ATTRIBUTES)?;
        if last.as_ref().is_some_and(|last| *last >= key) {
            return Err(values.wrong(spot, "has a key twice, or keys that do not ascend"));
        }
        let value = values.text(spot)?;
        draft.attribute(&key, value).map_err(|problem| values.malformed(problem))?;
        last = Some(key);
    }
    Ok(())
}

/// The booster and its trees; its name.
fn read_booster<V: Values>(values: &mut V, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<String, ModelError> {
    let place = Place::Booster;
    values.open(Spot(Place::Learner, "gradient_booster"))?;
    if values.member(place, &["model", "gbtree"])? == "model" {
        read_model(values, sink, draft)?;
        let name = values.text_of(place, "name")?;
        values.close(place)?;
        return Ok(name);
    }
    // DART: the trees are one level further down, and their weights behind them.
    values.open(Spot(place, "gbtree"))?;
    values.member(Place::Inner, &["model"])?;
    read_model(values, sink, draft)?;
    let inner = values.text_of(Place::Inner, "name")?;
    values.close(Place::Inner)?;
    let name = values.text_of(place, "name")?;
    if (inner.as_str(), name.as_str()) != ("gbtree", "dart") {
        return Err(values.malformed(format!("{place} holds another booster, but is not `dart` around `gbtree`")));
    }
    values.member(place, &["weight_drop"])?;
    let spot = Spot(place, "weight_drop");
    let mut list = values.open_list(spot)?;
    let weights = draft.weight_drop.get_or_insert_default();
    while values.more(&mut list)? {
        values.check_room(spot, weights.len() as u64 + 1, MAX_TREES)?;
        weights.push(values.float(spot)?);
    }
    values.close(place)?;
    Ok(name)
}

fn read_model<V: Values>(values: &mut V, sink: &mut dyn TreeSink, draft: &mut Draft) -> Result<(), ModelError> {
    let place = Place::Trees;
    values.open(Spot(Place::Booster, "model"))?;
    match values.member(place, &["cats", "gbtree_model_param", "boosted_rounds", "weights"])? {
        "cats" => {
            draft.layout.cats = true;
            read_cats(values)?;
            values.member(place, &["gbtree_model_param"])?;
        }
        "gbtree_model_param" => {}
        _ => {
            return Err(ModelError::Unsupported {
                what: "booster",
                found: "`gblinear`".to_owned(),
                supported: "`gbtree` and `dart`",
            });
        }
    }
    read_trees_params(values, draft)?;
    let mut next = values.member(place, &["iteration_indptr", "tree_info"])?;
    if next == "iteration_indptr" {
        let starts = draft.iteration_indptr.get_or_insert_default();
        read_list(values, Spot(place, "iteration_indptr"), MAX_TREES + 1, starts)?;
        next = values.member(place, &["tree_info"])?;
    }
    let spot = Spot(place, next);
    read_list(values, spot, MAX_TREES, &mut draft.tree_info)?;
    values.member(place, &["trees"])?;
    let mut trees = values.open_list(Spot(place, "trees"))?;
    let mut raw = RawTree::default();
    while values.more(&mut trees)? {
        read_tree(values, draft.trees, sink.wants_covers(), &mut raw)?;
        draft.tree(&mut raw, sink)?;
    }
    values.close(place)
}

/// The categories of a data frame that the model was trained on: only those of none are read.
fn read_cats<V: Values>(values: &mut V) -> Result<(), ModelError> {
    let place = Place::Categories;
    values.open(Spot(Place::Trees, "cats"))?;
    values.member(place, &["enc"])?;
    let mut encoded = values.open_list(Spot(place, "enc"))?;
    if values.more(&mut encoded)? {
        return Err(ModelError::Unsupported {
            what: "features",
            found: "of a data frame's category type (`cats`), which XGBoost 3.1 and later encode and older ones do not"
                .to_owned(),
            supported: "categories that are numbers in the records; encode them before training",
        });
    }
    for key in ["feature_segments", "sorted_idx"] {
        values.member(place, &[key])?;
        values.integers(Spot(place, key), 0, &mut Vec::new())?;
    }
    values.close(place)
}

/// A list of integers, each with a type of its own.
fn read_list<V: Values>(values: &mut V, spot: Spot, most: usize, list: &mut Vec<i32>) -> Result<(), ModelError> {
    let mut items = values.open_list(spot)?;
    while values.more(&mut items)? {
        values.check_room(spot, list.len() as u64 + 1, most)?;
        let value = values.whole(spot)?;
        list.push(i32::try_from(value).map_err(|_| values.wrong(spot, "holds a number beyond 32 bits"))?);
    }
    Ok(())
}

fn read_trees_params<V: Values>(values: &mut V, draft: &mut Draft) -> Result<(), ModelError> {
    let place = Place::TreesParams;
    values.open(Spot(Place::Trees, "gbtree_model_param"))?;
    draft.params.num_parallel_tree = values.text_of(place, "num_parallel_tree")?;
    draft.params.num_trees = values.text_of(place, "num_trees")?;
    match values.key()?.as_deref() {
        None => Ok(()),
        Some("size_leaf_vector") => {
            draft.layout.leaf_vector = Some(values.text(Spot(place, "size_leaf_vector"))?);
            values.close(place)
        }
        Some(_) => Err(values.malformed(format!("{place} has another key behind `num_trees`"))),
    }
}

fn read_tree<V: Values>(values: &mut V, tree: usize, covers: bool, raw: &mut RawTree) -> Result<(), ModelError> {
    let place = Place::Tree(tree);
    raw.clear();
    values.open(Spot(Place::Trees, "trees"))?;
    let at = |key| Spot(place, key);
    values.member(place, &["base_weights"])?;
    raw.base_weights = values.count_floats(at("base_weights"), MAX_NODES)?;
    values.member(place, &["categories"])?;
    values.integers(at("categories"), MAX_CATEGORIES, &mut raw.categories)?;
    values.member(place, &["categories_nodes"])?;
    values.integers(at("categories_nodes"), MAX_NODES, &mut raw.categories_nodes)?;
    values.member(place, &["categories_segments"])?;
    values.longs(at("categories_segments"), MAX_NODES, &mut raw.categories_segments)?;
    values.member(place, &["categories_sizes"])?;
    values.longs(at("categories_sizes"), MAX_NODES, &mut raw.categories_sizes)?;
    values.member(place, &["default_left"])?;
    values.flags(at("default_left"), MAX_NODES, &mut raw.default_left)?;
    values.member(place, &["id"])?;
    raw.id = values.whole(at("id"))?;
    values.member(place, &["left_children"])?;
    values.integers(at("left_children"), MAX_NODES, &mut raw.left)?;
    values.member(place, &["loss_changes"])?;
    raw.loss_changes = values.count_floats(at("loss_changes"), MAX_NODES)?;
    values.member(place, &["parents"])?;
    values.integers(at("parents"), MAX_NODES, &mut raw.parents)?;
    values.member(place, &["right_children"])?;
    values.integers(at("right_children"), MAX_NODES, &mut raw.right)?;
    values.member(place, &["split_conditions"])?;
    values.floats(at("split_conditions"), MAX_NODES, &mut raw.split_conditions)?;
    values.member(place, &["split_indices"])?;
    values.integers(at("split_indices"), MAX_NODES, &mut raw.split_indices)?;
    values.member(place, &["split_type"])?;
    values.flags(at("split_type"), MAX_NODES, &mut raw.split_type)?;
    values.member(place, &["sum_hessian"])?;
    if covers {
        values.floats(at("sum_hessian"), MAX_NODES, &mut raw.covers)?;
        raw.sum_hessian = raw.covers.len();
    } else {
        raw.sum_hessian = values.count_floats(at("sum_hessian"), MAX_NODES)?;
    }
    values.member(place, &["tree_param"])?;
    values.open(at("tree_param"))?;
    let params = Place::TreeParams(tree);
    raw.num_deleted = values.text_of(params, "num_deleted")?;
    raw.num_feature = values.text_of(params, "num_feature")?;
    raw.num_nodes = values.text_of(params, "num_nodes")?;
    raw.leaf_vector = values.text_of(params, "size_leaf_vector")?;
    values.close(params)?;
    values.close(place)
}

fn read_params<V: Values>(values: &mut V, draft: &mut Draft) -> Result<(), ModelError> {
    let place = Place::LearnerParams;
    values.open(Spot(Place::Learner, "learner_model_param"))?;
    draft.params.base_score = values.text_of(place, "base_score")?;
    // Since 1.7.
    if values.member(place, &["boost_from_average", "num_class"])? == "boost_from_average" {
        draft.params.boost_from_average = Some(values.text(Spot(place, "boost_from_average"))?);
        values.member(place, &["num_class"])?;
    }
    draft.params.num_class = values.text(Spot(place, "num_class"))?;
    draft.params.num_feature = values.text_of(place, "num_feature")?;
    draft.params.num_target = values.text_of(place, "num_target")?;
    values.close(place)
}

fn read_objective<V: Values>(values: &mut V, draft: &mut Draft) -> Result<(), ModelError> {
    let place = Place::Objective;
    values.open(Spot(Place::Learner, "objective"))?;
    if values.member(place, &["name", "lambdarank_param", "lambda_rank_param", "aft_loss_param"])? != "name" {
        return Err(ModelError::Unsupported {
            what: "objective",
            found: "for ranking or survival".to_owned(),
            supported: super::learner::KNOWN_OBJECTIVES,
        });
    }
    draft.objective = values.text(Spot(place, "name"))?;
    // What follows depends on the objective, and one that is not scored is refused for what it is.
    draft.check_kind()?;
    values.member(place, &["reg_loss_param"])?;
    values.open(Spot(place, "reg_loss_param"))?;
    draft.params.scale_pos_weight = values.text_of(Place::ObjectiveParams, "scale_pos_weight")?;
    values.close(Place::ObjectiveParams)?;
    values.close(place)
}

fn read_version<V: Values>(values: &mut V, draft: &mut Draft) -> Result<(), ModelError> {
    let mut version = Vec::new();
    read_list(values, Spot(Place::Model, "version"), 3, &mut version)?;
    draft.version = match version.as_slice() {
        [major, minor, _] => Some((*major, *minor)),
        _ => None,
    };
    Ok(())
}
