//! What a model file says besides its trees, the same for every format.

use crate::caveat::Caveat;
use crate::error::ModelError;
use crate::image::Image;
use std::fmt;

/// The format of a model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// UBJSON: what `save_model` writes for a name without extension since XGBoost 2.1, and for `.ubj`.
    Ubjson,
    /// JSON: what `save_model` writes for `.json`.
    Json,
    /// The binary format that XGBoost wrote for a name without extension up to 2.0, and read up to 3.0.
    Legacy,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Ubjson => "UBJSON",
            Format::Json => "JSON",
            Format::Legacy => "legacy binary",
        })
    }
}

/// What a model was trained for, and so what the container answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// `binary:logistic`: the container answers a probability.
    BinaryLogistic,
    /// `binary:logitraw`: the container answers the margin itself.
    BinaryLogitRaw,
    /// `reg:logistic`: the container answers a probability.
    RegLogistic,
}

impl Objective {
    /// Every objective that is scored.
    const ALL: [Objective; 3] = [Objective::BinaryLogistic, Objective::BinaryLogitRaw, Objective::RegLogistic];

    /// XGBoost's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Objective::BinaryLogistic => "binary:logistic",
            Objective::BinaryLogitRaw => "binary:logitraw",
            Objective::RegLogistic => "reg:logistic",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Objective> {
        Objective::ALL.into_iter().find(|objective| objective.name() == name)
    }

    /// What the container answers for a margin.
    pub fn answer(self, margin: f32) -> f32 {
        match self {
            Objective::BinaryLogistic | Objective::RegLogistic => probability_of(margin),
            Objective::BinaryLogitRaw => margin,
        }
    }
}

/// Every objective that is scored, for error texts.
pub(super) const KNOWN_OBJECTIVES: &str = "`binary:logistic`, `binary:logitraw` and `reg:logistic`";

/// How near to 0 and 1 a base score may come in XGBoost 3.1 and later (`kRtEps`).
const NEAREST: f32 = 1e-6;

/// The prediction that training started from, as the file holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BaseScore {
    pub(crate) value: f32,
    /// Written as a list of one number, `"[2.5E-1]"`, as XGBoost does since 3.1.
    pub(crate) listed: bool,
}

impl BaseScore {
    /// `"[2.5E-1]"` since XGBoost 3.1, `"2.5E-1"` before. A margin for `binary:logitraw`, elsewhere a probability: not 0
    /// or 1, unless in a list, where those stand for records of one class only.
    pub(crate) fn parse(text: &str, objective: Objective) -> Option<BaseScore> {
        let list = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let value = super::json::float(list.unwrap_or(text))?;
        let valid = match objective {
            Objective::BinaryLogistic | Objective::RegLogistic if list.is_some() => (0.0..=1.0).contains(&value),
            Objective::BinaryLogistic | Objective::RegLogistic => value > 0.0 && value < 1.0,
            Objective::BinaryLogitRaw => value.is_finite(),
        };
        valid.then_some(BaseScore { value, listed: list.is_some() })
    }

    /// XGBoost's `ProbToMargin`, in f32 throughout; nothing to do for `binary:logitraw`. The versions that write a list
    /// keep the probability [`NEAREST`] away from 0 and 1, the older ones do not.
    pub(crate) fn margin(self, objective: Objective) -> f32 {
        let logit = |probability: f32| -(1.0_f32 / probability - 1.0).ln();
        match objective {
            Objective::BinaryLogistic | Objective::RegLogistic if self.listed => {
                logit(self.value.clamp(NEAREST, 1.0 - NEAREST))
            }
            Objective::BinaryLogistic | Objective::RegLogistic => logit(self.value),
            Objective::BinaryLogitRaw => self.value,
        }
    }
}

/// How the trees' leaves become a sum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Booster {
    /// Leaves are added as they are.
    GbTree,
    /// Each leaf is multiplied by its tree's weight first (in f32, then added); one weight a tree.
    Dart {
        /// `weight_drop` of the file, in tree order.
        weights: Vec<f32>,
    },
}

