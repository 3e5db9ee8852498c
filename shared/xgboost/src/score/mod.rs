//! Margins of many rows, in the widest instructions that the processor has, on several threads.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod codes;
mod stream;
mod walk;

use crate::forest::{Forest, General, Ranked};
use crate::matrix::Matrix;
use codes::{Codes, ROWS};
use std::num::NonZeroUsize;
use std::thread;
pub(crate) use stream::{Assumed, StreamScorer};
use walk::{Group, Scratch};

/// Trees scored together: their nodes stay in the cache while all rows pass.
const TREES_A_GROUP: usize = 32;
/// Rows that are coded at a time, a bound on the memory for codes: as many as can be, as each time all nodes are read
/// anew; but where these stay in the cache, only so many that their codes stay there too.
const ROWS_A_PANEL: usize = 256 * ROWS;
const ROWS_BESIDE_A_SMALL_FOREST: usize = 16 * ROWS;
/// Nodes of a small forest, which are 8 bytes each.
const SMALL_FOREST: usize = 1 << 17;

/// Instructions that this processor was seen to have: nobody outside of this module makes one without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Isa(Kind);

/// What the same code is compiled for, several times over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// 64 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 32 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of the target has.
    Portable,
    /// The same, every row on its own from the root on: the twin that the others are tested against.
    Scalar,
}

impl Isa {
    /// The widest that this processor has.
    pub(crate) fn best() -> Isa {
        Isa::available().first().copied().unwrap_or(Isa(Kind::Portable))
    }

    /// All that this processor has, widest first.
    pub(crate) fn available() -> Vec<Isa> {
        let mut available = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            // Everything that a function below is compiled for, as a hypervisor may take away any of them.
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 {
                available.push(Isa(Kind::Avx512));
            }
            if avx2 {
                available.push(Isa(Kind::Avx2));
            }
        }
        available.extend([Isa(Kind::Portable), Isa(Kind::Scalar)]);
        available
    }
}

/// Adds all trees' leaves to the margins, one a row, which hold the base margin.
pub(crate) fn add(forest: &Forest, matrix: Matrix<'_>, margins: &mut [f32], threads: NonZeroUsize, isa: Isa) {
    let blocks = matrix.rows().div_ceil(ROWS);
    let rows = blocks.div_ceil(threads.get()).max(1) * ROWS;
    let parts = margins.chunks_mut(rows).zip(matrix.values().chunks(rows * matrix.width()));
    let score = |(margins, values): (&mut [f32], &[f32])| match forest {
        Forest::Ranked(ranked) => {
            let rows = if ranked.nodes() <= SMALL_FOREST { ROWS_BESIDE_A_SMALL_FOREST } else { ROWS_A_PANEL };
            let mut codes = Codes::new(rows.min(margins.len()), ranked.ranks.slots());
            for (margins, values) in margins.chunks_mut(rows).zip(values.chunks(rows * matrix.width())) {
                let Some(panel) = Matrix::new(values, matrix.width()) else { continue };
                code(&mut codes, panel, ranked, None, isa);
                add_ranked(ranked, &codes, margins, isa);
            }
        }
        Forest::General(general) => {
            if let Some(part) = Matrix::new(values, matrix.width()) {
                add_general(general, part, margins);
            }
        }
    };
    thread::scope(|scope| {
        let mut parts = parts;
        // The first part stays on this thread.
        let first = parts.next();
        for part in parts {
            scope.spawn(move || score(part));
        }
        first.into_iter().for_each(score);
    });
}

/// Codes rows, in the columns with these indices or in all.
fn code(codes: &mut Codes, matrix: Matrix<'_>, ranked: &Ranked, columns: Option<&[usize]>, isa: Isa) {
    #[inline(always)]
    fn run(codes: &mut Codes, matrix: Matrix<'_>, ranked: &Ranked, columns: Option<&[usize]>) {
        match columns {
            None => codes.fill(matrix, codes::all(&ranked.ranks)),
            Some(some) => codes.fill(matrix, some.iter().filter_map(|index| ranked.ranks.columns().get(*index))),
        }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2")]
    fn avx512(codes: &mut Codes, matrix: Matrix<'_>, ranked: &Ranked, columns: Option<&[usize]>) {
        run(codes, matrix, ranked, columns);
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn avx2(codes: &mut Codes, matrix: Matrix<'_>, ranked: &Ranked, columns: Option<&[usize]>) {
        run(codes, matrix, ranked, columns);
    }
    match isa.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: an `Isa` comes from `Isa::available` only, which asked the processor.
        Kind::Avx512 => unsafe { avx512(codes, matrix, ranked, columns) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Kind::Avx2 => unsafe { avx2(codes, matrix, ranked, columns) },
        Kind::Portable | Kind::Scalar => run(codes, matrix, ranked, columns),
    }
}

fn add_ranked(ranked: &Ranked, codes: &Codes, margins: &mut [f32], isa: Isa) {
    let mut scratch = Scratch::new();
    for trees in ranked.trees().chunks(TREES_A_GROUP) {
        let group = Group::new(ranked, trees, isa);
        for (block, margins) in margins.chunks_mut(ROWS).enumerate() {
            // Not every block is full.
            let mut sums = [0.0; ROWS];
            sums.iter_mut().zip(&*margins).for_each(|(sum, margin)| *sum = *margin);
            group.add(codes, block, &mut sums, &mut scratch, isa);
            margins.copy_from_slice(sums.get(..margins.len()).unwrap_or_default());
        }
    }
}

fn add_general(general: &General, matrix: Matrix<'_>, margins: &mut [f32]) {
    for start in (0..general.trees()).step_by(TREES_A_GROUP) {
        let group = start..(start + TREES_A_GROUP).min(general.trees());
        let blocks = matrix.values().chunks(ROWS * matrix.width());
        for (margins, rows) in margins.chunks_mut(ROWS).zip(blocks) {
            general.add(group.clone(), rows, matrix.width(), margins);
        }
    }
}

#[cfg(test)]
mod tests;
