//! The rest of the way down a tree with AVX-512: 16 rows in a register, four registers side by side, so that one waits
//! for memory while the others step. A register's rows fetch their codes, and then their nodes, with one gather each.

use super::codes::{BLOCK, ROWS};
use crate::forest::{SPAN, Word};
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_add_ps, _mm512_and_epi32, _mm512_cmpge_epu32_mask, _mm512_i32gather_epi32,
    _mm512_i32gather_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_add_epi32, _mm512_or_epi32,
    _mm512_set1_epi32, _mm512_setr_epi32, _mm512_srli_epi32, _mm512_storeu_ps, _mm512_testn_epi32_mask,
};

/// Rows in a register.
const WIDTH: usize = 16;
/// Registers.
const REGISTERS: usize = ROWS / WIDTH;

/// Takes the rows of a block from where they are `steps` steps down, to their leaves, and adds the leaves' values.
/// The arithmetic is [`Word`]'s own, lane by lane.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2")]
pub(super) fn finish(
    words: &[Word; SPAN],
    values: &[f32; SPAN],
    codes: &[u8; BLOCK],
    at: &[Word; ROWS],
    steps: u32,
    sums: &mut [f32; ROWS],
) {
    let rank_bits = _mm512_set1_epi32(Word::RANK_BITS as i32);
    let mut at: [__m512i; REGISTERS] = std::array::from_fn(|register| {
        // SAFETY: `Word` is transparent over u32, and 16 * register + 16 is at most 64, the array's length.
        unsafe { _mm512_loadu_si512(at.as_ptr().add(WIDTH * register).cast()) }
    });
    let rows: [__m512i; REGISTERS] = std::array::from_fn(|register| row_numbers(register));
    for _ in 0..steps {
        for (at, rows) in at.iter_mut().zip(rows) {
            let slot = _mm512_and_epi32(
                _mm512_srli_epi32::<{ Word::SLOT_SHIFT_64 }>(*at),
                _mm512_set1_epi32(Word::SLOT_BITS_64 as i32),
            );
            // SAFETY: four bytes are read from `64 * slot + row` on, which is at most 64 * 2047 + 63: within the array,
            // which has 64 bytes more than 64 * 2048.
            let code = unsafe { _mm512_i32gather_epi32::<1>(_mm512_add_epi32(slot, rows), codes.as_ptr().cast()) };
            let (code, rank) = (_mm512_and_epi32(code, rank_bits), _mm512_and_epi32(*at, rank_bits));
            let next = child(*at, _mm512_cmpge_epu32_mask(code, rank));
            // SAFETY: see `child`: within the array.
            *at = unsafe { _mm512_i32gather_epi32::<4>(next, words.as_ptr().cast()) };
        }
    }
    for (at, sums) in at.into_iter().zip(sums.chunks_exact_mut(WIDTH)) {
        let own = child(at, _mm512_testn_epi32_mask(at, rank_bits));
        // SAFETY: see `child`: within `values`; and `sums` has 16 elements.
        unsafe {
            let leaves = _mm512_i32gather_ps::<4>(own, values.as_ptr());
            let sum = _mm512_add_ps(_mm512_loadu_ps(sums.as_ptr()), leaves);
            _mm512_storeu_ps(sums.as_mut_ptr(), sum);
        }
    }
}

/// The children that rows go to, given which of them go right. A word's pair has 13 bits, so that an index is at most
/// 2 * 8191 + 2, whatever the word: below [`SPAN`].
#[target_feature(enable = "avx512f")]
fn child(at: __m512i, right: u16) -> __m512i {
    let one = _mm512_set1_epi32(1);
    let left = _mm512_or_epi32(_mm512_srli_epi32::<{ Word::PAIR_SHIFT - 1 }>(at), one);
    _mm512_mask_add_epi32(left, right, left, one)
}

/// The numbers, in their block, of a register's rows.
#[target_feature(enable = "avx512f")]
fn row_numbers(register: usize) -> __m512i {
    let first = _mm512_set1_epi32((WIDTH * register) as i32);
    _mm512_add_epi32(first, _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
}
