//! What a model file said, as far as it was read, and the checks that make a [`Learner`] of it: the same for every format.

use super::arrays::{Extent, RawTree};
use super::learner::{BaseScore, Booster, Learner, Objective};
use crate::error::ModelError;
use crate::tree::{Tree, TreeSink};

/// More features than this are refused before memory is spent on their names.
pub(super) const MAX_FEATURES: usize = 1 << 16;
/// Bytes of all feature names.
const MAX_NAMES: usize = 1 << 24;
/// The first version that is read: the first that wrote UBJSON.
const FIRST_VERSION: (i32, i32) = (1, 6);
/// More trees than this are refused before memory is spent on what is said of each.
pub(super) const MAX_TREES: usize = 1 << 20;

/// The types that XGBoost knows: numbers of four kinds, and categories.
const FEATURE_TYPES: [&str; 5] = ["float", "int", "i", "q", "c"];

/// Nodes of all trees: packed for scoring they take up to 200 MB, and twice that while they are packed anew, which beside a
/// held-out set fits a function of 512 MB. About 570 MB of UBJSON.
const MAX_ALL_NODES: usize = 1 << 24;

/// What was read so far. Numbers that the file holds as text stay text until [`Draft::finish`].
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) booster: String,
    pub(super) objective: String,
    pub(super) feature_names: Vec<String>,
    names_size: usize,
    feature_types: usize,
    pub(super) trees: usize,
    nodes: usize,
    steps: u64,
    pub(super) tree_info: Vec<i32>,
    pub(super) iteration_indptr: Option<Vec<i32>>,
    pub(super) weight_drop: Option<Vec<f32>>,
    pub(super) params: Params,
    pub(super) layout: Layout,
    /// The first two numbers of the version that wrote the file.
    pub(super) version: Option<(i32, i32)>,
    /// The width of the data that the trees were grown on, as they say it.
    tree_features: Option<String>,
    extent: Extent,
    tree: Tree,
}

/// The members of `learner_model_param`, `gbtree_model_param`, `attributes` and of the objective's parameters.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) base_score: String,
    pub(super) boost_from_average: Option<String>,
    pub(super) num_feature: String,
    pub(super) num_class: String,
    pub(super) num_target: String,
    pub(super) num_trees: String,
    pub(super) num_parallel_tree: String,
    pub(super) scale_pos_weight: String,
    best_iteration: Option<String>,
    best_ntree_limit: Option<String>,
}

/// In what the versions' layouts differ.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// There is a member `cats`: XGBoost 3.1 and later.
    pub(super) cats: bool,
    /// `gbtree_model_param/size_leaf_vector`: XGBoost 1.x.
    pub(super) leaf_vector: Option<String>,
    /// The file is of the binary format, which has neither of these in any version.
    pub(super) legacy: bool,
}

impl Draft {
    /// Takes the next attribute. Those that XGBoost, its Python package or the container look at are checked.
    pub(super) fn attribute(&mut self, key: &str, value: String) -> Result<(), String> {
        let plain = value.parse::<u32>().is_ok_and(|number| number.to_string() == value);
        let place = match key {
            "best_iteration" => &mut self.params.best_iteration,
            "best_ntree_limit" => &mut self.params.best_ntree_limit,
            "best_score" if value.parse::<f64>().is_err() => {
                return Err("`learner/attributes/best_score` is not a number".to_owned());
            }
            // XGBoost 1.x takes its parameters from them.
            _ if key.starts_with("SAVED_PARAM_") || key == "count_poisson_max_delta_step" => {
                return Err("`learner/attributes` holds a parameter of XGBoost; remove it with `set_attr`".to_owned());
            }
            _ => return Ok(()),
        };
        if !plain {
            return Err(format!("`learner/attributes/{key}` is {:?}, expected a whole number", cut(&value)));
        }
        *place = Some(value);
        Ok(())
    }

