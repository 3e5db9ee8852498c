//! A model from a file of any kind, as one of SageMaker's images serves it, in one reading: its trees, how often they ask
//! for each feature, and why it scores some records as it does.

use crate::archive::{self, Reading};
use crate::caveat::{Caveat, Unexplained};
use crate::error::{ModelError, ShapeError};
use crate::forest::Forest;
use crate::format::{Learner, Objective};
use crate::image::Image;
use crate::matrix::Matrix;
use crate::model::Model;
use crate::scored::Scored;
use crate::shap::{Attributions, Sample, ShapForest, ShapStream};
use crate::stream::{ReadOptions, StreamError};
use crate::tree::{Tree, TreeSink};
use std::io::Read;
use std::num::NonZeroUsize;

/// A model with the trees that an image serves, and what else is to be known of it.
#[derive(Debug)]
pub struct Served {
    /// The model; trees that are not served are not part of it.
    pub model: Model,
    /// How many splits use each feature, in the model's order; `None` where trees are left out.
    pub splits: Option<Vec<u32>>,
    /// Training stopped early, so which of its trees count depends on the image.
    pub stopped_early: bool,
    /// What people should know before they serve it.
    pub caveats: Vec<Caveat>,
    reasons: Reasons,
}

/// How far one reading came with the reasons of a sample.
#[derive(Debug)]
enum Reasons {
    /// Nobody asked, or the model cannot tell.
    None,
    Told(Attributions),
    /// What stands behind the trees makes some of them count otherwise.
    Open(Box<Explainer>),
}

/// What a model said about every record of a held-out set, and what is to be known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelAnswer {
    /// Its margins, and the reasons for some of them where somebody asked.
    pub scored: Scored,
    /// What the container makes of it.
    pub objective: Objective,
    /// What people should know before they serve the model.
    pub caveats: Vec<Caveat>,
}

impl Served {
    /// Reads `model.tar.gz` or a bare model file, told apart by content, as a stream; keeps what the options' image
    /// serves, and explains the records of `sample` on the way. A model that cannot be explained is one that is not, and
    /// a caveat says why.
    ///
    /// # Errors
    /// A damaged file or a model of a kind that is not scored; see [`ModelError`].
    pub fn read(file: impl Read + Send, options: &ReadOptions, sample: Option<&Sample>) -> Result<Served, ModelError> {
        let stream = sample.map(ShapStream::new);
        let mut sink = Once { forest: Forest::default(), splits: Vec::new(), stream, problem: None };
        let learner = archive::load(file, reading(options), &mut sink)?;
        learner.check_served(options.image)?;
        learner.check_read_alike(options.image)?;
        let Once { forest, mut splits, stream, problem } = sink;
        splits.resize(learner.num_feature, 0);
        let all_serve = learner.served_trees(options.image) == learner.trees;
        let unnamed = Caveat::NoFeatureNames { features: learner.num_feature };
        let unnamed = learner.feature_names.is_empty().then_some(unnamed);
        let caveats = [learner.caveat(options.image), unnamed, problem.map(Caveat::NotExplained)];
        let caveats = caveats.into_iter().flatten().collect();
        let reasons = match (stream.map(|stream| stream.finish(&learner, options.image)), sample) {
            (Some(Ok(Some(attributions))), _) => Reasons::Told(attributions),
            (Some(Ok(None)), Some(sample)) => Reasons::Open(Box::new(Explainer {
                sample: sample.clone(),
                image: options.image,
                stream: ShapStream::knowing(sample, &learner, options.image),
            })),
            // Records of another width: whoever asks for the margins is told.
            _ => Reasons::None,
        };
        let stopped_early = learner.best_trees.is_some_and(|best| best != learner.trees);
        let model = Model::of(learner, forest, options.image);
        Ok(Served { model, splits: all_serve.then_some(splits), stopped_early, caveats, reasons })
    }

    /// What the model says of all rows, whose columns are called `features`, on up to `threads` threads. Where the
    /// second is not `None`, the reasons are still to be had from it.
    ///
    /// # Errors
    /// [`ShapeError`] where these are not the model's features.
    pub fn answer(
        self,
        rows: Matrix<'_>,
        features: &[String],
        threads: NonZeroUsize,
    ) -> Result<(ModelAnswer, Option<Explainer>), ShapeError> {
        let mut served = self;
        let (attributions, open) = served.take_reasons();
        let Served { model, splits, caveats, .. } = served;
        model.check_features(features)?;
        let margins = model.matrix_margins(rows, threads)?;
        let scored = Scored { margins, splits, attributions };
        Ok((ModelAnswer { scored, objective: model.objective(), caveats }, open))
    }

