//! The models that containers have loaded, and what these answer.

use crate::services::s3::types::Digest;
use bytes::Bytes;
use meridian_domain::AnswerForm;
use meridian_xgboost::{DEFAULT_MODEL_LIMIT, Image, Matrix, Model, ModelError, ShapForest, read_csv_row, top_reasons};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::OnceLock;

/// Containers by the SHA-256 of their archives: the same bytes are read once, wherever they serve.
#[derive(Default)]
pub(crate) struct Models(BTreeMap<Digest, Container>);

/// A container with its model.
pub(crate) struct Container {
    pub model: Model,
    archive: Bytes,
    /// What explains its scores, once somebody has asked for reasons; none where it cannot be explained.
    explainer: OnceLock<Option<ShapForest>>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Models({})", self.0.len())
    }
}

impl Models {
    /// Reads an archive, if it is a new one.
    pub fn load(&mut self, digest: Digest, archive: &Bytes) -> Result<(), ModelError> {
        if let Entry::Vacant(place) = self.0.entry(digest) {
            let (model, archive) = (Model::from_archive(archive.as_ref())?, archive.clone());
            place.insert(Container { model, archive, explainer: OnceLock::new() });
        }
        Ok(())
    }

    /// The container of an archive that was read.
    pub fn get(&self, digest: &Digest) -> Option<&Container> {
        self.0.get(digest)
    }
}

impl Container {
    /// What it answers to one `text/csv` row, in a form. Its errors hold no value of the row.
    pub fn answer(&self, payload: &str, form: &AnswerForm) -> Result<String, String> {
        let number = self.model.answer_csv(payload).map_err(|error| error.to_string())?;
        if form.is_usual() {
            return Ok(number);
        }
        let score = number.parse().map_err(|_| "the score is no number".to_owned())?;
        let reasons = form.reasons().map(|count| self.reasons(payload, usize::from(count)));
        Ok(form.write(score, &reasons.unwrap_or_default()))
    }

    fn reasons(&self, payload: &str, count: usize) -> Vec<String> {
        let read = || ShapForest::from_archive(self.archive.as_ref(), DEFAULT_MODEL_LIMIT, Image::V3_0).ok();
        let Some(forest) = self.explainer.get_or_init(read) else { return Vec::new() };
        let (mut row, width) = (Vec::new(), forest.n_features());
        let known = read_csv_row(payload.trim_end().as_bytes(), width, &mut row).ok();
        let contributions = known.and_then(|()| forest.contributions(Matrix::new(&row, width)?, 1).ok());
        let top = top_reasons(&contributions.unwrap_or_default(), count);
        top.iter().filter_map(|reason| forest.feature_names().get(reason.feature).cloned()).collect()
    }
}
