//! The learner as XGBoost's UBJSON lays it out. Keys come in alphabetical order (`base_score` after the
//! trees), but nothing here depends on an order.

use super::arrays::RawTree;
use super::learner::{Booster, Format, Learner, Objective};
use super::ubjson::Reader;
use crate::error::ModelError;
use crate::tree::{Tree, TreeSink};
use std::io::Read;

/// More features than this are refused before memory is spent on their names.
const MAX_FEATURES: usize = 1 << 16;

/// What the file says, as far as it was read.
#[derive(Debug, Default)]
struct Draft {
    trees: usize,
    feature_names: Vec<String>,
    num_feature: usize,
    base_score: f32,
    objective: String,
    booster: String,
    num_class: String,
    num_target: String,
    num_trees: Option<String>,
    seen_base_score: bool,
}

/// Reads a whole model file, hands its trees to `sink`, and checks that it is one that can be scored.
pub(super) fn read<R: Read>(input: R, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let mut reader = Reader::new(input);
    refuse_other_formats(reader.lookahead()?)?;
    let mut draft = None;
    reader.object("model")?;
    while let Some(key) = reader.next_key()? {
        match key.as_str() {
            "learner" => draft = Some(Draft::read_learner(&mut reader, sink)?),
            _ => reader.skip()?,
        }
    }
    if !reader.lookahead()?.is_empty() {
        return Err(reader.malformed("bytes follow the model's end"));
    }
    let draft = draft.ok_or_else(|| reader.malformed("there is no `learner`; is this an XGBoost model?"))?;
    draft.check(&reader)?;
    Ok(Learner {
        format: Format::Ubjson,
        trees: draft.trees,
        feature_names: draft.feature_names,
        num_feature: draft.num_feature,
        // XGBoost's ProbToMargin, in f32 throughout.
        base_margin: -(1.0_f32 / draft.base_score - 1.0).ln(),
        objective: Objective::BinaryLogistic,
        booster: Booster::GbTree,
        round_ends: (1..=draft.trees).collect(),
        best_iteration: None,
    })
}