/// What a model file says besides its trees, which went to a [`TreeSink`](crate::tree::TreeSink) as they were read.
#[derive(Clone, Debug)]
pub(crate) struct Learner {
    /// Number of trees; at least 1.
    pub(crate) trees: usize,
    /// Splits that a row passes at most, in all trees, and one more for each tree.
    pub(crate) steps: u64,
    /// The names the model was trained with, in order; empty where the file holds none.
    pub(crate) feature_names: Vec<String>,
    /// Number of features; at least 1, and every split's feature is below it.
    pub(crate) num_feature: usize,
    /// Where the sum of a row starts: `base_score` on the margin's scale, rounded as XGBoost rounds it.
    pub(crate) base_margin: f32,
    pub(crate) base_score: BaseScore,
    pub(crate) objective: Objective,
    pub(crate) booster: Booster,
    /// The trees up to the best round where training stopped early.
    pub(crate) best_trees: Option<usize>,
    /// The rounds of `best_ntree_limit`, which image 1.7 asks for and XGBoost 2.0 and later do not write; without it that
    /// image serves all trees, as others do. More than there are in a model that was cut after training.
    pub(crate) limit: Option<usize>,
    /// Boosting rounds in the file.
    pub(crate) rounds: usize,
}

impl Learner {
    /// How many trees, from the first, the image's container serves.
    pub(crate) fn served_trees(&self, image: Image) -> usize {
        match (image, self.limit, self.best_trees) {
            (Image::V1_7, Some(_), Some(trees)) => trees,
            _ => self.trees,
        }
    }

    /// That the image's container answers at all.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] for the older image and a `best_ntree_limit` of more rounds than the file holds:
    /// XGBoost 1.7 fails every prediction then.
    pub(crate) fn check_served(&self, image: Image) -> Result<(), ModelError> {
        match (image, self.limit.filter(|limit| *limit > self.rounds)) {
            (Image::V1_7, Some(limit)) => Err(ModelError::Unsupported {
                what: "`best_ntree_limit`",
                found: format!("of {limit} rounds, but {} rounds of trees: image {image} answers nothing", self.rounds),
                supported: "a limit within the file; where the model was cut after training, take the attribute off \
                            (`booster.set_attr(best_ntree_limit=None)`) and save it again",
            }),
            _ => Ok(()),
        }
    }

    /// That the image's container reads the numbers of the file as the version of XGBoost that wrote it.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] for a base score in the list of XGBoost 3.1 and later, which no image reads: each takes
    /// it for one half, without an error.
    pub(crate) fn check_read_alike(&self, image: Image) -> Result<(), ModelError> {
        let assumed = BaseScore { value: 0.5, listed: false };
        // Exact: any other number is another margin.
        if !self.base_score.listed || self.base_score.value == assumed.value {
            return Ok(());
        }
        Err(ModelError::Unsupported {
            what: "`base_score`",
            found: format!(
                "`[{}]`, as XGBoost 3.1 and later write it: image {image} takes that for {} without an error, and each \
                 margin that it serves would be {:+.4} from this one's",
                self.base_score.value,
                assumed.value,
                assumed.margin(self.objective) - self.base_margin,
            ),
            supported: "a model saved by the image's own version of XGBoost, 1.7 or 3.0",
        })
    }

    /// In what the image's container would serve the model otherwise than the version of XGBoost that trained it.
    pub(crate) fn caveat(&self, image: Image) -> Option<Caveat> {
        let trees = self.trees;
        let best = self.best_trees.filter(|best| *best != trees)?;
        Some(if self.served_trees(image) == best {
            Caveat::ServesBest { image, best, trees }
        } else {
            Caveat::ServesAll { image, best, trees }
        })
    }

    /// The weight of a tree's leaves; `None` where they are added as they are.
    pub(crate) fn tree_weights(&self) -> Option<&[f32]> {
        match &self.booster {
            Booster::GbTree => None,
            Booster::Dart { weights } => Some(weights),
        }
    }
}

/// XGBoost's sigmoid, in f32: `1 / (exp(-m) + 1 + 1e-16)`, with `-m` held under 88.7 so that `exp` stays finite.
pub fn probability_of(margin: f32) -> f32 {
    let exponent = -margin;
    // Not `min`, which would turn a NaN into a number.
    let exponent = if exponent > 88.7 { 88.7 } else { exponent };
    1.0 / (exponent.exp() + 1.0 + 1e-16)
}
