//! What UBJSON and JSON have in common: objects, lists and numbers, front to back. Each reads only what XGBoost writes,
//! byte for byte, so that no other reader can take a file for something else.

use crate::error::ModelError;
use std::fmt;

/// Longest key and longest string.
pub(super) const MAX_TEXT: u64 = super::source::MAX_TEXT;

/// An object of a model file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Model,
    Learner,
    Booster,
    /// The `gbtree` inside of DART's `gradient_booster`.
    Inner,
    Trees,
    Categories,
    TreesParams,
    Tree(usize),
    TreeParams(usize),
    LearnerParams,
    Objective,
    ObjectiveParams,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Model => f.write_str("the model"),
            Place::Learner => f.write_str("learner"),
            Place::Booster => f.write_str("learner/gradient_booster"),
            Place::Inner => f.write_str("learner/gradient_booster/gbtree"),
            Place::Trees => f.write_str("gradient_booster/model"),
            Place::Categories => f.write_str("gradient_booster/model/cats"),
            Place::TreesParams => f.write_str("gradient_booster/model/gbtree_model_param"),
            Place::Tree(tree) => write!(f, "gradient_booster/model/trees[{tree}]"),
            Place::TreeParams(tree) => write!(f, "gradient_booster/model/trees[{tree}]/tree_param"),
            Place::LearnerParams => f.write_str("learner/learner_model_param"),
            Place::Objective => f.write_str("learner/objective"),
            Place::ObjectiveParams => f.write_str("learner/objective/reg_loss_param"),
        }
    }
}

/// A member of an object, by its key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot(pub(super) Place, pub(super) &'static str);

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spot(Place::Model, key) => f.write_str(key),
            Spot(place, key) => write!(f, "{place}/{key}"),
        }
    }
}

/// A list being read: how many elements are left, where the format says so beforehand.
pub(super) struct List {
    pub(super) left: u64,
}

/// A document of one of the two formats.
pub(super) trait Values {
    /// What is wrong at the next byte.
    fn malformed(&self, problem: String) -> ModelError;

    /// Offset of the next byte.
    fn at(&self) -> u64;

    /// Opens the object that is the spot's value; its members are read with [`Values::key`].
    fn open(&mut self, spot: Spot) -> Result<(), ModelError>;

    /// The key of the next member, whose value must be read next; `None` at the object's end.
    fn key(&mut self) -> Result<Option<String>, ModelError>;

    /// Opens a list whose elements each say their type.
    fn open_list(&mut self, spot: Spot) -> Result<List, ModelError>;

    /// Whether another element follows, which must be read next.
    fn more(&mut self, list: &mut List) -> Result<bool, ModelError>;

    /// A string.
    fn text(&mut self, spot: Spot) -> Result<String, ModelError>;

    /// An integer in the shortest form.
    fn whole(&mut self, spot: Spot) -> Result<i64, ModelError>;

    /// A 32-bit float.
    fn float(&mut self, spot: Spot) -> Result<f32, ModelError>;

    /// An array of 32-bit integers into `values`, whose former content is dropped; at most `most`.
    fn integers(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError>;

    /// An array of 64-bit integers, none of which is beyond 32 bits.
    fn longs(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError>;

    /// An array of 32-bit floats.
    fn floats(&mut self, spot: Spot, most: usize, values: &mut Vec<f32>) -> Result<(), ModelError>;

    /// How many floats an array holds that nobody asks for.
    fn count_floats(&mut self, spot: Spot, most: usize) -> Result<usize, ModelError>;

    /// An array of 0 and 1.
    fn flags(&mut self, spot: Spot, most: usize, values: &mut Vec<u8>) -> Result<(), ModelError>;

    /// That nothing follows.
    fn end(&mut self) -> Result<(), ModelError>;

    /// An error that names the spot.
    fn wrong(&self, spot: Spot, problem: impl fmt::Display) -> ModelError {
        self.malformed(format!("`{spot}` {problem}"))
    }

    /// That one more element is no more than `most`.
    fn check_room(&self, spot: Spot, count: u64, most: usize) -> Result<(), ModelError> {
        if count > most as u64 { Err(self.wrong(spot, format_args!("has more than {most} elements"))) } else { Ok(()) }
    }

    /// The next member's key, which must be one of these.
    fn member(&mut self, place: Place, keys: &[&'static str]) -> Result<&'static str, ModelError> {
        let expected = || keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        match self.key()? {
            None => Err(self.malformed(format!("{place} ends where {} should follow", expected()))),
            Some(found) => keys.iter().find(|key| **key == found).copied().ok_or_else(|| {
                let found = shown(&found);
                self.malformed(format!("{place} has the key `{found}`, expected {}", expected()))
            }),
        }
    }

    /// That the object ends here.
    fn close(&mut self, place: Place) -> Result<(), ModelError> {
        match self.key()? {
            None => Ok(()),
            Some(found) => {
                let found = shown(&found);
                Err(self.malformed(format!("{place} has the key `{found}` behind its last, expected its end")))
            }
        }
    }

    /// One more member, a string.
    fn text_of(&mut self, place: Place, key: &'static str) -> Result<String, ModelError> {
        self.member(place, &[key])?;
        self.text(Spot(place, key))
    }
}

/// A key of the file as an error text shows it.
fn shown(key: &str) -> String {
    key.chars().take(60).flat_map(char::escape_default).collect()
}
