//! Sums of weights of inputs that spike or not, looked up: five inputs are one of 32 patterns, whose sum stands in a table.
//!
//! A table of an output is one register, so that one instruction looks up 32 sums: two neighbouring pixels at 16 steps. Sums are exact i16; the
//! caller knows that they fit.

#[cfg(target_arch = "x86_64")]
mod avx512;

use std::ops::Range;

use super::field::OUTPUTS;
use crate::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::simd::Set;

/// Inputs of a pattern.
pub(crate) const INPUTS: usize = 5;
/// Inputs that are packed together: no group has some of one part and some of the next.
const PART: usize = 64;
/// Patterns of so many inputs.
pub(crate) const PATTERNS: usize = 1 << INPUTS;
/// Steps of a pixel that lie side by side.
pub(crate) const STEPS: usize = 16;
/// Sums of two neighbouring pixels at so many steps.
pub(crate) const LANES: usize = 2 * STEPS;
/// Lanes side by side, and outputs, whose sums stay in registers.
pub(crate) const ACROSS: usize = 4;
pub(crate) const QUAD: usize = 4;

/// Sums of an output, or the table of one.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Sums(pub(crate) [i16; LANES]);

/// Tables of four outputs.
pub(crate) type Tables = [Sums; QUAD];

/// What the sums of four outputs and eight neighbouring pixels are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup<'a> {
    /// For each tap, for each group of inputs.
    pub(crate) tables: &'a [Tables],
    /// Where each tap's patterns begin.
    pub(crate) taps: &'a [usize],
    /// How many groups there are, and how far apart their patterns lie.
    pub(crate) groups: [usize; 2],
    /// Patterns from the first pixel on, step by step.
    pub(crate) patterns: &'a [u16],
    /// Columns from a pixel to the next.
    pub(crate) stride: usize,
}

impl<'a> Lookup<'a> {
    /// The patterns that the tables of a group of inputs meet at a tap, pixel by pixel.
    #[inline(always)]
    fn row(&self, tap: usize, group: usize) -> &'a [[u16; STEPS]] {
        let pixels = (2 * ACROSS - 1) * self.stride + 1;
        self.patterns[tap + group * self.groups[1]..][..pixels * STEPS].as_chunks().0
    }
}

/// Groups of some inputs.
pub(crate) fn groups(inputs: usize) -> usize {
    inputs / PART * PART.div_ceil(INPUTS) + (inputs % PART).div_ceil(INPUTS)
}

/// The inputs of a group.
pub(crate) fn inputs_of(group: usize, inputs: usize) -> Range<usize> {
    let (part, own) = (group / PART.div_ceil(INPUTS), group % PART.div_ceil(INPUTS));
    let end = ((part + 1) * PART).min(inputs);
    let first = part * PART + own * INPUTS;
    first..(first + INPUTS).min(end)
}

/// Whether there is a level on this processor family that looks sums up: programs for others hold none of this.
pub(crate) const LOOKUPS: bool = cfg!(target_arch = "x86_64");

/// Whether this level looks sums up: tiles are faster.
#[inline]
pub(crate) fn looks_up(level: Level) -> bool {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => !level.has_tiles(),
        _ => false,
    }
}

/// The sums of four outputs.
#[inline]
pub(crate) fn sums(level: Level, lookup: &Lookup<'_>, sums: &mut [[Sums; ACROSS]; QUAD]) {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
        Set::Avx512 => unsafe { avx512::sums(lookup, sums) },
        _ => plain_sums(lookup, sums),
    }
}

/// The currents of 16 outputs and of pixels `first` and `first + 1` of `P`: their sums and a bias, step by step.
#[inline]
pub(crate) fn spread<const P: usize>(
    level: Level,
    sums: [&Sums; OUTPUTS],
    bias: &[i32; OUTPUTS],
    first: usize,
    currents: &mut [[[i32; OUTPUTS]; P]; STEPS],
) {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::Avx512 => unsafe { avx512::spread(sums, bias, first, currents) },
        _ => plain_spread(sums, bias, first, currents),
    }
}

/// Pack the spikes of a pixel, `(16 steps, channels)`, into the patterns of each group, which lie so far apart.
#[inline]
pub(crate) fn pack<const C: usize>(level: Level, spikes: &[[u8; C]; STEPS], patterns: &mut [u16], apart: usize) {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::Avx512 => unsafe { avx512::pack(spikes, patterns, apart) },
        _ => plain_pack(spikes, patterns, apart),
    }
}

