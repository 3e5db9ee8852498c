//! Rows that walk a model: made from its thresholds alone, so that they reach as many leaves, and stand as close to as many
//! thresholds, as a bounded number of rows can.
//!
//! A row is made by going down every tree. Where a feature is still free to take either side, the side is taken that leads
//! to a leaf that no row before has reached, and the feature is held to it from then on. What is left at the end is a range
//! for each feature between two thresholds that the row was compared with: its value is put at one end of that range, on the
//! threshold or next below it, whichever no row before has. So a model with another leaf, another threshold or another
//! default answers at least one row otherwise, as far as the rows reach.
//!
//! The same model gives the same rows. No value comes from a record.

use crate::forest::Forest;
use crate::model::Model;
use crate::tree::{DEFAULT_LEFT, Node};
use std::collections::BTreeSet;
use std::fmt::Write;

/// One feature in so many is missing in a row.
const MISSING: u64 = 8;
/// Rows that are tried for each that is wanted: one whose answer says little is not taken.
const ATTEMPTS: usize = 3;
/// Steps down trees at most, in all rows together: a second or two.
const WORK: usize = 1 << 27;
/// Values of all rows at most.
const MAX_VALUES: usize = 1 << 20;
/// How far a margin may lie from 0, and a change of a thousandth in it still be seen in a probability.
const TELLING: f32 = 7.0;

/// A row that was made to walk the trees, as a caller would send it, and what the model answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Walker {
    /// A `text/csv` row.
    pub payload: String,
    /// What the container answers to it: the shortest digits of this number.
    pub score: f32,
}

impl Model {
    /// At most `count` payloads that walk the trees, with the model's own scores: fewer where rows are very wide or trees
    /// very deep. Synthetic: no value is a customer's.
    pub fn walkers(&self, count: usize) -> Vec<Walker> {
        let rows = walk(self.forest(), self.n_features(), self.base_margin(), count);
        let record = |row: &[f32]| {
            let score = self.probability(row).ok().filter(|score| score.is_finite())?;
            Some(Walker { payload: payload(row), score })
        };
        rows.chunks_exact(self.n_features().max(1)).filter_map(record).collect()
    }

    /// The rows of [`Model::walkers`], one behind the other.
    #[doc(hidden)]
    pub fn walker_rows(&self, count: usize) -> Vec<f32> {
        walk(self.forest(), self.n_features(), self.base_margin(), count)
    }
}

/// A row as a caller sends it: the shortest digits that read back to the same bits, nothing for a missing value.
fn payload(row: &[f32]) -> String {
    let mut text = String::new();
    for (place, value) in row.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        let (plain, short) = (value.to_string(), format!("{value:e}"));
        let written = match value.is_nan() {
            true => Ok(()),
            false => text.write_str(if short.len() < plain.len() { &short } else { &plain }),
        };
        debug_assert!(written.is_ok(), "a string takes every text");
    }
    text
}

/// What a row has decided about a feature.
#[derive(Clone, Copy)]
enum Held {
    Missing,
    /// From the first, below the second.
    Within(f32, f32),
    /// This category and no other.
    Exactly(f32),
}

/// Rows of `width` values.
fn walk(forest: &Forest, width: usize, base: f32, count: usize) -> Vec<f32> {
    let count = count.min(MAX_VALUES / width.max(1));
    let mut seen = Seen::new(forest.places());
    let mut rows = Vec::new();
    let (mut taken, mut steps) = (0, 0);
    for attempt in 0..count * ATTEMPTS {
        let row = Row::walk(forest, width, attempt, &seen);
        steps += row.path.len();
        // The first row is the one of which nothing is known.
        let values = if attempt == 0 { vec![f32::NAN; width] } else { row.values(attempt, &mut seen) };
        let telling = attempt == 0 || forest.margin(base, &values).abs() <= TELLING;
        let pressed = count * ATTEMPTS - attempt <= count - taken;
        if telling || pressed {
            seen.mark(forest, &row);
            rows.extend(values);
            taken += 1;
        }
        if taken == count || steps > WORK {
            break;
        }
    }
    rows
}

