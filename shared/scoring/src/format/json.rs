//! A model as XGBoost's JSON lays it out: the members of the UBJSON, streamed through `serde_json` without a document
//! tree. Arrays go into the buffers of one tree, and everything that is not wanted is skipped as it is parsed.

use super::arrays::{MAX_CATEGORIES, MAX_NODES, RawTree};
use super::draft::{Draft, Group, MAX_TREES};
use super::guard::Guarded;
use super::learner::Learner;
use super::source::Source;
use crate::error::ModelError;
use crate::tree::TreeSink;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read(source: Source<'_>, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let (source, failure) = (RefCell::new(source), RefCell::new(None));
    let mut state = State { draft: Draft::default(), raw: RawTree::default(), sink, seen: false, failure: &failure };
    let mut parser = serde_json::Deserializer::from_reader(Guarded::new(&source, &failure));
    let result = Members(&mut state, Object::File).deserialize(&mut parser).and_then(|()| parser.end());
    let at = source.borrow().at();
    let (seen, draft) = (state.seen, state.draft);
    if let Some(error) = failure.take() {
        return Err(error);
    }
    result.map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => ModelError::Truncated { at, what: "more JSON" },
        _ => ModelError::Malformed { at, problem: error.to_string() },
    })?;
    if !seen {
        let problem = "there is no `learner`; is this an XGBoost model?".to_owned();
        return Err(ModelError::Malformed { at, problem });
    }
    draft.finish(at)
}

/// What the members are read into.
struct State<'a> {
    draft: Draft,
    raw: RawTree,
    sink: &'a mut dyn TreeSink,
    seen: bool,
    failure: &'a RefCell<Option<ModelError>>,
}

/// The objects of the file that are looked into.
#[derive(Clone, Copy)]
enum Object {
    File,
    Learner,
    Params(Group),
    Objective,
    Booster,
    /// The `gbtree` inside of DART's `gradient_booster`.
    Inner,
    Trees,
    Tree,
    TreeParam,
}

