//! Going down the trees of the fast layout, 64 rows at a time.
//!
//! The first [`LEVELS`] levels of a tree are gone down by all rows of a block at once: each node compares its slot's 64
//! codes with its rank, a few wide instructions, whichever rows come by. Below, where a node sees few of the rows, each
//! row goes its own way, [`LANES`] of them side by side, so that no step waits for another row's.

#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::codes::{BLOCK, Codes, ROWS};
use super::{Isa, Kind};
use crate::forest::{Ranked, SPAN, Span, Word};

/// Levels that are gone down by all rows at once; above 8, an index of a node there would not fit into a byte.
pub(super) const LEVELS: usize = 6;
/// Nodes of these levels.
pub(super) const UPPER: usize = (1 << LEVELS) - 1;
/// Nodes of the level below.
pub(super) const ENTRIES: usize = 1 << LEVELS;
/// Rows that go down the rest of a tree side by side: as many as there are registers for.
const LANES: usize = 8;

/// The uppermost levels of a tree, as if it were full there: a leaf's place is taken by splits that lead to itself.
pub(super) struct Top {
    /// The nodes level by level; the children of node i are 2i + 1 and 2i + 2.
    pub(super) nodes: [Word; UPPER],
    /// The tree's nodes at the level below.
    pub(super) entries: [Word; ENTRIES],
    /// Steps from there to the deepest leaf.
    pub(super) steps: u32,
}

/// Memory that is written before it is read, for every tree and block anew.
pub(super) struct Scratch {
    /// 255 where a row comes by a node of the upper levels, 0 elsewhere.
    here: [[u8; ROWS]; UPPER],
    /// Where the rows are.
    at: [Word; ROWS],
}

impl Scratch {
    pub(super) fn new() -> Scratch {
        Scratch { here: [[0; ROWS]; UPPER], at: [Word::default(); ROWS] }
    }
}

impl Top {
    #[allow(
        clippy::indexing_slicing,
        reason = "the indices are bounded by their types' ranges; no check is left in the code"
    )]
    fn new(words: &[Word; SPAN], depth: u32) -> Top {
        let mut top =
            Top { nodes: [words[0]; UPPER], entries: [words[0]; ENTRIES], steps: depth.saturating_sub(LEVELS as u32) };
        let mut place = [0_usize; UPPER + ENTRIES];
        for node in 0..UPPER {
            // A leaf's other child is some node: no row ever goes there.
            let word = words[place[node]];
            top.nodes[node] = word;
            place[2 * node + 1] = word.left();
            place[2 * node + 2] = word.left() + 1;
        }
        for (entry, place) in top.entries.iter_mut().zip(&place[UPPER..]) {
            *entry = words[*place];
        }
        top
    }

    /// Takes each row of a block to one of the entries.
    #[allow(
        clippy::indexing_slicing,
        reason = "the indices are bounded by their types' ranges; no check is left in the code"
    )]
    #[inline(always)]
    fn descend(&self, codes: &[u8; BLOCK], scratch: &mut Scratch) {
        let here = &mut scratch.here;
        here[0] = [u8::MAX; ROWS];
        let mut entry = [0_u8; ROWS];
        for level in 0..LEVELS {
            let mut turned = [0_u8; ROWS];
            for node in (1 << level) - 1..(2 << level) - 1 {
                let word = self.nodes[node];
                let codes: &[u8; ROWS] = codes[word.slot_times_64()..][..ROWS].try_into().unwrap_or(&[0; ROWS]);
                let (rank, mask) = (word.rank(), here[node]);
                let mut right = [0_u8; ROWS];
                let mut left = [0_u8; ROWS];
                for lane in 0..ROWS {
                    let reached = if codes[lane] >= rank { u8::MAX } else { 0 };
                    right[lane] = mask[lane] & reached;
                    left[lane] = mask[lane] & !reached;
                    turned[lane] |= right[lane];
                }
                if level + 1 < LEVELS {
                    here[2 * node + 1] = left;
                    here[2 * node + 2] = right;
                }
            }
            for (entry, turned) in entry.iter_mut().zip(&turned) {
                *entry = *entry * 2 + (turned & 1);
            }
        }
        for (at, entry) in scratch.at.iter_mut().zip(entry) {
            *at = self.entries[usize::from(entry) % ENTRIES];
        }
    }
}

