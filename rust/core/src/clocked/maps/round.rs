//! Analogue currents in integer units.

use crate::clocked::maps::buffers::View;
use crate::plan::CURRENT_LIMIT;
use crate::simd::Kernel;

/// 3 * 2^51.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// Round a static real map to integers; says whether all of them are in their range.
pub(crate) struct RoundPass<'a> {
    pub(crate) source: View<'a, f32>,
    /// Of each channel.
    pub(crate) unit: &'a [f64],
    pub(crate) target: &'a mut [i32],
}

impl Kernel for RoundPass<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut inside = true;
        for (pixel, row) in self.target.chunks_exact_mut(self.source.channels).enumerate() {
            for ((result, &value), unit) in row.iter_mut().zip(self.source.pixel(pixel)).zip(self.unit) {
                // Beside this number a float64 has no room for halves, and rounds them to even; its low bits are the integer.
                let beside = f64::from(value) / unit + WHOLE;
                // Written so that a NaN is out of range.
                inside &= (beside - WHOLE).abs() <= f64::from(CURRENT_LIMIT);
                *result = beside.to_bits() as i32;
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;

    #[test]
    fn halves_go_to_even_and_what_is_out_of_range_is_told() {
        let limit = CURRENT_LIMIT as f32;
        for level in Level::available() {
            for (values, expected) in [
                ([0.5, 1.5, -2.5, limit], Some([0, 2, -2, CURRENT_LIMIT])),
                ([limit + 1.0, 0.0, 0.0, 0.0], None),
                ([0.0, f32::NAN, 0.0, 0.0], None),
                ([0.0, 0.0, f32::NEG_INFINITY, 0.0], None),
            ] {
                let (mut target, source) = ([0; 4], View::new(&values, 2, 1));
                let inside = level.run(RoundPass { source, unit: &[1.0, 1.0], target: &mut target });
                assert_eq!(inside.then_some(target), expected);
            }
        }
    }
}
