//! Dot products in tiles: up to 16 steps of 64 inputs by 64 inputs of 16 outputs, for four pairs of a pixel and 16 outputs together.
//!
//! Sums are exact i32, so that they are those of every other way.

#[cfg(target_arch = "x86_64")]
mod amx;

use std::marker::PhantomData;

use super::field::{OUTPUTS, Row};
use crate::simd::Level;

/// Steps of a tile, at most, and rows of weights of a full one.
pub(crate) const STEPS: usize = 16;
/// Bytes of a row of a tile: inputs, or sums.
pub(crate) const BYTES: usize = 64;

/// Whether there is a level on this processor family that has tiles: programs for others hold none of this.
pub(crate) const TILES: bool = cfg!(target_arch = "x86_64");

/// Weights of 64 inputs, four in each row, and 16 outputs.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Weights(pub(crate) [Row; STEPS]);

/// Where the tiles of a window begin, from its first byte on.
#[derive(Debug, Default)]
pub(crate) struct Begins {
    all: Vec<usize>,
    last: usize,
}

impl Begins {
    /// Take these in the place of those before.
    pub(crate) fn set(&mut self, begins: impl Iterator<Item = usize>) {
        self.all.clear();
        self.all.extend(begins);
        self.last = self.all.iter().copied().max().unwrap_or(0);
    }

    /// Make room for so many.
    pub(crate) fn make_room(&mut self, tiles: usize) {
        self.all.clear();
        self.all.reserve(tiles);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}

/// What the sums of `P` neighbouring pixels and `16 V` outputs are made of.
pub(crate) struct Operands<'a, const V: usize> {
    /// From the first pixel's window on.
    pub(crate) counts: &'a [u8],
    pub(crate) begins: &'a Begins,
    /// Bytes from a step to the next one, and from a pixel's window to the next one's.
    pub(crate) step: usize,
    pub(crate) pixel: usize,
    /// Of each tile of a window.
    pub(crate) weights: &'a [[Weights; V]],
    /// What the sums start from.
    pub(crate) bias: &'a [[i32; OUTPUTS]; V],
}

/// This thread's tiles, configured for some steps.
pub(crate) struct Configured {
    steps: usize,
    #[cfg(target_arch = "x86_64")]
    in_tiles: bool,
    /// Of one thread.
    own: PhantomData<*const ()>,
}

impl Configured {
    /// Configure them, where the level has them, for so many steps, at most 16.
    pub(crate) fn new(level: Level, steps: usize) -> Self {
        let steps = steps.clamp(1, STEPS);
        if level.has_tiles() {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only a machine with tiles has such a level.
            unsafe {
                amx::configure(steps);
            }
        }
        Self {
            steps,
            #[cfg(target_arch = "x86_64")]
            in_tiles: level.has_tiles(),
            own: PhantomData,
        }
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if self.in_tiles {
            // SAFETY: as above.
            unsafe { amx::release() };
        }
    }
}

/// The sums of `P` pixels, where `P V` is 4, for as many steps as tiles are configured for.
#[inline]
pub(crate) fn sums<const V: usize, const P: usize>(
    configured: &Configured,
    operands: &Operands<'_, V>,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    let sums = &mut sums[..configured.steps];
    #[cfg(target_arch = "x86_64")]
    if configured.in_tiles {
        // SAFETY: a `Configured` with tiles stays on the thread whose tiles it configured, and there is one a thread.
        return unsafe { amx::sums(operands, sums) };
    }
    plain(operands, sums);
}

/// The same in plain code, for any machine.
fn plain<const V: usize, const P: usize>(operands: &Operands<'_, V>, sums: &mut [[[[i32; OUTPUTS]; V]; P]]) {
    for (step, sums) in sums.iter_mut().enumerate() {
        for (pixel, sums) in sums.iter_mut().enumerate() {
            *sums = *operands.bias;
            let first = step * operands.step + pixel * operands.pixel;
            for (begin, weights) in operands.begins.all.iter().zip(operands.weights) {
                let counts = operands.counts[first + begin..][..BYTES].as_chunks::<4>().0;
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    for (counts, Row(row)) in counts.iter().zip(&weights.0) {
                        for (sum, lane) in sums.iter_mut().zip(row) {
                            for (count, weight) in counts.iter().zip(lane.to_le_bytes()) {
                                *sum = sum.wrapping_add(i32::from(*count) * i32::from(weight as i8));
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const V: usize, const P: usize>(begins: &[usize], [step, pixel]: [usize; 2]) {
        let mut seed = 1_u32;
        let mut drawn = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let length = begins.iter().max().map_or(0, |last| last + BYTES) + 15 * step + 3 * pixel;
        let counts: Vec<u8> = (0..length).map(|_| drawn()).collect();
        let mut row = || Row(std::array::from_fn(|_| i32::from_le_bytes(std::array::from_fn(|_| drawn()))));
        let mut tile = || Weights(std::array::from_fn(|_| row()));
        let weights: Vec<[Weights; V]> = begins.iter().map(|_| std::array::from_fn(|_| tile())).collect();
        let bias = std::array::from_fn(|v| std::array::from_fn(|lane| (v * 100 + lane) as i32 - 9));
        let mut where_tiles_begin = Begins::default();
        where_tiles_begin.set(begins.iter().copied());
        let (begins, bias) = (&where_tiles_begin, &bias);
        let operands = Operands { counts: &counts, begins, step, pixel, weights: &weights, bias };
        for steps in 1..=STEPS {
            let mut expected = vec![[[[0; OUTPUTS]; V]; P]; steps];
            plain(&operands, &mut expected);
            for level in Level::available() {
                let mut found = vec![[[[-1; OUTPUTS]; V]; P]; STEPS];
                sums(&Configured::new(level, steps), &operands, &mut found);
                assert_eq!(found[..steps], expected, "{} {V} {steps}", level.name());
                assert_eq!(found[steps..], vec![[[[-1; OUTPUTS]; V]; P]; STEPS - steps]);
            }
        }
    }

    #[test]
    fn all_levels_sum_alike() {
        for begins in [&[][..], &[0], &[0, 70, 300], &[5, 64, 1000, 7, 128]] {
            check::<1, 4>(begins, [100, 16]);
            check::<2, 2>(begins, [544, 64]);
        }
    }

    #[test]
    fn a_sum_is_that_of_products() {
        let counts: Vec<u8> = (0..200).collect();
        let weights = [[Weights([Row([i32::from_le_bytes([1, 2, 0xFF, 0x80]); OUTPUTS]); STEPS])]];
        let mut begins = Begins::default();
        begins.set([10].into_iter());
        let bias = &[[5; OUTPUTS]];
        let operands = Operands { counts: &counts, begins: &begins, step: 30, pixel: 9, weights: &weights, bias };
        let by_hand =
            |first: i32| (0..16).map(|k| first + 4 * k).map(|a| a + 2 * (a + 1) - (a + 2) - 128 * (a + 3)).sum::<i32>();
        let mut found = vec![[[[0; OUTPUTS]; 1]; 4]; 3];
        plain(&operands, &mut found);
        for (step, found) in found.iter().enumerate() {
            for (pixel, found) in found.iter().enumerate() {
                assert_eq!(found[0], [5 + by_hand((10 + 30 * step + 9 * pixel) as i32); OUTPUTS]);
            }
        }
    }
}