    /// The reasons of the sample that it was read with, once. Where the second is not `None`, they are still to be had from it.
    pub fn take_reasons(&mut self) -> (Option<Attributions>, Option<Explainer>) {
        match std::mem::replace(&mut self.reasons, Reasons::None) {
            Reasons::None => (None, None),
            Reasons::Told(attributions) => (Some(attributions), None),
            Reasons::Open(explainer) => (None, Some(*explainer)),
        }
    }
}

/// The reasons of a sample, when what stands behind a model's trees is known and made some of them count otherwise: a
/// DART model's weights, or an early stop that the image heeds. The file is to be read once more.
pub struct Explainer {
    sample: Sample,
    image: Image,
    stream: ShapStream,
}

impl Explainer {
    /// Reads the same file again.
    ///
    /// # Errors
    /// [`StreamError`]; [`StreamError::Changed`] where it is not the same file.
    pub fn read(mut self, file: impl Read + Send, options: &ReadOptions) -> Result<Attributions, StreamError> {
        let learner = archive::load(file, reading(options), &mut self.stream)?;
        self.stream.finish(&learner, self.image)?.ok_or(StreamError::Changed)
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer").field("sample", &self.sample).field("image", &self.image).finish_non_exhaustive()
    }
}

impl ShapForest {
    /// As [`Served::read`], in the form that explains any records.
    ///
    /// # Errors
    /// As [`Served::read`], and where the file does not say how much training weight (`sum_hessian`) its nodes saw.
    pub fn read(file: impl Read + Send, options: &ReadOptions) -> Result<ShapForest, ModelError> {
        let mut forest = ShapForest::default();
        let learner = archive::load(file, reading(options), &mut forest)?;
        learner.check_served(options.image)?;
        forest.serve(&learner, options.image);
        Ok(forest)
    }
}

/// The features that a model was trained with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFeatures {
    /// Their names, in order.
    Named(Vec<String>),
    /// How many: the file holds no names.
    Counted(usize),
}

impl ModelFeatures {
    /// Reads a model file up to its first tree, before which XGBoost writes the names; to its end where there are none.
    ///
    /// # Errors
    /// As [`Served::read`], as far as the file is read.
    pub fn read(file: impl Read + Send, options: &ReadOptions) -> Result<ModelFeatures, ModelError> {
        let mut head = Head { names: Vec::new() };
        let read = archive::load(file, Reading { threads: 1, ..reading(options) }, &mut head);
        match read {
            _ if !head.names.is_empty() => Ok(ModelFeatures::Named(head.names)),
            Ok(Learner { feature_names, num_feature, .. }) if feature_names.is_empty() => {
                Ok(ModelFeatures::Counted(num_feature))
            }
            Ok(learner) => Ok(ModelFeatures::Named(learner.feature_names)),
            Err(error) => Err(error),
        }
    }

    /// Those of a model that was read.
    pub fn of(model: &Model) -> ModelFeatures {
        match model.feature_names() {
            [] => ModelFeatures::Counted(model.n_features()),
            names => ModelFeatures::Named(names.to_vec()),
        }
    }

    /// As [`Model::check_features`].
    ///
    /// # Errors
    /// As [`Model::check_features`].
    pub fn check(&self, features: &[String]) -> Result<(), ShapeError> {
        match self {
            ModelFeatures::Named(names) => crate::model::check_features(names.len(), names, features),
            ModelFeatures::Counted(count) => crate::model::check_width(*count, features.len()),
        }
    }
}

fn reading(options: &ReadOptions) -> Reading {
    Reading { limit: options.limit, threads: options.threads.get() }
}

/// Stops at the first tree once it has the names.
struct Head {
    names: Vec<String>,
}

impl TreeSink for Head {
    fn names(&mut self, names: &[String]) {
        self.names = names.to_vec();
    }

    fn tree(&mut self, _index: usize, _tree: &Tree) -> Result<(), ModelError> {
        if self.names.is_empty() { Ok(()) } else { Err(ModelError::Io(std::io::ErrorKind::Interrupted.into())) }
    }
}

/// Keeps the trees, counts the splits of each feature and explains a sample.
struct Once {
    forest: Forest,
    splits: Vec<u32>,
    stream: Option<ShapStream>,
    /// Why there is no stream any more.
    problem: Option<Unexplained>,
}

impl TreeSink for Once {
    fn wants_covers(&self) -> bool {
        self.stream.is_some()
    }

    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        for node in tree.nodes.iter().filter(|node| node.left != 0) {
            // How many features there are is known at the file's end only; the reader bounds their indices.
            let feature = node.feature();
            if feature >= self.splits.len() {
                self.splits.resize(feature + 1, 0);
            }
            if let Some(count) = self.splits.get_mut(feature) {
                *count = count.saturating_add(1);
            }
        }
        if let Some(Err(problem)) = self.stream.as_mut().map(|stream| stream.explain(index, tree)) {
            self.problem = Some(problem);
            self.stream = None;
        }
        self.forest.tree(index, tree)
    }
}
