//! What a model file said, as far as it was read, and the checks that make a [`Learner`] of it: the same for every format.

use super::arrays::{Extent, RawTree};
use super::learner::{BaseScore, Booster, Learner, Objective};
use crate::error::ModelError;
use crate::tree::{Tree, TreeSink};

/// More features than this are refused before memory is spent on their names.
pub(super) const MAX_FEATURES: usize = 1 << 16;
/// Bytes of all feature names.
const MAX_NAMES: usize = 1 << 24;
/// More trees than this are refused before memory is spent on what is said of each.
pub(super) const MAX_TREES: usize = 1 << 20;

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
    pub(super) trees: usize,
    nodes: usize,
    pub(super) tree_info: Option<Vec<i32>>,
    pub(super) iteration_indptr: Option<Vec<i32>>,
    pub(super) weight_drop: Vec<f32>,
    params: Params,
    extent: Extent,
    tree: Tree,
}

/// The members of `learner_model_param`, `gbtree_model_param` and `attributes` that matter.
#[derive(Debug, Default)]
struct Params {
    base_score: Option<String>,
    num_feature: Option<String>,
    num_class: Option<String>,
    num_target: Option<String>,
    num_trees: Option<String>,
    num_parallel_tree: Option<String>,
    best_iteration: Option<String>,
    best_ntree_limit: Option<String>,
}

/// The objects whose text members [`Draft::param`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Learner,
    Trees,
    Attributes,
}

impl Group {
    pub(super) fn name(self) -> &'static str {
        match self {
            Group::Learner => "learner_model_param",
            Group::Trees => "gbtree_model_param",
            Group::Attributes => "attributes",
        }
    }
}