/// Where rows have been.
struct Seen {
    /// Nodes below which every leaf was reached, one bit each.
    done: Vec<u64>,
    /// Nodes that a row has come by.
    passed: Vec<u64>,
    /// Thresholds that a value stood next to, by feature and bits, and on which side.
    near: BTreeSet<(u32, u32, bool)>,
}

impl Seen {
    fn new(places: usize) -> Seen {
        let bits = vec![0; places.div_ceil(64)];
        Seen { done: bits.clone(), passed: bits, near: BTreeSet::new() }
    }

    /// Lower is better: nobody was there, not everybody was there, nothing is left.
    fn rank(&self, place: u32) -> u8 {
        u8::from(bit(&self.passed, place)) + u8::from(bit(&self.done, place))
    }

    fn mark(&mut self, forest: &Forest, row: &Row) {
        // From leaves to roots: what is below a node is known when its turn comes.
        for step in row.path.iter().rev() {
            set(&mut self.passed, step.place);
            let below = forest.node(step.root, step.place).filter(|node| node.left != 0);
            if below.is_none_or(|node| bit(&self.done, node.left) && bit(&self.done, node.left + 1)) {
                set(&mut self.done, step.place);
            }
        }
    }
}

fn bit(bits: &[u64], place: u32) -> bool {
    bits.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

fn set(bits: &mut [u64], place: u32) {
    if let Some(word) = bits.get_mut(place as usize / 64) {
        *word |= 1 << (place % 64);
    }
}

/// A node that a row came by.
struct Step {
    root: u32,
    place: u32,
}

/// A row in the making.
struct Row {
    held: Vec<Held>,
    path: Vec<Step>,
}

impl Row {
    /// Goes down every tree, each row beginning with another one: the first trees have the most to choose from.
    fn walk(forest: &Forest, width: usize, attempt: usize, seen: &Seen) -> Row {
        let missing = |feature: usize| mixed(attempt, feature as u64).is_multiple_of(MISSING);
        let free = Held::Within(f32::NEG_INFINITY, f32::INFINITY);
        let first = |feature| if attempt == 0 || missing(feature) { Held::Missing } else { free };
        let mut row = Row { held: (0..width).map(first).collect(), path: Vec::new() };
        let trees = forest.trees();
        let start = mixed(attempt, u64::MAX) as usize % trees.max(1);
        for tree in (start..trees).chain(0..start) {
            row.descend(forest, tree, attempt, seen);
        }
        row
    }

    fn descend(&mut self, forest: &Forest, tree: usize, attempt: usize, seen: &Seen) {
        let Some(root) = forest.root(tree) else { return };
        let mut place = root;
        loop {
            self.path.push(Step { root, place });
            let Some(node) = forest.node(root, place).filter(|node| node.left != 0) else { return };
            let Some(held) = self.held.get_mut(node.feature()) else { return };
            let (left, right) = sides(forest, &node, *held);
            let prefers_left = match seen.rank(node.left).cmp(&seen.rank(node.left + 1)) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Greater => false,
                std::cmp::Ordering::Equal => mixed(attempt, u64::from(place)) & 1 == 0,
            };
            let (goes_left, after) = match (left, right) {
                (Some(left), Some(_)) if prefers_left => (true, left),
                (_, Some(right)) => (false, right),
                (Some(left), None) => (true, left),
                (None, None) => return,
            };
            *held = after;
            place = node.left + u32::from(!goes_left);
        }
    }

    /// One value for each feature, at an end of its range that no row before stood at.
    fn values(&self, attempt: usize, seen: &mut Seen) -> Vec<f32> {
        let value = |(feature, held): (usize, &Held)| match *held {
            Held::Missing => f32::NAN,
            Held::Exactly(value) => value,
            Held::Within(low, high) => {
                let Some((lowest, highest)) = ends(low, high) else { return f32::NAN };
                let key = |end: f32, above: bool| (feature as u32, end.to_bits(), above);
                let chance = mixed(attempt, feature as u64 ^ 1 << 40) & 1 == 0;
                let is_low = match (seen.near.contains(&key(low, true)), seen.near.contains(&key(high, false))) {
                    (false, true) => true,
                    (true, false) => false,
                    _ => chance,
                };
                seen.near.insert(if is_low { key(low, true) } else { key(high, false) });
                if is_low { lowest } else { highest }
            }
        };
        self.held.iter().enumerate().map(value).collect()
    }
}