    /// Takes the next feature's type.
    pub(super) fn feature_type(&mut self, kind: &str) -> Result<(), String> {
        if !FEATURE_TYPES.contains(&kind) {
            let known = FEATURE_TYPES.join(", ");
            return Err(format!("`learner/feature_types` holds {:?}, expected one of {known}", cut(kind)));
        }
        self.feature_types += 1;
        if self.feature_types > MAX_FEATURES {
            return Err(format!("there are more than {MAX_FEATURES} feature types"));
        }
        Ok(())
    }

    /// Takes the next feature's name.
    pub(super) fn name(&mut self, name: String) -> Result<(), String> {
        self.names_size += name.len();
        if self.feature_names.len() == MAX_FEATURES || self.names_size > MAX_NAMES {
            return Err(format!(
                "there are more than {MAX_FEATURES} feature names, or they take over {MAX_NAMES} bytes"
            ));
        }
        self.feature_names.push(name);
        Ok(())
    }

    /// Checks the next tree and hands it to the sink.
    pub(super) fn tree(&mut self, raw: &mut RawTree, sink: &mut dyn TreeSink) -> Result<(), ModelError> {
        if self.trees == MAX_TREES {
            let problem = format!("is one too many: at most {MAX_TREES} trees are expected");
            return Err(super::arrays::problem(self.trees, 0, problem));
        }
        raw.lay_out(self.trees, sink.wants_covers(), &mut self.extent, &mut self.tree)?;
        let features = self.tree_features.get_or_insert_with(|| raw.num_feature.clone());
        if *features != raw.num_feature {
            let problem =
                format!("the tree's `num_feature` is {:?}, that of the first {features:?}", cut(&raw.num_feature));
            return Err(super::arrays::problem(self.trees, 0, problem));
        }
        self.nodes += self.tree.nodes.len();
        // A tree without a split costs a step too.
        self.steps += self.tree.levels() + 1;
        if self.nodes > MAX_ALL_NODES {
            return Err(ModelError::Unsupported {
                what: "trees",
                found: format!("of more than {MAX_ALL_NODES} nodes in all"),
                supported: "what a function of 512 MB holds; train fewer or shallower trees",
            });
        }
        if self.trees == 0 {
            sink.names(&self.feature_names);
        }
        sink.tree(self.trees, &self.tree)?;
        self.trees += 1;
        Ok(())
    }

    /// Checks that it is a model that can be scored; `at` is where the file ends.
    pub(super) fn finish(self, at: u64) -> Result<Learner, ModelError> {
        // Booster and objective first: a linear model has no trees, and that is not its fault.
        let objective = self.check_kind()?;
        self.check(objective).map_err(|fault| match fault {
            Fault::Text(problem) => ModelError::Malformed { at, problem },
            Fault::Model(error) => error,
        })
    }

    /// That booster, objective and number of outputs are ones that are scored.
    pub(super) fn check_kind(&self) -> Result<Objective, ModelError> {
        let unsupported = |what, found: &str, supported| {
            let found = format!("`{}`", found.chars().take(100).flat_map(char::escape_debug).collect::<String>());
            Err(ModelError::Unsupported { what, found, supported })
        };
        if !matches!(self.booster.as_str(), "gbtree" | "dart") {
            return unsupported("booster", &self.booster, "`gbtree` and `dart`");
        }
        let Some(objective) = Objective::named(&self.objective) else {
            return unsupported("objective", &self.objective, super::learner::KNOWN_OBJECTIVES);
        };
        if !matches!(self.params.num_class.as_str(), "0" | "1") {
            return unsupported("num_class", &self.params.num_class, "one output, `num_class` 0");
        }
        if self.params.num_target != "1" {
            return unsupported("num_target", &self.params.num_target, "one output, `num_target` 1");
        }
        if self.tree_info.iter().any(|group| *group != 0) {
            return unsupported("tree_info", "trees of several outputs", "one output");
        }
        Ok(objective)
    }