impl Draft {
    /// Where the text of a group's member belongs; `None` for one that does not matter.
    pub(super) fn param(&mut self, group: Group, key: &str) -> Option<&mut Option<String>> {
        let params = &mut self.params;
        match (group, key) {
            (Group::Learner, "base_score") => Some(&mut params.base_score),
            (Group::Learner, "num_feature") => Some(&mut params.num_feature),
            (Group::Learner, "num_class") => Some(&mut params.num_class),
            (Group::Learner, "num_target") => Some(&mut params.num_target),
            (Group::Trees, "num_trees") => Some(&mut params.num_trees),
            (Group::Trees, "num_parallel_tree") => Some(&mut params.num_parallel_tree),
            (Group::Attributes, "best_iteration") => Some(&mut params.best_iteration),
            (Group::Attributes, "best_ntree_limit") => Some(&mut params.best_ntree_limit),
            _ => None,
        }
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
        self.nodes += self.tree.nodes.len();
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
            let known = "`binary:logistic`, `binary:logitraw` and `reg:logistic`";
            return unsupported("objective", &self.objective, known);
        };
        let outputs = [
            ("num_class", &self.params.num_class, "one output, `num_class` 0"),
            ("num_target", &self.params.num_target, "one output, `num_target` 1"),
        ];
        for (what, found, supported) in outputs {
            if let Some(found) = found.as_deref().filter(|found| !matches!(*found, "" | "0" | "1")) {
                return unsupported(what, found, supported);
            }
        }
        if self.tree_info.iter().flatten().any(|group| *group != 0) {
            return unsupported("tree_info", "trees of several outputs", "one output");
        }
        Ok(objective)
    }

    fn check(self, objective: Objective) -> Result<Learner, Fault> {
        let num_feature = self.num_feature()?;
        let base_score = self.base_score(objective)?;
        self.check_counts(num_feature)?;
        self.check_features(num_feature)?;
        let round_ends = self.round_ends()?;
        let best_iteration = number(&self.params.best_iteration, "best_iteration")?;
        let limit = self.limit()?;
        let best_rounds = limit.or(best_iteration.and_then(|best: usize| best.checked_add(1)));
        let best_trees = best_rounds.and_then(|rounds| round_ends.get(rounds - 1)).copied();
        let booster = self.check_weights()?;
        Ok(Learner {
            trees: self.trees,
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
        let text = required(&self.params.num_feature, "num_feature")?;
        let count = text.parse().ok().filter(|count| (1..=MAX_FEATURES).contains(count));
        count.ok_or_else(|| Fault::Text(format!("`num_feature` is {text:?}, expected 1 to {MAX_FEATURES}")))
    }

    fn base_score(&self, objective: Objective) -> Result<BaseScore, Fault> {
        let text = required(&self.params.base_score, "base_score")?;
        BaseScore::parse(text, objective).ok_or_else(|| {
            let range = match objective {
                Objective::BinaryLogitRaw => "one finite number",
                _ => "one number between 0 and 1",
            };
            Fault::Text(format!("`base_score` is {text:?}, expected {range} such as \"[2.5E-1]\""))
        })
    }

    fn check_counts(&self, num_feature: usize) -> Result<(), Fault> {
        let (names, trees) = (self.feature_names.len(), self.trees);
        if names != 0 && names != num_feature {
            return Err(Fault::Text(format!("there are {names} feature names for {num_feature} features")));
        }
        if trees == 0 {
            return Err(Fault::Text("the model has no trees".to_owned()));
        }
        if let Some(declared) = number(&self.params.num_trees, "num_trees")?.filter(|declared| *declared != trees) {
            return Err(Fault::Text(format!("`num_trees` is {declared}, but there are {trees} trees")));
        }
        if let Some(groups) = self.tree_info.as_ref().map(Vec::len).filter(|groups| *groups != trees) {
            return Err(Fault::Text(format!("`tree_info` has {groups} elements for {trees} trees")));
        }
        Ok(())
    }

    fn check_features(&self, num_feature: usize) -> Result<(), Fault> {
        match self.extent.highest {
            Some((feature, tree, node)) if feature as usize >= num_feature => {
                let problem = format!(
                    "(counted breadth-first) splits on feature {feature}, but the model has {num_feature} features"
                );
                Err(Fault::Model(ModelError::Tree { tree, node, problem }))
            }
            _ => Ok(()),
        }
    }

    fn parallel(&self) -> Result<usize, Fault> {
        // 0 in files from before random forests.
        Ok(number(&self.params.num_parallel_tree, "num_parallel_tree")?.unwrap_or(1).max(1))
    }

    /// `iteration_indptr` since XGBoost 2.0; before, every round had `num_parallel_tree` trees.
    fn round_ends(&self) -> Result<Vec<usize>, Fault> {
        let trees = self.trees;
        let Some(starts) = &self.iteration_indptr else {
            let parallel = self.parallel()?;
            if !trees.is_multiple_of(parallel) {
                return Err(Fault::Text(format!("{trees} trees are no whole rounds of {parallel} trees each")));
            }
            return Ok((1..=trees / parallel).map(|round| round * parallel).collect());
        };
        let ends: Option<Vec<usize>> = starts.iter().map(|end| usize::try_from(*end).ok()).collect();
        let ends = ends.filter(|ends| {
            ends.first() == Some(&0) && ends.last() == Some(&trees) && ends.is_sorted_by(|one, next| one < next)
        });
        let mut ends = ends.ok_or_else(|| {
            Fault::Text(format!("`iteration_indptr` does not rise from 0 to the number of trees, {trees}"))
        })?;
        ends.remove(0);
        Ok(ends)
    }

    /// The rounds that `best_ntree_limit` stands for, as XGBoost 1.7's `predict` takes it: whole rounds, and 0 for all.
    fn limit(&self) -> Result<Option<usize>, Fault> {
        let parallel = self.parallel()?;
        let limit = number(&self.params.best_ntree_limit, "best_ntree_limit")?;
        Ok(limit.map(|limit| limit / parallel).filter(|rounds| *rounds > 0))
    }

    fn check_weights(&self) -> Result<Booster, Fault> {
        if self.booster != "dart" {
            return Ok(Booster::GbTree);
        }
        let (count, trees) = (self.weight_drop.len(), self.trees);
        if count != trees {
            return Err(Fault::Text(format!("`weight_drop` has {count} elements for {trees} trees")));
        }
        match self.weight_drop.iter().position(|weight| !weight.is_finite()) {
            Some(tree) => Err(Fault::Text(format!("the weight of tree {tree} in `weight_drop` is not finite"))),
            None => Ok(Booster::Dart { weights: self.weight_drop.clone() }),
        }
    }
}

/// A fault that still lacks its place in the file, or one that has it.
enum Fault {
    Text(String),
    Model(ModelError),
}

fn required<'a>(text: &'a Option<String>, what: &str) -> Result<&'a str, Fault> {
    text.as_deref().ok_or_else(|| Fault::Text(format!("there is no `{what}`; is this an XGBoost model?")))
}

fn number(text: &Option<String>, what: &str) -> Result<Option<usize>, Fault> {
    let parse = |text: &str| {
        text.trim().parse().map_err(|_| {
            Fault::Text(format!("`{what}` is {:?}, expected a whole number", text.chars().take(40).collect::<String>()))
        })
    };
    text.as_deref().map(parse).transpose()
}