/// Trees that are scored together.
pub(super) struct Group<'a> {
    ranked: &'a Ranked,
    trees: &'a [Span],
    /// One a tree, or none where each row is to go its own way from the root.
    tops: Vec<Top>,
}

impl<'a> Group<'a> {
    pub(super) fn new(ranked: &'a Ranked, trees: &'a [Span], isa: Isa) -> Group<'a> {
        let top = |tree: &Span| Some(Top::new(ranked.words(*tree)?, tree.depth));
        let tops = if isa.0 == Kind::Scalar { Vec::new() } else { trees.iter().filter_map(top).collect() };
        Group { ranked, trees, tops }
    }

    /// Adds the trees' leaves to the sums of a block's rows.
    pub(super) fn add(&self, codes: &Codes, block: usize, sums: &mut [f32; ROWS], scratch: &mut Scratch, isa: Isa) {
        let Some(whole) = codes.block(block, 0) else { return };
        for (index, tree) in self.trees.iter().enumerate() {
            let (Some(words), Some(values)) = (self.ranked.words(*tree), self.ranked.values(*tree)) else { return };
            let steps = match self.tops.get(index) {
                #[cfg(target_arch = "x86_64")]
                Some(top) if isa.0 == Kind::Avx512 => {
                    // SAFETY: an `Isa` comes from `Isa::available` only, which asked the processor.
                    unsafe { avx512::add(top, words, values, whole, sums) };
                    continue;
                }
                Some(top) => {
                    descend(top, whole, scratch, isa);
                    top.steps
                }
                None => {
                    scratch.at = [words[0]; ROWS];
                    tree.depth
                }
            };
            for lane in (0..ROWS).step_by(LANES) {
                let Some(codes) = codes.block(block, lane) else { return };
                let (Some(at), Some(sums)) = (scratch.at.get(lane..), sums.get_mut(lane..)) else { return };
                let (Some(at), Some(sums)) = (at.first_chunk(), sums.first_chunk_mut()) else { return };
                finish(words, values, codes, *at, steps, sums);
            }
        }
    }
}

/// Takes some rows from where they are to their leaves. Compiled for what every processor of the target has: given wider
/// instructions, the compiler shuffles addresses about with them, which takes longer.
#[allow(
    clippy::indexing_slicing,
    reason = "the indices are bounded by their types' ranges; no check is left in the code"
)]
#[inline(never)]
fn finish(
    words: &[Word; SPAN],
    values: &[f32; SPAN],
    codes: &[u8; BLOCK],
    mut at: [Word; LANES],
    steps: u32,
    sums: &mut [f32; LANES],
) {
    for _ in 0..steps {
        for (row, word) in at.iter_mut().enumerate() {
            *word = words[word.child(codes[word.slot_times_64() + row])];
        }
    }
    for (sum, leaf) in sums.iter_mut().zip(at) {
        *sum += values[leaf.own_index()];
    }
}

/// Goes down the upper levels of a tree with all rows of a block; leaves in `scratch.at` where they are.
fn descend(top: &Top, codes: &[u8; BLOCK], scratch: &mut Scratch, isa: Isa) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn avx2(top: &Top, codes: &[u8; BLOCK], scratch: &mut Scratch) {
        top.descend(codes, scratch);
    }
    match isa.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: an `Isa` comes from `Isa::available` only, which asked the processor.
        Kind::Avx2 => unsafe { avx2(top, codes, scratch) },
        _ => top.descend(codes, scratch),
    }
}