/// What becomes of a member.
enum Part<'s> {
    Object(Object),
    Trees,
    Names,
    Text(&'s mut String),
    Param(&'s mut Option<String>),
    Integers(&'s mut Vec<i32>, usize),
    Floats(&'s mut Vec<f32>, usize),
    Flags(&'s mut Vec<u8>),
    /// The trees of one went to the sink already.
    Twice,
    Skipped,
}

impl State<'_> {
    fn part(&mut self, object: Object, key: &str) -> Part<'_> {
        match object {
            Object::Tree => return self.tree_part(key),
            Object::Params(group) => return self.draft.param(group, key).map_or(Part::Skipped, Part::Param),
            _ => {}
        }
        let draft = &mut self.draft;
        match (object, key) {
            (Object::File, "learner") if self.seen => Part::Twice,
            (Object::File, "learner") => {
                self.seen = true;
                Part::Object(Object::Learner)
            }
            (Object::Learner, "attributes") => Part::Object(Object::Params(Group::Attributes)),
            (Object::Learner, "feature_names") => Part::Names,
            (Object::Learner, "gradient_booster") => Part::Object(Object::Booster),
            (Object::Learner, "learner_model_param") => Part::Object(Object::Params(Group::Learner)),
            (Object::Learner, "objective") => Part::Object(Object::Objective),
            (Object::Objective, "name") => Part::Text(&mut draft.objective),
            (Object::Booster, "gbtree") => Part::Object(Object::Inner),
            (Object::Booster, "name") => Part::Text(&mut draft.booster),
            (Object::Booster, "weight_drop") => Part::Floats(&mut draft.weight_drop, MAX_TREES),
            (Object::Booster | Object::Inner, "model") => Part::Object(Object::Trees),
            (Object::Trees, "gbtree_model_param") => Part::Object(Object::Params(Group::Trees)),
            (Object::Trees, "iteration_indptr") => {
                Part::Integers(draft.iteration_indptr.get_or_insert_default(), MAX_TREES + 1)
            }
            (Object::Trees, "tree_info") => Part::Integers(draft.tree_info.get_or_insert_default(), MAX_TREES),
            (Object::Trees, "trees") if draft.trees > 0 => Part::Twice,
            (Object::Trees, "trees") => Part::Trees,
            (Object::TreeParam, "size_leaf_vector") => Part::Param(&mut self.raw.leaf_vector),
            _ => Part::Skipped,
        }
    }

    fn tree_part(&mut self, key: &str) -> Part<'_> {
        let raw = &mut self.raw;
        match key {
            "left_children" => Part::Integers(&mut raw.left, MAX_NODES),
            "right_children" => Part::Integers(&mut raw.right, MAX_NODES),
            "split_indices" => Part::Integers(&mut raw.split_indices, MAX_NODES),
            "split_conditions" => Part::Floats(&mut raw.split_conditions, MAX_NODES),
            "default_left" => Part::Flags(&mut raw.default_left),
            "split_type" => Part::Flags(&mut raw.split_type),
            "sum_hessian" if self.sink.wants_covers() => Part::Floats(&mut raw.covers, MAX_NODES),
            "categories" => Part::Integers(&mut raw.categories, MAX_CATEGORIES),
            "categories_nodes" => Part::Integers(&mut raw.categories_nodes, MAX_NODES),
            "categories_segments" => Part::Integers(&mut raw.categories_segments, MAX_NODES),
            "categories_sizes" => Part::Integers(&mut raw.categories_sizes, MAX_NODES),
            "tree_param" => Part::Object(Object::TreeParam),
            _ => Part::Skipped,
        }
    }

    /// Keeps the error, of which the parser would keep a text, and gives the parser one of its own.
    fn fail<E: Error>(&self, error: ModelError) -> E {
        *self.failure.borrow_mut() = Some(error);
        E::custom("the model is refused")
    }

    fn finish_tree<E: Error>(&mut self) -> Result<(), E> {
        let result = self.draft.tree(&mut self.raw, self.sink);
        result.map_err(|error| self.fail(error))
    }
}

/// Reads one object into the state.
struct Members<'s, 'a>(&'s mut State<'a>, Object);

impl<'de> DeserializeSeed<'de> for Members<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of an XGBoost model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Members(state, object) = self;
        while let Some(key) = map.next_key::<String>()? {
            match state.part(object, &key) {
                Part::Object(inner) => map.next_value_seed(Members(state, inner))?,
                Part::Twice => return Err(A::Error::custom(format_args!("`{key}` occurs twice"))),
                Part::Trees => map.next_value_seed(List(state, Item::Tree))?,
                Part::Names => map.next_value_seed(List(state, Item::Name))?,
                Part::Text(text) => *text = map.next_value()?,
                Part::Param(text) => *text = Some(map.next_value()?),
                Part::Integers(values, most) => map.next_value_seed(Numbers::<i32, i32>::new(values, most))?,
                Part::Floats(values, most) => map.next_value_seed(Numbers::<Float, f32>::new(values, most))?,
                Part::Flags(values) => map.next_value_seed(Numbers::<Flag, u8>::new(values, MAX_NODES))?,
                Part::Skipped => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The two lists whose elements are not numbers.
#[derive(Clone, Copy)]
enum Item {
    Tree,
    Name,
}

/// Reads a list into the state, element by element.
struct List<'s, 'a>(&'s mut State<'a>, Item);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of an XGBoost model")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let List(state, item) = self;
        match item {
            Item::Name => {
                while let Some(name) = list.next_element()? {
                    state.draft.name(name).map_err(A::Error::custom)?;
                }
            }
            Item::Tree => {
                state.raw.clear();
                while list.next_element_seed(Members(state, Object::Tree))?.is_some() {
                    state.finish_tree()?;
                    state.raw.clear();
                }
            }
        }
        Ok(())
    }
}

/// Reads a list of numbers into a buffer, whose former content is dropped; at most `most` of them.
struct Numbers<'s, T, U> {
    values: &'s mut Vec<U>,
    most: usize,
    element: PhantomData<T>,
}

impl<'s, T, U> Numbers<'s, T, U> {
    fn new(values: &'s mut Vec<U>, most: usize) -> Self {
        values.clear();
        Numbers { values, most, element: PhantomData }
    }
}

impl<'de, T: Deserialize<'de> + Into<U>, U> DeserializeSeed<'de> for Numbers<'_, T, U> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Into<U>, U> Visitor<'de> for Numbers<'_, T, U> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        // An f32 is parsed as one: by way of an f64 it could be rounded twice.
        while let Some(value) = list.next_element::<T>()? {
            if self.values.len() == self.most {
                return Err(A::Error::custom(format_args!("a list has more than {} elements", self.most)));
            }
            self.values.push(value.into());
        }
        Ok(())
    }
}

/// A number, or the `null` that stands for one that is not finite.
#[derive(serde::Deserialize)]
struct Float(Option<f32>);

impl From<Float> for f32 {
    fn from(number: Float) -> f32 {
        number.0.unwrap_or(f32::NAN)
    }
}

/// `true`, `false` or a number that is 0 or not: versions differ in how they write `default_left`.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(i64),
}

impl From<Flag> for u8 {
    fn from(flag: Flag) -> u8 {
        match flag {
            Flag::Word(set) => u8::from(set),
            Flag::Number(number) => u8::from(number != 0),
        }
    }
}
