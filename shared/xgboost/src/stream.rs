//! Margins from a model that is never held: its trees are scored as they are read.

use crate::archive::{self, Reading};
use crate::error::{ModelError, ShapeError};
use crate::format::{Learner, Objective};
use crate::image::Image;
use crate::matrix::Matrix;
use crate::model::{DEFAULT_MODEL_LIMIT, check_features, check_width};
use crate::score::{Assumed, Isa, StreamScorer};
use std::io::{self, Read};
use std::num::NonZeroUsize;

/// The margin of `base_score` 0.5, which models of XGBoost before 2.0 have unless they were given another:
/// `-ln(1 / 0.5 - 1)`.
const MIDDLE: f32 = -0.0;

/// How a model is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Bytes that an archive, or a bare file, may have when inflated.
    pub limit: u64,
    /// Threads at most. With 2 or more, an archive is inflated in a thread of its own.
    pub threads: NonZeroUsize,
    /// The image that will serve the model: it decides which trees of an early-stopped one count.
    pub image: Image,
}

impl Default for ReadOptions {
    /// [`DEFAULT_MODEL_LIMIT`], one thread, the newest image.
    fn default() -> ReadOptions {
        ReadOptions { limit: DEFAULT_MODEL_LIMIT, threads: NonZeroUsize::MIN, image: Image::V3_0 }
    }
}

/// What a model says of some rows, and of itself.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// One margin (log-odds) a row, in the order of the rows.
    pub margins: Vec<f32>,
    /// Where the sum of a row starts: give it as a hint, and the next reading takes one pass.
    pub base_margin: f32,
    /// What the model was trained for.
    pub objective: Objective,
    /// The names that the model was trained with, in order; empty where it was trained without.
    pub feature_names: Vec<String>,
    /// Trees in the file.
    pub trees: usize,
    /// Trees that the image serves, and that were scored.
    pub served_trees: usize,
    /// How often the model was read: 1, or 2 where a number that stands at its end was not as assumed.
    pub passes: u32,
}

/// Why a model did not score rows.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The model cannot be read or scored.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The rows are not of the model's features.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The second reading found another model than the first.
    #[error("the model changed while it was read: its end says something else the second time; read one fixed version")]
    Changed,
}

/// The margins of `rows`, whose columns are called `features`, of the model that `open` gives: `model.tar.gz` or a bare
/// file. Bit-equal to [`Model::margins`](crate::Model::margins), in a few megabytes.
///
/// A model's base margin, and a DART model's tree weights, stand behind its trees. `base_margin` is a hint, from an
/// earlier [`Streamed`] for example; it is verified at the end. Without it, or where it turns out wrong, or
/// where there are weights or trees that are not served, the model is read a second time.
///
/// # Errors
/// [`StreamError`]; an `open` or a reader that fails is [`ModelError::Io`].
pub fn stream_margins<R: Read + Send>(
    mut open: impl FnMut() -> io::Result<R>,
    rows: Matrix<'_>,
    features: &[String],
    base_margin: Option<f32>,
    options: &ReadOptions,
) -> Result<Streamed, StreamError> {
    check_width(features.len(), rows.width())?;
    let mut assumed = Assumed { base_margin: base_margin.unwrap_or(MIDDLE), weights: None, served: None };
    let reading = Reading { limit: options.limit, threads: options.threads.get() };
    for passes in 1..=2 {
        let mut scorer = StreamScorer::new(rows, assumed.clone(), options.threads, Isa::best());
        let learner = archive::load(open().map_err(ModelError::Io)?, reading, &mut scorer)?;
        learner.check_served(options.image)?;
        check_features(learner.num_feature, &learner.feature_names, features)?;
        let found = facts(&learner, options.image);
        if found.matches(&assumed) {
            let margins = scorer.finish();
            let (trees, served_trees) = (learner.trees, learner.served_trees(options.image));
            let Learner { feature_names, base_margin, objective, .. } = learner;
            return Ok(Streamed { margins, base_margin, objective, feature_names, trees, served_trees, passes });
        }
        assumed = found;
    }
    Err(StreamError::Changed)
}

/// What should have been assumed.
fn facts(learner: &Learner, image: Image) -> Assumed {
    let served = learner.served_trees(image);
    Assumed {
        base_margin: learner.base_margin,
        weights: learner.tree_weights().map(<[f32]>::to_vec),
        served: (served < learner.trees).then_some(served),
    }
}
