//! Activations of an ANN, on static real maps.

use crate::clocked::maps::buffers::View;
use crate::simd::Kernel;

/// Limit a static real map by 0 from below, and by `high` from above, a value per channel.
pub(crate) struct ClampPass<'a> {
    pub(crate) source: View<'a, f32>,
    pub(crate) high: Option<&'a [f32]>,
    pub(crate) target: &'a mut [f32],
}

impl Kernel for ClampPass<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (pixel, row) in self.target.chunks_exact_mut(self.source.channels).enumerate() {
            let values = self.source.pixel(pixel);
            for (result, &value) in row.iter_mut().zip(values) {
                *result = if value > 0.0 { value } else { 0.0 };
            }
            for (result, &high) in row.iter_mut().zip(self.high.unwrap_or_default()) {
                *result = if *result > high { high } else { *result };
            }
        }
    }
}
