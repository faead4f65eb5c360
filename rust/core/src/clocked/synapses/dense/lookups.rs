//! Dense int8 convolutions of spikes by tables: five inputs are one look into the sums of their weights.

use crate::clocked::synapses::dense::patterns::{CHANNELS, LARGEST_STRIDE, Patterns};
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::source::{Group, Rows, Source};
use crate::dot::lookup::{self, ACROSS, INPUTS, LANES, Lookup, PATTERNS, QUAD, STEPS, Sums, groups, inputs_of};
use crate::dot::{DEPTH, OUTPUTS, Row};
use crate::simd::Level;

/// Bytes of the tables of a layer, at most.
const LARGEST: usize = 4 << 20;
/// Pixels whose sums are made together.
const PIXELS: usize = 2 * ACROSS;

/// Whether a convolution at so many steps is faster by tables than by dot products, as far as its form goes.
pub(crate) fn suits(level: Level, geometry: &Geometry, outputs: usize, steps: usize) -> bool {
    let (channels, width) = (geometry.input.channels, geometry.across.len());
    let [height, across] = geometry.window.kernel;
    let bytes = outputs.next_multiple_of(OUTPUTS) * height * across * groups(channels) * size_of::<Sums>();
    // Three quarters of the lanes have a step and a pixel.
    let full = |count: usize, whole: usize| count > 0 && 4 * count >= 3 * count.next_multiple_of(whole);
    lookup::looks_up(level)
        && geometry.most == 1
        && geometry.window.stride[1] <= LARGEST_STRIDE
        && CHANNELS.contains(&channels)
        && full(steps, STEPS)
        && full(width, PIXELS)
        && full(outputs, OUTPUTS)
        && bytes <= LARGEST
}

/// Tables of all outputs, four at a time: for each tap, for each group of five inputs. None where a sum could leave int16.
pub(crate) fn tables<const V: usize>(
    rows: &[[Row; V]],
    geometry: &Geometry,
    outputs: usize,
) -> Option<Vec<lookup::Tables>> {
    let [height, width] = geometry.window.kernel;
    let (taps, inputs) = (height * width, geometry.input.channels);
    let words = inputs.div_ceil(DEPTH);
    let weight = |output: usize, tap: usize, input: usize| {
        let Row(lanes) = rows[(output / (V * OUTPUTS) * taps + tap) * words + input / DEPTH][output / OUTPUTS % V];
        i16::from(lanes[output % OUTPUTS].to_le_bytes()[input % DEPTH] as i8)
    };
    // Sums on the way may wrap around: only the last one has to fit, and no pattern gives more than all weights of one sign.
    let fits = |output: usize| {
        let (mut least, mut most) = (0_i32, 0_i32);
        for (tap, input) in (0..taps).flat_map(|tap| (0..inputs).map(move |input| (tap, input))) {
            let weight = i32::from(weight(output, tap, input));
            (least, most) = (least + weight.min(0), most + weight.max(0));
        }
        least >= i32::from(i16::MIN) && most <= i32::from(i16::MAX)
    };
    if !(0..outputs).all(fits) {
        return None;
    }
    let mut found = Vec::with_capacity(outputs.next_multiple_of(OUTPUTS) / QUAD * taps * groups(inputs));
    for quad in (0..outputs.next_multiple_of(OUTPUTS)).step_by(QUAD) {
        for tap in 0..taps {
            for group in 0..groups(inputs) {
                let own = inputs_of(group, inputs);
                found.push(std::array::from_fn(|k| {
                    table(std::array::from_fn(|bit| {
                        own.clone().nth(bit).map_or(0, |input| weight(quad + k, tap, input))
                    }))
                }));
            }
        }
    }
    Some(found)
}

/// The sums of all patterns of five weights.
fn table(weights: [i16; INPUTS]) -> Sums {
    const { assert!(PATTERNS == LANES) };
    Sums(std::array::from_fn(|pattern| (0..INPUTS).filter(|bit| pattern >> bit & 1 == 1).map(|bit| weights[bit]).sum()))
}

/// What lookups need for some pixels.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Sums of eight pixels: `[16 steps][four outputs]`.
    sums: Vec<[[Sums; ACROSS]; QUAD]>,
    /// Where each tap's patterns begin, from the first pixel's on.
    taps: Vec<usize>,
}

impl Found {
    /// Make room for those of a convolution.
    pub(crate) fn make_room(&mut self, geometry: &Geometry, outputs: usize, steps: usize) {
        let count = steps.div_ceil(STEPS) * outputs.next_multiple_of(OUTPUTS) / QUAD;
        let [height, width] = geometry.window.kernel;
        self.sums.resize(count.max(self.sums.len()), [[Sums([0; LANES]); ACROSS]; QUAD]);
        self.taps.clear();
        self.taps.reserve(height * width);
    }
}

/// A convolution by tables as the source of a layer's currents.
pub(crate) struct Lookups<'a> {
    level: Level,
    tables: &'a [lookup::Tables],
    patterns: &'a Patterns,
    bias: &'a [[i32; OUTPUTS]],
    stride: [usize; 2],
    quads: usize,
    found: &'a mut Found,
}

impl<'a> Lookups<'a> {
    pub(crate) fn new(
        level: Level,
        geometry: &Geometry,
        tables: &'a [lookup::Tables],
        patterns: &'a Patterns,
        bias: &'a [[i32; OUTPUTS]],
        found: &'a mut Found,
    ) -> Self {
        let ([height, width], dilation) = (geometry.window.kernel, geometry.window.dilation);
        found.taps.clear();
        for y in 0..height {
            found.taps.extend((0..width).map(|x| y * dilation[0] * patterns.row() + x * dilation[1] * STEPS));
        }
        let quads = tables.len() / (found.taps.len() * patterns.groups());
        Self { level, tables, patterns, bias, stride: geometry.window.stride, quads, found }
    }
}

impl Source<i32, 16, 4> for Lookups<'_> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.tables.len() / blocks, size_of::<lookup::Tables>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, _: &Group) {}

    /// The sums of eight pixels are made at once: four of them may be there from those before.
    #[inline(always)]
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<i32, 16, 4>) {
        let Found { sums, taps } = &mut *self.found;
        let depth = self.tables.len() / self.quads;
        let (first, chunks) = (block * OUTPUTS / QUAD, current.as_chunks_mut::<STEPS>().0);
        for (chunk, current) in chunks.iter_mut().take(group.steps.div_ceil(STEPS)).enumerate() {
            let quads = &mut sums[chunk * self.quads + first..][..OUTPUTS / QUAD];
            if group.x.is_multiple_of(PIXELS) {
                let [down, stride] = self.stride;
                let patterns = self.patterns.from(group.y * down, chunk, group.x * stride);
                let tables = self.tables[first * depth..].chunks_exact(depth);
                for (tables, sums) in tables.zip(&mut *quads) {
                    let groups = [self.patterns.groups(), self.patterns.apart()];
                    lookup::sums(self.level, &Lookup { tables, taps, groups, patterns, stride }, sums);
                }
            }
            for pair in 0..2 {
                let across = group.x % PIXELS / 2 + pair;
                let sums = std::array::from_fn(|output| &quads[output / QUAD][output % QUAD][across]);
                lookup::spread(self.level, sums, &self.bias[block], 2 * pair, current);
            }
        }
    }
}
