//! Random words by place: the same in any order, on any thread.

use crate::error::{Error, Result};
use crate::random::philox;

/// Third words of the counter: what is drawn. Those of synapses, their weights, gaps between spikes, a word a source.
pub(super) const CONNECT: u32 = 16;
pub(super) const WEIGH: u32 = 17;
pub(super) const GAP: u32 = 18;
pub(super) const EACH: u32 = 19;

const LANES: usize = 8;

/// The words of a stream, one after another: word k is word k % 4 of counter (k / 4, ...).
#[derive(Debug, Clone)]
pub(super) struct Words {
    key: [u32; 2],
    counter: [u32; 3],
    /// Whether the counter's second word goes on from the first.
    long: bool,
    next: u64,
    first: u64,
    held: [[u32; 4]; LANES],
}

impl Words {
    /// A stream of at most 2^34 words.
    pub(super) fn new(seed: u64, counter: [u32; 3]) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        Self { key, counter, long: false, next: 0, first: u64::MAX, held: [[0; 4]; LANES] }
    }

    /// A stream of any length from a place on.
    pub(super) fn long(seed: u64, counter: [u32; 3], next: u64) -> Self {
        Self { long: true, next, ..Self::new(seed, counter) }
    }

    /// How many words were taken.
    pub(super) fn taken(&self) -> u64 {
        self.next
    }

    /// The next word.
    #[inline]
    pub(super) fn word(&mut self) -> u32 {
        const HELD: u64 = 4 * LANES as u64;
        let first = self.next & !(HELD - 1);
        if first != self.first {
            self.fill(first / 4);
            self.first = first;
        }
        let at = (self.next - first) as usize;
        self.next += 1;
        self.held[at / 4][at % 4]
    }

    fn fill(&mut self, block: u64) {
        let second = if self.long { (block >> 32) as u32 } else { self.counter[0] };
        let low: [u32; LANES] = std::array::from_fn(|lane| (block as u32).wrapping_add(lane as u32));
        let made = philox(self.key, [low, [second; LANES], [self.counter[1]; LANES], [self.counter[2]; LANES]]);
        self.held = std::array::from_fn(|lane| made.map(|word| word[lane]));
    }
}

/// Gaps between events of a probability, by a table and an index into it.
#[derive(Debug, Clone)]
pub(super) struct Gaps {
    table: Vec<u64>,
    /// For each value of a word's upper bits, the first entry that can be its gap.
    guide: Vec<u32>,
}

const GUIDE_BITS: u32 = 10;

impl Gaps {
    pub(super) fn new(table: Vec<u64>) -> Self {
        let first = |upper: u64| table.partition_point(|&entry| entry <= upper << (32 - GUIDE_BITS)) as u32;
        let guide = (0..1 << GUIDE_BITS).map(first).collect();
        Self { table, guide }
    }

    /// Failures before the next success.
    ///
    /// # Errors
    ///
    /// There is none within 2^62.
    #[inline]
    pub(super) fn next(&self, words: &mut Words) -> Result<u64> {
        let whole = self.table.len();
        let mut gap = 0u64;
        while gap <= 1 << 62 {
            let word = words.word();
            let mut at = self.guide[(word >> (32 - GUIDE_BITS)) as usize] as usize;
            while at < whole && self.table[at] <= u64::from(word) {
                at += 1;
            }
            gap += at as u64;
            if at < whole {
                return Ok(gap);
            }
        }
        Err(Error::internal("a gap without end"))
    }

    /// Whether nothing ever happens.
    pub(super) fn never(&self) -> bool {
        self.table.last().is_none_or(|&entry| entry == 0)
    }
}

/// Which of some sources spike at a step, each by a threshold: source k by word k. Words that nobody can be below are not drawn.
pub(super) fn each(seed: u64, step: u32, stream: u32, thresholds: &[u64], out: &mut Vec<u32>) {
    let mut words = Words::new(seed, [step, EACH, stream]);
    for (k, part) in thresholds.chunks(4 * LANES).enumerate().filter(|(_, part)| part.iter().any(|&limit| limit != 0)) {
        words.fill((LANES * k) as u64);
        let drawn = words.held.as_flattened().iter().zip(part).enumerate();
        out.extend(
            drawn.filter(|&(_, (&word, &limit))| u64::from(word) < limit).map(|(at, _)| (4 * LANES * k + at) as u32),
        );
    }
}
