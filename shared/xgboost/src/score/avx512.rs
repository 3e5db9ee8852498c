//! The way down a tree with AVX-512. Upper levels: one comparison tells for all 64 rows of a block who goes right, and who
//! came by a node is a 64-bit mask. Below: 16 rows in a register, four registers side by side, so that one waits for
//! memory while the others step; a register's rows fetch their codes, and then their nodes, with one gather each.
//! The arithmetic is [`Word`]'s own, lane by lane.

use super::codes::{BLOCK, ROWS};
use super::walk::{ENTRIES, LEVELS, Top, UPPER};
use crate::forest::{SPAN, Word};
use std::arch::x86_64::{
    __m512i, _mm512_add_epi8, _mm512_add_epi32, _mm512_add_ps, _mm512_and_epi32, _mm512_castsi512_si128,
    _mm512_cmpge_epu8_mask, _mm512_cmpge_epu32_mask, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
    _mm512_i32gather_epi32, _mm512_i32gather_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_add_epi32,
    _mm512_mask_blend_epi32, _mm512_mask_sub_epi8, _mm512_or_epi32, _mm512_permutex2var_epi32, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_srli_epi32, _mm512_storeu_ps,
    _mm512_test_epi32_mask, _mm512_testn_epi32_mask,
};

/// Rows in a register of words.
const WIDTH: usize = 16;
/// Registers for the words of a block's rows, and for the entries below the upper levels.
const REGISTERS: usize = ROWS / WIDTH;

// What `enter` selects from: twice two registers of entries, told apart by the highest of `LEVELS` bits.
const _: () = assert!(LEVELS == 6 && ENTRIES == REGISTERS * WIDTH);

/// Adds a tree's leaves to the sums of a block's rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2")]
pub(super) fn add(top: &Top, words: &[Word; SPAN], values: &[f32; SPAN], codes: &[u8; BLOCK], sums: &mut [f32; ROWS]) {
    let rank_bits = _mm512_set1_epi32(Word::RANK_BITS as i32);
    let slot_bits = _mm512_set1_epi32(Word::SLOT_BITS_64 as i32);
    let rows: [__m512i; REGISTERS] = std::array::from_fn(|register| row_numbers(register));
    let mut at = enter(&top.entries, descend(&top.nodes, codes));
    for _ in 0..top.steps {
        for (at, rows) in at.iter_mut().zip(rows) {
            let slot = _mm512_and_epi32(_mm512_srli_epi32::<{ Word::SLOT_SHIFT_64 }>(*at), slot_bits);
            // SAFETY: four bytes are read from `64 * slot + row` on, which is at most 64 * 2047 + 63: within the array,
            // which has 64 bytes more than 64 * 2048.
            let code = unsafe { _mm512_i32gather_epi32::<1>(_mm512_add_epi32(slot, rows), codes.as_ptr().cast()) };
            let (code, rank) = (_mm512_and_epi32(code, rank_bits), _mm512_and_epi32(*at, rank_bits));
            let next = child(*at, _mm512_cmpge_epu32_mask(code, rank));
            // SAFETY: an index that `child` gives is within the array; `Word` is transparent over u32.
            *at = unsafe { _mm512_i32gather_epi32::<4>(next, words.as_ptr().cast()) };
        }
    }
    for (at, sums) in at.into_iter().zip(sums.chunks_exact_mut(WIDTH)) {
        let own = child(at, _mm512_testn_epi32_mask(at, rank_bits));
        // SAFETY: an index that `child` gives is within `values`; and `sums` has 16 elements.
        unsafe {
            let leaves = _mm512_i32gather_ps::<4>(own, values.as_ptr());
            let sum = _mm512_add_ps(_mm512_loadu_ps(sums.as_ptr()), leaves);
            _mm512_storeu_ps(sums.as_mut_ptr(), sum);
        }
    }
}

