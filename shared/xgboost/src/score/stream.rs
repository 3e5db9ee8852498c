//! Margins while the model is being read: trees are scored in groups as they come and never held all at once.

use super::codes::{Codes, ROWS};
use super::{Isa, add_general, add_ranked, code};
use crate::error::ModelError;
use crate::forest::{Forest, General, Ranked};
use crate::matrix::Matrix;
use crate::tree::{Tree, TreeSink};
use std::num::NonZeroUsize;
use std::thread;

/// Nodes that are held before the first are scored (8 bytes each). Most thresholds of a model occur among them; each
/// time that one comes later, the rows have to be coded anew in its feature.
const FIRST_NODES: usize = 1 << 19;
/// Nodes of a group after that: a fraction of what a thread of its own inflates ahead.
const NODES: usize = 1 << 17;

/// What a reader learns only at the end of a file, and a scorer needs at its start.
#[derive(Clone, Debug)]
pub(crate) struct Assumed {
    /// Where the sum of a row starts.
    pub(crate) base_margin: f32,
    /// The weights of a DART model's trees.
    pub(crate) weights: Option<Vec<f32>>,
    /// Trees that are served; `None` for all.
    pub(crate) served: Option<usize>,
}

impl Assumed {
    /// Whether both lead to the same bits.
    pub(crate) fn matches(&self, other: &Assumed) -> bool {
        self.base_margin.to_bits() == other.base_margin.to_bits()
            && self.weights == other.weights
            && self.served == other.served
    }
}

/// A sink that adds the leaves of the trees to the margins of some rows.
pub(crate) struct StreamScorer<'a> {
    assumed: Assumed,
    parts: Vec<Part<'a>>,
    /// The trees that wait.
    group: Forest,
    /// Index of the first of them.
    first: usize,
    nodes: usize,
    /// Nodes that are held before they are scored: now, and from the second group on.
    pub(super) limits: [usize; 2],
    isa: Isa,
}

/// The rows that one thread scores.
struct Part<'a> {
    rows: Matrix<'a>,
    margins: Vec<f32>,
    codes: Codes,
}

impl<'a> StreamScorer<'a> {
    pub(crate) fn new(rows: Matrix<'a>, assumed: Assumed, threads: NonZeroUsize, isa: Isa) -> StreamScorer<'a> {
        let share = rows.rows().div_ceil(ROWS).div_ceil(threads.get()).max(1) * ROWS * rows.width();
        let part = |values| {
            let rows = Matrix::new(values, rows.width())?;
            Some(Part { rows, margins: vec![assumed.base_margin; rows.rows()], codes: Codes::default() })
        };
        let parts = rows.values().chunks(share).filter_map(part).collect();
        StreamScorer { assumed, parts, group: Forest::default(), first: 0, nodes: 0, limits: [FIRST_NODES, NODES], isa }
    }

    /// The margins of all rows, once all trees came.
    pub(crate) fn finish(mut self) -> Vec<f32> {
        self.flush();
        self.parts.into_iter().flat_map(|part| part.margins).collect()
    }

    /// Scores the trees that wait, and forgets them.
    fn flush(&mut self) {
        let isa = self.isa;
        let weights = self.assumed.weights.as_deref().map(|weights| weights.get(self.first..).unwrap_or_default());
        self.first += self.group.trees();
        (self.nodes, self.limits) = (0, [self.limits[1]; 2]);
        match &mut self.group {
            Forest::Ranked(ranked) => {
                ranked.weigh(weights, usize::MAX);
                let changed = ranked.seal();
                on_threads(&mut self.parts, |part| part.add_ranked(ranked, &changed, isa));
                ranked.clear();
            }
            Forest::General(general) => {
                general.weigh(weights, usize::MAX);
                on_threads(&mut self.parts, |part| add_general(general, part.rows, &mut part.margins));
                *general = General::default();
            }
        }
    }
}

impl Part<'_> {
    fn add_ranked(&mut self, ranked: &Ranked, changed: &[usize], isa: Isa) {
        let slots = ranked.ranks.slots();
        if self.codes.slots() < slots {
            // With room for more: a feature's second slot may come late.
            self.codes = Codes::new(self.rows.rows(), slots + slots / 16 + 8);
            code(&mut self.codes, self.rows, ranked, None, isa);
        } else if !changed.is_empty() {
            code(&mut self.codes, self.rows, ranked, Some(changed), isa);
        }
        add_ranked(ranked, &self.codes, &mut self.margins, isa);
    }
}

/// Runs `score` on each part, the first on this thread.
fn on_threads<'a>(parts: &mut [Part<'a>], score: impl Fn(&mut Part<'a>) + Sync) {
    let score = &score;
    thread::scope(|scope| {
        let mut parts = parts.iter_mut();
        let first = parts.next();
        for part in parts {
            scope.spawn(move || score(part));
        }
        first.into_iter().for_each(score);
    });
}

impl TreeSink for StreamScorer<'_> {
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        if self.assumed.served.is_some_and(|served| index >= served) {
            return Ok(());
        }
        self.group.tree(index, tree)?;
        self.nodes += tree.nodes.len();
        if self.nodes >= self.limits[0] {
            self.flush();
        }
        Ok(())
    }
}