    fn check(self, objective: Objective) -> Result<Learner, Fault> {
        let num_feature = self.num_feature()?;
        let base_score = self.base_score(objective)?;
        self.check_layout(base_score)?;
        self.check_counts(num_feature)?;
        self.check_features(num_feature)?;
        let parallel = whole(&self.params.num_parallel_tree, "num_parallel_tree")?;
        let round_ends = self.round_ends(parallel)?;
        let best_iteration =
            self.params.best_iteration.as_ref().map(|text| whole(text, "best_iteration")).transpose()?;
        // XGBoost 1.7's `predict` takes whole rounds of it, and 0 for all.
        let limit = self.params.best_ntree_limit.as_ref().map(|text| whole(text, "best_ntree_limit")).transpose()?;
        let limit = limit.map(|limit| limit / parallel).filter(|rounds| *rounds > 0);
        let best_rounds = limit.or(best_iteration.and_then(|best: usize| best.checked_add(1)));
        let best_trees = best_rounds.and_then(|rounds| round_ends.get(rounds - 1)).copied();
        let booster = self.check_weights()?;
        Ok(Learner {
            trees: self.trees,
            steps: self.steps,
            feature_names: self.feature_names,
            num_feature,
            base_margin: base_score.margin(objective),
            base_score,
            objective,
            booster,
            best_trees,
            limit,
            rounds: round_ends.len(),
        })
    }

    fn num_feature(&self) -> Result<usize, Fault> {
        let count = whole(&self.params.num_feature, "num_feature")?;
        if !(1..=MAX_FEATURES).contains(&count) {
            return Err(Fault::Text(format!("`num_feature` is {count}, expected 1 to {MAX_FEATURES}")));
        }
        Ok(count)
    }

    fn base_score(&self, objective: Objective) -> Result<BaseScore, Fault> {
        let text = &self.params.base_score;
        BaseScore::parse(text, objective).ok_or_else(|| {
            let range = match objective {
                Objective::BinaryLogitRaw => "one finite number",
                _ => "one number between 0 and 1",
            };
            Fault::Text(format!("`base_score` is {:?}, expected {range} such as \"[2.5E-1]\"", cut(text)))
        })
    }

    /// That the file has the members that the version which it names writes: another version would read them
    /// otherwise, or not at all.
    fn check_layout(&self, base_score: BaseScore) -> Result<(), Fault> {
        let version = self.version.filter(|(major, minor)| (1..=3).contains(major) && (0..100).contains(minor));
        let Some((major, minor)) = version.filter(|version| *version >= FIRST_VERSION) else {
            let (major, minor) = FIRST_VERSION;
            return Err(Fault::Text(format!(
                "`version` is not one of XGBoost {major}.{minor} to 3; save the model with the image's own version"
            )));
        };
        let wrong = |what: &str| Err(Fault::Text(format!("{what} is not as XGBoost {major}.{minor} writes it")));
        let Layout { cats, leaf_vector, legacy } = &self.layout;
        if base_score.listed != (version >= Some((3, 1))) {
            return wrong("`base_score`");
        }
        if self.params.boost_from_average.as_ref().is_some_and(|flag| !matches!(flag.as_str(), "0" | "1"))
            || self.params.boost_from_average.is_none() != (version < Some((1, 7)))
        {
            return wrong("`boost_from_average`");
        }
        if *legacy {
            return Ok(());
        }
        if *cats != (version >= Some((3, 1))) {
            return wrong("`gradient_booster/model/cats`");
        }
        if self.iteration_indptr.is_some() != (major > 1) {
            return wrong("`iteration_indptr`");
        }
        if leaf_vector.as_deref() != (major == 1).then_some("0") {
            return wrong("`gbtree_model_param/size_leaf_vector`");
        }
        if !self.params.scale_pos_weight.parse::<f32>().is_ok_and(f32::is_finite) {
            return wrong("`scale_pos_weight`");
        }
        Ok(())
    }