/// The same in plain code, for any machine.
fn plain_sums(lookup: &Lookup<'_>, sums: &mut [[Sums; ACROSS]; QUAD]) {
    sums.as_flattened_mut().iter_mut().for_each(|sums| sums.0.fill(0));
    for (&tap, tables) in lookup.taps.iter().zip(lookup.tables.chunks(lookup.groups[0])) {
        for (group, tables) in tables.iter().enumerate() {
            for (table, sums) in tables.iter().zip(&mut *sums) {
                let pixels = lookup.row(tap, group).iter().step_by(lookup.stride);
                let sums = sums.iter_mut().flat_map(|sums| sums.0.as_chunks_mut::<STEPS>().0);
                for (row, sums) in pixels.zip(sums) {
                    for (sum, &pattern) in sums.iter_mut().zip(row) {
                        *sum = sum.wrapping_add(table.0[usize::from(pattern) % PATTERNS]);
                    }
                }
            }
        }
    }
}

fn plain_spread<const P: usize>(
    sums: [&Sums; OUTPUTS],
    bias: &[i32; OUTPUTS],
    first: usize,
    currents: &mut [[[i32; OUTPUTS]; P]; STEPS],
) {
    for (step, currents) in currents.iter_mut().enumerate() {
        for (pixel, currents) in currents[first..first + 2].iter_mut().enumerate() {
            for ((current, sums), bias) in currents.iter_mut().zip(sums).zip(bias) {
                *current = bias.wrapping_add(i32::from(sums.0[pixel * STEPS + step]));
            }
        }
    }
}

fn plain_pack<const C: usize>(spikes: &[[u8; C]; STEPS], patterns: &mut [u16], apart: usize) {
    for (step, spikes) in spikes.iter().enumerate() {
        for (group, patterns) in patterns.chunks_mut(apart).take(groups(C)).enumerate() {
            let bits = spikes[inputs_of(group, C)].iter().enumerate().map(|(bit, &spike)| u16::from(spike != 0) << bit);
            patterns[step] = bits.sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: &mut u32) -> u32 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *seed >> 16
    }

    #[test]
    fn levels_give_the_sums_of_plain_code() {
        let mut seed = 1;
        let tables: Vec<Tables> =
            (0..6).map(|_| [(); QUAD].map(|()| Sums([(); LANES].map(|()| drawn(&mut seed) as i16)))).collect();
        let patterns: Vec<u16> = (0..600).map(|_| (drawn(&mut seed) % PATTERNS as u32) as u16).collect();
        for stride in 1..4 {
            let lookup = Lookup { tables: &tables, taps: &[0, 16, 48], groups: [2, 200], patterns: &patterns, stride };
            let mut expected = [[Sums([0; LANES]); ACROSS]; QUAD];
            plain_sums(&lookup, &mut expected);
            let by_hand = (0..6).fold(0_i16, |sum, k| {
                let pattern = patterns[[0, 16, 48][k / 2] + k % 2 * 200 + 5 * stride * STEPS + 7];
                sum.wrapping_add(tables[k][3].0[usize::from(pattern)])
            });
            assert_eq!(expected[3][2].0[STEPS + 7], by_hand);
            for level in Level::available() {
                let mut found = [[Sums([9; LANES]); ACROSS]; QUAD];
                sums(level, &lookup, &mut found);
                assert!(found.as_flattened().iter().zip(expected.as_flattened()).all(|(a, b)| a.0 == b.0));
            }
        }
    }

    #[test]
    fn currents_are_sums_and_bias() {
        let sums: [Sums; OUTPUTS] =
            std::array::from_fn(|output| Sums(std::array::from_fn(|lane| (1000 * output + lane) as i16 - 8000)));
        let bias = std::array::from_fn(|output| 100_000 * output as i32);
        for level in Level::available() {
            let mut found = [[[7; OUTPUTS]; 3]; STEPS];
            spread(level, std::array::from_fn(|output| &sums[output]), &bias, 1, &mut found);
            for (step, found) in found.iter().enumerate() {
                assert_eq!(found[0], [7; OUTPUTS]);
                for pixel in 0..2 {
                    let expected = std::array::from_fn(|o| bias[o] + i32::from(sums[o].0[pixel * STEPS + step]));
                    assert_eq!(found[1 + pixel], expected);
                }
            }
        }
    }

    fn check_patterns<const C: usize>() {
        let mut seed = C as u32;
        let spikes = [(); STEPS].map(|()| [(); C].map(|()| (drawn(&mut seed) % 2) as u8));
        let mut expected = vec![0; groups(C) * 20];
        plain_pack(&spikes, &mut expected, 20);
        let last = spikes[15][C - 1];
        let own = inputs_of(groups(C) - 1, C);
        assert_eq!((own.end, expected[(groups(C) - 1) * 20 + 15] >> (own.len() - 1)), (C, u16::from(last)));
        for level in Level::available() {
            let mut found = vec![0; expected.len()];
            pack(level, &spikes, &mut found, 20);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn patterns_are_bits_of_five_inputs() {
        check_patterns::<16>();
        check_patterns::<32>();
        check_patterns::<64>();
        check_patterns::<128>();
    }
}
