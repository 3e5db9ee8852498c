//! Seeded randomness that is the same on every machine.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The generator of every simulation: small, fast, and fixed by its name, unlike `rand`'s `SmallRng`, whose algorithm
/// may change with the library or the machine's word size (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021).
pub type Random = Xoshiro256PlusPlus;

/// The generator of one use: a run's seed and a path such as `[cell, wave]`.
///
/// Each use has its own, so that a wave can be told again by itself and a further use somewhere never shifts the numbers
/// of another.
pub fn stream(seed: u64, path: &[u64]) -> Random {
    let mixed = path.iter().fold(mix(seed), |state, part| mix(state ^ mix(*part)));
    Random::seed_from_u64(mixed)
}

/// The finaliser of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng;

    #[test]
    fn a_path_is_a_stream_of_its_own() {
        let first = |seed, path: &[u64]| stream(seed, path).next_u64();
        assert_eq!(first(7, &[1, 2]), first(7, &[1, 2]));
        assert_ne!(first(7, &[1, 2]), first(7, &[2, 1]));
        assert_ne!(first(7, &[1]), first(7, &[1, 0]));
        assert_ne!(first(7, &[1]), first(8, &[1]));
    }

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        assert_eq!(stream(1, &[2, 3]).next_u64(), 1_061_077_329_242_429_918);
    }
}