    fn check_counts(&self, num_feature: usize) -> Result<(), Fault> {
        let (names, trees) = (self.feature_names.len(), self.trees);
        if names != 0 && names != num_feature {
            return Err(Fault::Text(format!("there are {names} feature names for {num_feature} features")));
        }
        if self.feature_types != 0 && self.feature_types != num_feature {
            let types = self.feature_types;
            return Err(Fault::Text(format!("there are {types} feature types for {num_feature} features")));
        }
        if trees == 0 {
            return Err(Fault::Text("the model has no trees".to_owned()));
        }
        let declared = whole(&self.params.num_trees, "num_trees")?;
        if declared != trees {
            return Err(Fault::Text(format!("`num_trees` is {declared}, but there are {trees} trees")));
        }
        if self.tree_info.len() != trees {
            return Err(Fault::Text(format!("`tree_info` has {} elements for {trees} trees", self.tree_info.len())));
        }
        if let Some(features) = self.tree_features.as_ref().filter(|features| **features != self.params.num_feature) {
            let text = format!("the trees' `num_feature` is {:?}, the model's {num_feature}", cut(features));
            return Err(Fault::Text(text));
        }
        Ok(())
    }

    fn check_features(&self, num_feature: usize) -> Result<(), Fault> {
        match self.extent.highest {
            Some((feature, tree, node)) if feature as usize >= num_feature => {
                let problem = format!("names feature {feature}, but the model has {num_feature} features");
                Err(Fault::Model(ModelError::Tree { tree, node, problem }))
            }
            _ => Ok(()),
        }
    }

    /// Where the rounds end: `iteration_indptr` since XGBoost 2.0, every `num_parallel_tree` trees before. A file that says
    /// both must mean the same, since 1.7 goes by the one and 3.0 by the other.
    fn round_ends(&self, parallel: usize) -> Result<Vec<usize>, Fault> {
        let trees = self.trees;
        if parallel == 0 {
            return Err(Fault::Text("`num_parallel_tree` is 0, expected 1 or more".to_owned()));
        }
        if !trees.is_multiple_of(parallel) {
            return Err(Fault::Text(format!("{trees} trees are no whole rounds of {parallel} trees each")));
        }
        let ends: Vec<usize> = (1..=trees / parallel).map(|round| round * parallel).collect();
        if let Some(starts) = &self.iteration_indptr {
            let said = starts.iter().map(|start| usize::try_from(*start).ok());
            if !said.eq(std::iter::once(0).chain(ends.iter().copied()).map(Some)) {
                return Err(Fault::Text(format!(
                    "`iteration_indptr` does not rise from 0 to {trees} trees in steps of `num_parallel_tree`, {parallel}"
                )));
            }
        }
        Ok(ends)
    }

    fn check_weights(&self) -> Result<Booster, Fault> {
        if self.booster != "dart" {
            return Ok(Booster::GbTree);
        }
        let weights = self.weight_drop.as_deref().unwrap_or_default();
        let (count, trees) = (weights.len(), self.trees);
        if count != trees {
            return Err(Fault::Text(format!("`weight_drop` has {count} elements for {trees} trees")));
        }
        match weights.iter().position(|weight| !weight.is_finite()) {
            Some(tree) => Err(Fault::Text(format!("the weight of tree {tree} in `weight_drop` is not finite"))),
            None => Ok(Booster::Dart { weights: weights.to_vec() }),
        }
    }
}

/// A fault that still lacks its place in the file, or one that has it.
enum Fault {
    Text(String),
    Model(ModelError),
}

/// A whole number as XGBoost writes it: digits, without zeros before them.
fn whole(text: &str, what: &str) -> Result<usize, Fault> {
    let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| Fault::Text(format!("`{what}` is {:?}, expected a whole number", cut(text))))
}

/// A text of the file as an error text shows it.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
