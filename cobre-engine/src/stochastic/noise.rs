//! Counter-based noise streams.

use super::quantile::standard_normal_quantile;

/// Multipliers and key increments of Philox 4×32.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_INCREMENTS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// A stateless stream of random numbers: a value is a pure function of key and counter (Philox 4×32-10, Salmon et
/// al. 2011), so any thread can draw any element in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseStream {
    key: [u32; 2],
}

impl NoiseStream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32] }
    }

    /// The 128 random bits at a counter.
    pub fn block(&self, counter: [u32; 4]) -> [u32; 4] {
        let mut key = self.key;
        let mut words = counter;
        for _ in 0..ROUNDS {
            let even = u64::from(MULTIPLIERS[0]) * u64::from(words[0]);
            let odd = u64::from(MULTIPLIERS[1]) * u64::from(words[2]);
            words = [
                (odd >> 32) as u32 ^ words[1] ^ key[0],
                odd as u32,
                (even >> 32) as u32 ^ words[3] ^ key[1],
                even as u32,
            ];
            key = [key[0].wrapping_add(KEY_INCREMENTS[0]), key[1].wrapping_add(KEY_INCREMENTS[1])];
        }
        words
    }

    /// The block at a counter as two words of 64 bits.
    fn words(self, counter: [u32; 4]) -> [u64; 2] {
        let [a, b, c, d] = self.block(counter).map(u64::from);
        [a | b << 32, c | d << 32]
    }

    /// Two independent uniform draws from the open interval (0, 1).
    ///
    /// The values are the odd multiples of 2⁻⁵³: exact in an `f64`, never 0 or 1, symmetric about one half.
    pub fn uniform(&self, counter: [u32; 4]) -> (f64, f64) {
        let scale = 0.5_f64.powi(53);
        let [first, second] = self.words(counter).map(|word| (word >> 11 | 1) as f64 * scale);
        (first, second)
    }

    /// One standard normal draw: the quantile of the first uniform draw at the counter.
    pub fn normal(&self, counter: [u32; 4]) -> f64 {
        standard_normal_quantile(self.uniform(counter).0)
    }

    /// A uniform draw from `0..n`; 0 when `n` is 0.
    ///
    /// The high half of a 64 × 64-bit product. The probability of an index differs from 1/n by less than 2⁻⁶⁴, which
    /// is a relative bias below 2⁻³² for every `n` up to 2³².
    pub fn index(&self, counter: [u32; 4], n: usize) -> usize {
        let [word, _] = self.words(counter);
        ((u128::from(word) * n as u128) >> 64) as usize
    }
}
