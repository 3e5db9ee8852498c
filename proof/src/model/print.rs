//! A state's fingerprint: 64 bits that are the same on every machine.

use std::hash::Hasher;

/// Eight bytes at a time, fast and well mixed. Where ten million different states are met, two of them are taken for one with
/// a chance of about three in a million.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mixer(u64);

const SECRET: u64 = 0x9e37_79b9_7f4a_7c15;
const OTHER: u64 = 0xd6e8_feb8_6659_fd93;

impl Default for Mixer {
    fn default() -> Self {
        Self(OTHER)
    }
}

impl Mixer {
    /// One round of a bijection for each word (xor, multiply, shift, twice): only differences that undo each other collide.
    fn mix(&mut self, word: u64) {
        let mut state = (self.0 ^ word).wrapping_mul(SECRET);
        state ^= state >> 32;
        state = state.wrapping_mul(OTHER);
        self.0 = state ^ state >> 29;
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix(chunk.try_into().map_or(0, u64::from_le_bytes));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.mix(u64::from_le_bytes(word) ^ (rest.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        let mut last = *self;
        last.mix(SECRET);
        last.0
    }
}
