//! The same in plain code, for any machine.

use super::field::{Counts, DEPTH, ROWS, TOGETHER, Word};
#[cfg(any(test, not(target_arch = "aarch64")))]
use super::field::{Field, OUTPUTS};

/// The sums of a pixel for up to `8 C` steps.
#[cfg(any(test, not(target_arch = "aarch64")))]
#[inline(always)]
pub(crate) fn tile<const C: usize, const V: usize, const P: usize>(
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    for sums in &mut *sums {
        sums[pixel] = *field.bias;
    }
    for segment in field.segments {
        let (words, rows) = field.slices(segment);
        for (number, rows) in rows.iter().enumerate() {
            for (step, sums) in sums.iter_mut().enumerate() {
                let counts = words[step / ROWS][number][step % ROWS].to_le_bytes();
                for (row, sums) in rows.iter().zip(&mut sums[pixel]) {
                    for (lane, sum) in row.0.iter().zip(sums) {
                        for (count, weight) in counts.iter().zip(lane.to_le_bytes()) {
                            *sum = sum.wrapping_add(i32::from(*count) * i32::from(weight as i8));
                        }
                    }
                }
            }
        }
    }
}

/// Eight steps of 16 channels as four words.
#[inline(always)]
pub(crate) fn words(steps: [Counts; ROWS]) -> [Word; TOGETHER] {
    let steps = steps.map(|counts| {
        let (lanes, _) = counts.as_chunks::<DEPTH>();
        let lanes: [u32; TOGETHER] = std::array::from_fn(|word| u32::from_le_bytes(lanes[word]));
        lanes
    });
    std::array::from_fn(|word| steps.map(|lanes| lanes[word]))
}
