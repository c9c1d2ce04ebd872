//! Owns a small seeded generator of pseudo-random numbers. Not for keys or secrets.

/// The splitmix64 generator: the same seed gives the same numbers on every machine, forever.
///
/// ```
/// use iac_testkit::sim::SplitMix64;
///
/// let mut random = SplitMix64::new(0);
/// assert_eq!(random.next_u64(), 0xE220_A839_7B1D_CDAF);
/// ```
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator that starts at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the high half of a product of two u64 is a u64")
    }

    /// True with the given probability (0.0 never, 1.0 always). Draws one number in any case.
    pub fn chance(&mut self, probability: f64) -> bool {
        const MANTISSA_BITS: u32 = 53;
        let unit = (self.next_u64() >> (64 - MANTISSA_BITS)) as f64 / (1_u64 << MANTISSA_BITS) as f64;
        unit < probability
    }
}
