//! XGBoost models read and scored without XGBoost, without Python and without C.
//!
//! This crate knows model files and rows of numbers, and nothing else of the project that it is part of.
#![doc = include_str!("../README.md")]

mod archive;
mod caveat;
mod entries;
mod error;
mod forest;
mod format;
pub mod gzip;
mod image;
mod inflate;
mod matrix;
mod model;
pub mod number;
mod payload;
mod score;
mod scored;
mod served;
mod shap;
mod stored;
mod stream;
mod tree;
mod walkers;

pub use caveat::{Caveat, NodeFault, Unexplained};
pub use error::{ModelError, PayloadError, ShapeError, short_name};
pub use format::{Format, Objective, probability_of};
pub use image::{Image, UnknownImage};
pub use matrix::Matrix;
pub use model::{DEFAULT_MODEL_LIMIT, Model, only_file};
pub use payload::read_csv_row;
pub use scored::Scored;
pub use served::{Explainer, ModelAnswer, ModelFeatures, Served};
pub use shap::{Attributions, Reason, SAMPLE_ROWS, Sample, ShapForest, sample_rows, top_reasons};
pub use stream::{ReadOptions, StreamError, Streamed, stream_margins};
pub use walkers::Walker;
