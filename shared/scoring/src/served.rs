//! A model from a file of any kind, as one of SageMaker's images serves it.

use crate::archive::{self, Reading};
use crate::error::ModelError;
use crate::forest::Forest;
use crate::format::Learner;
use crate::image::Image;
use crate::model::{DEFAULT_MODEL_LIMIT, Model};
use crate::shap::ShapForest;
use crate::tree::{Tree, TreeSink};
use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;

/// Features beyond this are not counted: how many the model has is known at the file's end only, and a wrong index must
/// not cost memory before the model is refused for it.
const MOST_FEATURES: usize = 1 << 20;

/// A model with the trees that an image serves, and what else is to be known of it.
#[derive(Clone, Debug)]
pub struct Served {
    /// The model; trees that are not served are not part of it.
    pub model: Model,
    /// How many splits use each feature, in the model's order; `None` where trees are left out.
    pub splits: Option<Vec<u32>>,
    /// Where training stopped early, what that means for serving.
    pub early_stop: Option<EarlyStop>,
}

impl Served {
    /// Reads `model.tar.gz` or a bare model file, told apart by content, as a stream of up to
    /// [`DEFAULT_MODEL_LIMIT`] inflated bytes, and keeps what `image` serves.
    ///
    /// # Errors
    /// A damaged file or a model of a kind that is not scored; see [`ModelError`].
    pub fn read(file: impl Read + Send, image: Image, threads: NonZeroUsize) -> Result<Served, ModelError> {
        let mut sink = Counting { forest: Forest::default(), splits: Vec::new() };
        let learner = load(file, threads, &mut sink)?;
        let Counting { forest, mut splits } = sink;
        splits.resize(learner.num_feature, 0);
        let served = learner.served_trees(image);
        let early_stop = EarlyStop::of(&learner, image, served);
        let counted = served == learner.trees && learner.num_feature <= MOST_FEATURES;
        let splits = counted.then_some(splits);
        Ok(Served { model: Model::of(learner, forest, image), splits, early_stop })
    }
}

impl ShapForest {
    /// As [`Served::read`], in the form that explains.
    ///
    /// # Errors
    /// As [`Served::read`], and where the file does not say how much training weight (`sum_hessian`) its nodes saw.
    pub fn read(file: impl Read + Send, image: Image, threads: NonZeroUsize) -> Result<ShapForest, ModelError> {
        let mut forest = ShapForest::default();
        let learner = load(file, threads, &mut forest)?;
        forest.serve(&learner, image);
        Ok(forest)
    }
}

/// A model whose training stopped early, and what the image makes of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyStop {
    /// The round (from 0) that training found best.
    pub best_round: usize,
    /// The image that serves.
    pub image: Image,
    /// Trees that it serves.
    pub served: usize,
    /// Trees up to the best round.
    pub best: usize,
}

impl EarlyStop {
    fn of(learner: &Learner, image: Image, served: usize) -> Option<EarlyStop> {
        let best_round = learner.best_iteration?;
        let best = *learner.round_ends.get(best_round)?;
        Some(EarlyStop { best_round, image, served, best })
    }

    /// Whether other trees are served than training chose.
    pub fn differs(&self) -> bool {
        self.served != self.best
    }
}

impl fmt::Display for EarlyStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EarlyStop { best_round, image, served, best } = self;
        write!(
            f,
            "training stopped early and found round {best_round} best ({best} trees), but image {image} serves {served} \
             trees, and so many are evaluated; to serve the best ones, slice the model before it is saved \
             (`booster[: best_iteration + 1]`)"
        )
    }
}

fn load(file: impl Read + Send, threads: NonZeroUsize, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    archive::load(file, Reading { limit: DEFAULT_MODEL_LIMIT, threads: threads.get() }, sink)
}

/// Counts the splits of each feature while the trees are kept.
struct Counting {
    forest: Forest,
    splits: Vec<u32>,
}

impl TreeSink for Counting {
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        for node in tree.nodes.iter().filter(|node| node.left != 0) {
            let feature = node.feature();
            if feature >= self.splits.len() && feature < MOST_FEATURES {
                self.splits.resize(feature + 1, 0);
            }
            if let Some(count) = self.splits.get_mut(feature) {
                *count = count.saturating_add(1);
            }
        }
        self.forest.tree(index, tree)
    }
}