/// What is held of the node's feature when the row goes to the left, and to the right; `None` where it cannot.
fn sides(forest: &Forest, node: &Node, held: Held) -> (Option<Held>, Option<Held>) {
    let only = |left: bool| if left { (Some(held), None) } else { (None, Some(held)) };
    match (held, node.set()) {
        (Held::Missing, _) => only(node.feature & DEFAULT_LEFT != 0),
        (Held::Exactly(value), Some(set)) => only(!forest.contains(set, value)),
        (Held::Exactly(value), None) => only(value < node.value),
        (Held::Within(low, high), None) => {
            let within = |low: f32, high: f32| ends(low, high).map(|_| Held::Within(low, high));
            (within(low, high.min(node.value)), within(low.max(node.value), high))
        }
        (Held::Within(low, high), Some(set)) => {
            let (inside, outside) = forest.categories_of(set);
            let held = |category: Option<f32>| category.filter(|value| (low..high).contains(value)).map(Held::Exactly);
            let sides = (held(outside), held(inside));
            match sides {
                (None, None) => only(true),
                sides => sides,
            }
        }
    }
}

/// The lowest and the highest number from `low` that is below `high`; `None` where there is none. Neither is subnormal,
/// which some processors are told to take for 0, nor -0.
fn ends(low: f32, high: f32) -> Option<(f32, f32)> {
    let lowest = match low {
        f32::NEG_INFINITY => f32::MIN,
        low if low.is_subnormal() => {
            if low > 0.0 {
                f32::MIN_POSITIVE
            } else {
                0.0
            }
        }
        low => low + 0.0,
    };
    let below = high.next_down();
    let highest = match below {
        below if below.is_subnormal() => {
            if below > 0.0 {
                0.0
            } else {
                -f32::MIN_POSITIVE
            }
        }
        below => below + 0.0,
    };
    (lowest <= highest && highest < high).then_some((lowest, highest))
}

/// A number that looks like chance and is the same every time (SplitMix64).
fn mixed(attempt: usize, what: u64) -> u64 {
    let mut word = (attempt as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ what.wrapping_mul(0xd1b5_4a32_d192_ed03);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{ends, payload};

    #[test]
    fn a_range_ends_at_a_threshold_and_next_below_the_other() {
        assert_eq!(ends(0.5, 2.0), Some((0.5, 2.0_f32.next_down())));
        assert_eq!(ends(f32::NEG_INFINITY, f32::INFINITY), Some((f32::MIN, f32::MAX)));
        assert_eq!(ends(-1.0, 0.0), Some((-1.0, -f32::MIN_POSITIVE)));
        assert_eq!(ends(1e-45, 1.0).unwrap().0, f32::MIN_POSITIVE);
        assert_eq!(ends(1.0, 1.0), None);
        assert_eq!(ends(f32::NEG_INFINITY, f32::MIN), None);
    }

    #[test]
    fn a_payload_has_the_shortest_digits_and_leaves_out_the_missing() {
        assert_eq!(payload(&[0.5, f32::NAN, f32::MAX, -f32::MIN_POSITIVE]), "0.5,,3.4028235e38,-1.1754944e-38");
    }
}
