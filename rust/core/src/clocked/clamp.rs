//! Activations of an ordinary network, on static real maps.

use super::buffers::{Buffer, Element, View};
use super::sample::Sample;
use super::stage::Stage;
use crate::simd::Kernel;

impl Sample<'_> {
    /// Run a clamp, once a sample.
    pub(super) fn clamp(&self, stage: &Stage, high: Option<&[f32]>, target: &mut Buffer) {
        let size = self.program.place(stage.op).shape.size();
        let source = self.workspace.maps.view(self.program.place(stage.sources[0]), 1);
        self.program.level.run(ClampPass { source, high, target: &mut f32::of_mut(target)[..size] });
    }
}

/// Limit a static real map by 0 from below, and by `high` from above, a value a channel.
struct ClampPass<'a> {
    source: View<'a, f32>,
    high: Option<&'a [f32]>,
    target: &'a mut [f32],
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