/// Goes down the upper levels: which entry each row comes to, a byte a row.
#[target_feature(enable = "avx512f,avx512bw")]
fn descend(nodes: &[Word; UPPER], codes: &[u8; BLOCK]) -> __m512i {
    // Which rows come by a node.
    let mut here = [0_u64; UPPER];
    here[0] = u64::MAX;
    let entry = _mm512_setzero_si512();
    let entry = level::<0>(nodes, codes, &mut here, entry);
    let entry = level::<1>(nodes, codes, &mut here, entry);
    let entry = level::<2>(nodes, codes, &mut here, entry);
    let entry = level::<3>(nodes, codes, &mut here, entry);
    let entry = level::<4>(nodes, codes, &mut here, entry);
    level::<5>(nodes, codes, &mut here, entry)
}

/// One level, as a function of a constant so that its loop is unrolled.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
#[allow(clippy::indexing_slicing, reason = "the compiler sees every index's bound; no check is left in the code")]
fn level<const LEVEL: usize>(
    nodes: &[Word; UPPER],
    codes: &[u8; BLOCK],
    here: &mut [u64; UPPER],
    entry: __m512i,
) -> __m512i {
    let mut turned = 0;
    for node in (1 << LEVEL) - 1..(2 << LEVEL) - 1 {
        let word = nodes[node];
        let codes = &codes[word.slot_times_64()..][..ROWS];
        // SAFETY: the slice has 64 bytes.
        let codes = unsafe { _mm512_loadu_si512(codes.as_ptr().cast()) };
        let reached = _mm512_cmpge_epu8_mask(codes, _mm512_set1_epi8(word.rank() as i8));
        let right = here[node] & reached;
        turned |= right;
        if LEVEL + 1 < LEVELS {
            here[2 * node + 1] = here[node] & !reached;
            here[2 * node + 2] = right;
        }
    }
    let doubled = _mm512_add_epi8(entry, entry);
    // Subtracting -1 where a row turned right.
    _mm512_mask_sub_epi8(doubled, turned, doubled, _mm512_set1_epi8(-1))
}

/// The words at the entries that the rows come to.
#[inline]
#[target_feature(enable = "avx512f")]
fn enter(entries: &[Word; ENTRIES], entry: __m512i) -> [__m512i; REGISTERS] {
    let table: [__m512i; REGISTERS] = std::array::from_fn(|register| {
        // SAFETY: `Word` is transparent over u32, and 16 * register + 16 is at most 64, the array's length.
        unsafe { _mm512_loadu_si512(entries.as_ptr().add(WIDTH * register).cast()) }
    });
    let quarters = [
        _mm512_castsi512_si128(entry),
        _mm512_extracti32x4_epi32::<1>(entry),
        _mm512_extracti32x4_epi32::<2>(entry),
        _mm512_extracti32x4_epi32::<3>(entry),
    ];
    quarters.map(|quarter| {
        let index = _mm512_cvtepu8_epi32(quarter);
        let low = _mm512_permutex2var_epi32(table[0], index, table[1]);
        let high = _mm512_permutex2var_epi32(table[2], index, table[3]);
        _mm512_mask_blend_epi32(_mm512_test_epi32_mask(index, _mm512_set1_epi32(32)), low, high)
    })
}

/// The children that rows go to, given which of them go right. A word's pair has 13 bits, so that an index is at most
/// 2 * 8191 + 2, whatever the word: below [`SPAN`].
#[inline]
#[target_feature(enable = "avx512f")]
fn child(at: __m512i, right: u16) -> __m512i {
    let one = _mm512_set1_epi32(1);
    let left = _mm512_or_epi32(_mm512_srli_epi32::<{ Word::PAIR_SHIFT - 1 }>(at), one);
    _mm512_mask_add_epi32(left, right, left, one)
}

/// The numbers, in their block, of a register's rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn row_numbers(register: usize) -> __m512i {
    let first = _mm512_set1_epi32((WIDTH * register) as i32);
    _mm512_add_epi32(first, _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
}