impl Draft {
    fn read_learner<R: Read>(reader: &mut Reader<R>, sink: &mut dyn TreeSink) -> Result<Draft, ModelError> {
        let mut learner = Draft::default();
        reader.object("learner")?;
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "feature_names" => learner.feature_names = read_names(reader)?,
                "gradient_booster" => learner.read_booster(reader, sink)?,
                "learner_model_param" => learner.read_params(reader)?,
                "objective" => learner.objective = read_name(reader, "objective")?,
                _ => reader.skip()?,
            }
        }
        Ok(learner)
    }

    fn read_booster<R: Read>(&mut self, reader: &mut Reader<R>, sink: &mut dyn TreeSink) -> Result<(), ModelError> {
        reader.object("gradient_booster")?;
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "name" => self.booster = reader.text("gradient_booster/name")?,
                "model" => self.read_model(reader, sink)?,
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    fn read_model<R: Read>(&mut self, reader: &mut Reader<R>, sink: &mut dyn TreeSink) -> Result<(), ModelError> {
        reader.object("model")?;
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "gbtree_model_param" => self.num_trees = read_member(reader, "gbtree_model_param", "num_trees")?,
                "trees" => self.read_trees(reader, sink)?,
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    fn read_trees<R: Read>(&mut self, reader: &mut Reader<R>, sink: &mut dyn TreeSink) -> Result<(), ModelError> {
        if self.trees > 0 {
            return Err(reader.malformed("`trees` occurs twice"));
        }
        let mut tree = Tree::default();
        let mut trees = reader.array("trees")?;
        while let Some(marker) = reader.next_item(&mut trees)? {
            reader.object_after(marker, "a tree")?;
            RawTree::read(reader)?.lay_out(self.trees, &mut tree)?;
            sink.tree(self.trees, &tree)?;
            self.trees += 1;
        }
        Ok(())
    }

    fn read_params<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ModelError> {
        reader.object("learner_model_param")?;
        while let Some(key) = reader.next_key()? {
            match key.as_str() {
                "base_score" => {
                    let text = reader.text("base_score")?;
                    self.base_score = parse_base_score(&text).ok_or_else(|| {
                        let found = format!(
                            "`base_score` is {text:?}, expected one number between 0 and 1 such as \"[2.5E-1]\""
                        );
                        reader.malformed(found)
                    })?;
                    self.seen_base_score = true;
                }
                "num_class" => self.num_class = reader.text("num_class")?,
                "num_target" => self.num_target = reader.text("num_target")?,
                "num_feature" => {
                    let text = reader.text("num_feature")?;
                    let count = text.parse().ok().filter(|count| (1..=MAX_FEATURES).contains(count));
                    self.num_feature = count.ok_or_else(|| {
                        reader.malformed(format!("`num_feature` is {text:?}, expected 1 to {MAX_FEATURES}"))
                    })?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    /// Booster and objective first: a linear model has no trees, and that is not its fault.
    fn check<R: Read>(&self, reader: &Reader<R>) -> Result<(), ModelError> {
        let unsupported = |what, found: &str, supported| {
            Err(ModelError::Unsupported { what, found: format!("`{found}`"), supported })
        };
        match (self.booster.as_str(), self.objective.as_str()) {
            ("gbtree", "binary:logistic") => {}
            ("gbtree", objective) => return unsupported("objective", objective, "`binary:logistic`"),
            (booster, _) => return unsupported("booster", booster, "`gbtree`"),
        }
        if !matches!(self.num_class.as_str(), "" | "0" | "1") {
            return unsupported("num_class", &self.num_class, "one output, `num_class` 0");
        }
        if !matches!(self.num_target.as_str(), "" | "1") {
            return unsupported("num_target", &self.num_target, "one output, `num_target` 1");
        }
        if self.num_feature == 0 || !self.seen_base_score {
            return Err(reader.malformed("`learner_model_param` lacks `num_feature` or `base_score`"));
        }
        self.check_counts(reader)
    }

    fn check_counts<R: Read>(&self, reader: &Reader<R>) -> Result<(), ModelError> {
        let names = self.feature_names.len();
        if names != 0 && names != self.num_feature {
            return Err(reader.malformed(format!("there are {names} feature names for {} features", self.num_feature)));
        }
        let trees = self.trees;
        if trees == 0 {
            return Err(reader.malformed("the model has no trees"));
        }
        match &self.num_trees {
            Some(declared) if *declared != trees.to_string() => {
                Err(reader.malformed(format!("`num_trees` is {declared:?}, but there are {trees} trees")))
            }
            _ => Ok(()),
        }
    }
}

/// `"[2.5E-1]"` from 3.x, `"5E-1"` from older versions; a probability strictly between 0 and 1.
fn parse_base_score(text: &str) -> Option<f32> {
    let number = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    number.trim().parse::<f32>().ok().filter(|score| *score > 0.0 && *score < 1.0)
}

fn read_names<R: Read>(reader: &mut Reader<R>) -> Result<Vec<String>, ModelError> {
    let mut array = reader.array("feature_names")?;
    let mut names = Vec::with_capacity(array.capacity());
    while let Some(marker) = reader.next_item(&mut array)? {
        if names.len() == MAX_FEATURES {
            return Err(reader.malformed(format!("there are more than {MAX_FEATURES} feature names")));
        }
        names.push(reader.text_after(marker, "feature_names")?);
    }
    Ok(names)
}

/// The `name` of an object such as `objective`.
fn read_name<R: Read>(reader: &mut Reader<R>, what: &'static str) -> Result<String, ModelError> {
    Ok(read_member(reader, what, "name")?.unwrap_or_default())
}

/// One string member of an object; the others are skipped.
fn read_member<R: Read>(
    reader: &mut Reader<R>,
    what: &'static str,
    member: &'static str,
) -> Result<Option<String>, ModelError> {
    let mut value = None;
    reader.object(what)?;
    while let Some(key) = reader.next_key()? {
        if key == member {
            value = Some(reader.text(member)?);
        } else {
            reader.skip()?;
        }
    }
    Ok(value)
}

/// Names the formats that are known and not read, by their first bytes.
fn refuse_other_formats(start: &[u8]) -> Result<(), ModelError> {
    const SAVE: &str = "save it with XGBoost 3.x's `save_model` (a name without extension, or `.ubj`)";
    let refuse = |found: &str, advice| Err(ModelError::Format { found: found.to_owned(), advice });
    match start {
        [] => refuse("empty", SAVE),
        // Objects start with `{`; in UBJSON a length marker follows, in JSON a quote or space.
        [b'{', b'"' | b' ' | b'\n' | b'\r' | b'\t', ..] => refuse("XGBoost JSON", SAVE),
        [b'{', ..] => Ok(()),
        [0x80, 0..=5, ..] | [b'c', b'x' | b'_' | b'c', ..] | [b'(', b'l' | b'd' | b'i', ..] => refuse(
            "a Python pickle",
            "a pickle runs any code that its author chose, so it is never loaded; save the booster with `save_model` instead",
        ),
        [b'b', b'i', b'n', b'f', ..] => refuse("XGBoost's legacy binary format (`binf`, up to 1.7)", SAVE),
        [b'b', b's', b'6', b'4', ..] => refuse("XGBoost's legacy base64 format", SAVE),
        [0x1f, 0x8b, ..] => refuse("gzip-compressed once more", "put the plain model file into the tar"),
        other => {
            let bytes: Vec<String> = other.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            refuse(&format!("of an unknown format (it starts with the bytes {})", bytes.join(" ")), SAVE)
        }
    }
}
