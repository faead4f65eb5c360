//! What enters: constant currents, Poisson-coded rates, given events.

use crate::error::{Error, Result};
use crate::plan::Shape;
use crate::random::philox;
use crate::simd::Kernel;

/// Neurons whose random words are drawn at a time.
const LANES: usize = 16;
/// Steps that one counter serves.
const WORDS: u64 = 4;

/// The steps of one block: `first` counts from the start of the state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) steps: usize,
}

/// Draw the spikes of one block of one sample.
pub(crate) struct PoissonPass<'a> {
    pub(crate) rates: &'a [f32],
    pub(crate) seed: u64,
    pub(crate) sample: u64,
    pub(crate) shape: Shape,
    pub(crate) span: Span,
    pub(crate) target: &'a mut [u8],
}

impl Kernel for PoissonPass<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let target = &mut self.target[..self.shape.size() * self.span.steps];
        target.fill(0);
        let key = [self.seed as u32, (self.seed >> 32) as u32];
        for begin in (0..self.rates.len()).step_by(LANES) {
            let width = LANES.min(self.rates.len() - begin);
            // A word spikes if it is at most `limit`, that is below floor(rate * 2^32), and that is not zero.
            let mut limit = [0_u32; LANES];
            let mut open = [0_u8; LANES];
            for lane in 0..width {
                let bound = (f64::from(self.rates[begin + lane]) * 4_294_967_296.0) as u64;
                open[lane] = u8::from(bound > 0);
                limit[lane] = bound.saturating_sub(1).min(u64::from(u32::MAX)) as u32;
            }
            if open == [0; LANES] {
                continue;
            }
            let neurons = std::array::from_fn(|lane| (begin + lane) as u32);
            let mut step = 0;
            while step < self.span.steps {
                let time = self.span.first + step as u64;
                let counter = [neurons, [(time / WORDS) as u32; LANES], [self.sample as u32; LANES], [0; LANES]];
                let words = philox(key, counter);
                for word in &words[(time % WORDS) as usize..] {
                    if step < self.span.steps {
                        let spikes: [u8; LANES] =
                            std::array::from_fn(|lane| u8::from(word[lane] <= limit[lane]) & open[lane]);
                        scatter(&spikes[..width], begin, step, self.shape, self.span.steps, target);
                        step += 1;
                    }
                }
            }
        }
    }
}

/// Write spikes of neurons `begin..`, in `(C, H, W)` order, to their places.
#[inline(always)]
fn scatter(spikes: &[u8], begin: usize, step: usize, shape: Shape, steps: usize, target: &mut [u8]) {
    let pixels = shape.pixels();
    if pixels == 1 {
        target[step * shape.channels + begin..][..spikes.len()].copy_from_slice(spikes);
        return;
    }
    for (lane, &spike) in spikes.iter().enumerate() {
        let (channel, pixel) = ((begin + lane) / pixels, (begin + lane) % pixels);
        target[(pixel * steps + step) * shape.channels + channel] = spike;
    }
}

/// Places the given events of a sample's steps.
pub(crate) struct EventPlacer<'a> {
    pub(crate) node: &'a str,
    pub(crate) offsets: &'a [i64],
    pub(crate) index: &'a [u32],
    pub(crate) shape: Shape,
    pub(crate) max_count: u32,
}

impl EventPlacer<'_> {
    /// Place rows `rows` of the offsets, one a step.
    pub(crate) fn place(&self, rows: std::ops::Range<usize>, target: &mut [u8]) -> Result<()> {
        let (steps, size, pixels) = (rows.len(), self.shape.size(), self.shape.pixels());
        let target = &mut target[..size * steps];
        target.fill(0);
        // Where events of a step ascend, most have the channel of the one before, which spares a division.
        let (mut channel, mut before) = (0, 0);
        for (step, row) in rows.enumerate() {
            for &neuron in &self.index[self.offsets[row] as usize..self.offsets[row + 1] as usize] {
                let neuron = neuron as usize;
                if neuron >= size {
                    return Err(Error::data(format!(
                        "node '{}': an event at input {neuron}, but there are {size} inputs",
                        self.node
                    )));
                }
                if pixels == 1 {
                    (channel, before) = (neuron, neuron);
                } else if neuron.wrapping_sub(before) >= pixels {
                    channel = neuron / pixels;
                    before = channel * pixels;
                }
                let count = &mut target[((neuron - before) * steps + step) * self.shape.channels + channel];
                if u32::from(*count) >= self.max_count {
                    return Err(Error::data(format!(
                        "node '{}': more than {} events at one input in one step",
                        self.node, self.max_count
                    )));
                }
                *count += 1;
            }
        }
        Ok(())
    }
}
