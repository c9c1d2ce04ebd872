//! Uniform draws from the operating system's random source. Knows nothing of what is drawn for.

use crate::error::{Error, Result};
use zeroize::Zeroizing;

/// Fills `bytes`.
pub(super) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::internal(format!("the operating system gave no random bytes: {error}")))
}

/// Bytes fetched from the operating system at once.
const BUFFER_LENGTH: usize = 64;

/// A supply of random numbers.
pub(super) struct Draw {
    buffer: Zeroizing<[u8; BUFFER_LENGTH]>,
    used: usize,
    refill: fn(&mut [u8]) -> Result<()>,
}

impl Draw {
    /// From the operating system.
    pub(super) fn new() -> Self {
        Self::of(fill)
    }

    fn of(refill: fn(&mut [u8]) -> Result<()>) -> Self {
        Self { buffer: Zeroizing::new([0; BUFFER_LENGTH]), used: BUFFER_LENGTH, refill }
    }

    fn word(&mut self) -> Result<u16> {
        loop {
            let taken = self.buffer.get(self.used..).and_then(<[u8]>::first_chunk);
            if let Some(taken) = taken {
                self.used += 2;
                return Ok(u16::from_be_bytes(*taken));
            }
            (self.refill)(self.buffer.as_mut())?;
            self.used = 0;
        }
    }

    /// A number from 0 to `end`, which is not among them; each with the same probability.
    pub(super) fn below(&mut self, end: u16) -> Result<u16> {
        // The words above the largest multiple of `end` would favour small numbers.
        let fair = u32::from(u16::MAX) + 1;
        let fair = fair - fair % u32::from(end.max(1));
        loop {
            let word = self.word()?;
            if u32::from(word) < fair {
                return Ok(word % end.max(1));
            }
        }
    }

    /// One of `choices`; nothing if there are none.
    pub(super) fn one_of(&mut self, choices: &[u8]) -> Result<Option<u8>> {
        let count = u16::try_from(choices.len())
            .map_err(|_| Error::internal("a random choice among more than 65535 characters"))?;
        Ok(choices.get(usize::from(self.below(count)?)).copied())
    }

    /// Puts `items` into a random order: each order with the same probability.
    pub(super) fn shuffle(&mut self, items: &mut [u8]) -> Result<()> {
        for end in (1..items.len()).rev() {
            let bound = u16::try_from(end + 1).map_err(|_| Error::internal("too long to shuffle"))?;
            items.swap(end, usize::from(self.below(bound)?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::cell::Cell;

    thread_local! {
        static COUNTER: Cell<u16> = const { Cell::new(0) };
    }

    /// Every word once, in order.
    fn count_up(bytes: &mut [u8]) -> Result<()> {
        for pair in bytes.chunks_exact_mut(2) {
            pair.copy_from_slice(&COUNTER.get().to_be_bytes());
            COUNTER.set(COUNTER.get().wrapping_add(1));
        }
        Ok(())
    }

    #[test]
    fn every_number_is_as_likely_as_every_other() {
        for end in [1u16, 2, 3, 7, 62, 87, 94, 255, 256, 1000, 40_000] {
            COUNTER.set(0);
            let mut draw = Draw::of(count_up);
            // All words that are not turned down, each once.
            let words = 65_536 - 65_536 % u32::from(end);
            let mut seen = vec![0u32; usize::from(end)];
            for _ in 0..words {
                seen[usize::from(draw.below(end).unwrap())] += 1;
            }
            let each = words / u32::from(end);
            assert!(seen.iter().all(|count| *count == each), "{end}: {each} times each");
        }
    }

    #[test]
    fn shuffling_keeps_what_is_there() {
        let mut items: Vec<u8> = (0..=255).collect();
        Draw::new().shuffle(&mut items).unwrap();
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert_eq!(items, (0..=255).collect::<Vec<u8>>());
        assert_eq!(Draw::new().one_of(&[]).unwrap(), None);
    }
}
