//! The world's only randomness: small, seeded, and the same on every machine.

/// A splitmix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
///
/// Each use takes its own generator from the seed and a label, so that a further use somewhere never shifts the numbers
/// of another.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator for one use, e.g. `["replication", "eu-west-1", "releases/a"]`.
    pub fn labelled<'a>(seed: u64, label: impl IntoIterator<Item = &'a str>) -> Self {
        // FNV-1a over the label, with a separator that no UTF-8 text holds.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        for part in label {
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        let mut random = Random(hash);
        random.next_u64();
        random
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `low..=high`; `low` where the bounds are the wrong way round.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.next_u64() % span).unwrap_or(0))
    }

    /// Standard normal, by the sum of twelve uniforms: no libm function, good to about three sigma.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A count with the given mean, spread as a Poisson count is.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// A UUID of version 4.
    pub fn uuid(&mut self) -> String {
        let high = (self.next_u64() & !0xf000) | 0x4000;
        let low = (self.next_u64() & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// Letters and digits, as version ids have them.
    pub fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
        (0..length).map(|_| ALPHABET.get((self.next_u64() & 31) as usize).copied().map_or('A', char::from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_stream_of_its_own() {
        let first = |label: [&str; 2]| Random::labelled(7, label).next_u64();
        assert_eq!(first(["a", "b"]), first(["a", "b"]));
        assert_ne!(first(["a", "b"]), first(["ab", ""]));
        assert_ne!(Random::labelled(7, ["a"]).next_u64(), Random::labelled(8, ["a"]).next_u64());
    }

    #[test]
    fn poisson_counts_have_their_mean() {
        for mean in [0.5, 12.0, 400.0] {
            let mut random = Random::labelled(7, ["poisson"]);
            let total: u64 = (0..20_000).map(|_| random.poisson(mean)).sum();
            let seen = total as f64 / 20_000.0;
            assert!((seen - mean).abs() < 0.02 * mean + 0.02, "{seen} for {mean}");
        }
    }

    #[test]
    fn a_uuid_is_of_version_4() {
        let id = Random::labelled(7, ["uuid"]).uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(id.chars().nth(14), Some('4'));
        assert!(matches!(id.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
    }
}
