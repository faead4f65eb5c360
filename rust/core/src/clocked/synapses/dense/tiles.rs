//! Dense int8 convolutions at several steps by dot products in tiles.

use crate::clocked::synapses::dense::planes::{Layout, Planes};
use crate::clocked::synapses::dense::words::words_of;
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::source::{Group, Rows, Source};
use crate::dot::tiles::{BYTES, Begins, Configured, Operands, STEPS, Weights, sums};
use crate::dot::{DEPTH, OUTPUTS, Row};
use crate::pages::roomy;
use crate::simd::Level;

/// Words of inputs that a tile has.
const WORDS: usize = BYTES / DEPTH;

/// A dense convolution as the source of a layer's currents.
pub(crate) struct Tiles<'a, const V: usize> {
    geometry: &'a Geometry,
    planes: &'a Planes,
    begins: &'a Begins,
    weights: &'a [[Weights; V]],
    bias: &'a [[[i32; OUTPUTS]; V]],
    configured: Configured,
}

impl<'a, const V: usize> Tiles<'a, V> {
    /// Configure this thread's tiles for a convolution.
    pub(crate) fn new(
        level: Level,
        geometry: &'a Geometry,
        weights: &'a [Weights],
        planes: &'a Planes,
        bias: &'a [[i32; OUTPUTS]],
        begins: &'a mut Begins,
    ) -> Self {
        let (layout, weights, bias) = (planes.layout(), weights.as_chunks().0, bias.as_chunks().0);
        begins.set(pieces(geometry).map(|piece| piece.begin(geometry, layout)));
        Self { geometry, planes, begins, weights, bias, configured: Configured::new(level, layout.steps) }
    }
}

impl<const V: usize, const N: usize, const P: usize> Source<i32, N, P> for Tiles<'_, V> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.weights.len() / blocks, size_of::<[Weights; V]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, _: &Group) {}

    #[inline(always)]
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<i32, N, P>) {
        let ([down, across], layout) = (self.geometry.window.stride, self.planes.layout());
        let found = current.as_flattened_mut().as_flattened_mut().as_chunks_mut::<OUTPUTS>().0;
        let found: &mut [[[[i32; OUTPUTS]; V]; P]] = found.as_chunks_mut::<V>().0.as_chunks_mut::<P>().0;
        for (part, found) in found.chunks_mut(layout.steps).take(layout.parts).enumerate() {
            let operands = Operands {
                counts: self.planes.from(group.y * down, part, group.x * across),
                begins: self.begins,
                step: layout.step,
                pixel: across * layout.pixel,
                weights: &self.weights[block * self.begins.len()..],
                bias: &self.bias[block],
            };
            sums::<V, P>(&self.configured, &operands, found);
        }
    }
}

/// Inputs of a window that lie side by side, at most as many as a tile has.
struct Piece {
    /// The tap of the first one, down and across.
    tap: [usize; 2],
    /// Words of inputs from there on, and how many.
    first: usize,
    words: usize,
}

impl Piece {
    /// The first byte of it, from a window's first one on.
    fn begin(&self, geometry: &Geometry, layout: Layout) -> usize {
        let ([down, across], [y, x]) = (geometry.window.dilation, self.tap);
        y * down * layout.row() + x * across * layout.pixel + self.first * DEPTH
    }
}

/// The pieces of a window.
fn pieces(geometry: &Geometry) -> impl Iterator<Item = Piece> {
    let ([height, width], words) = (geometry.window.kernel, words_of(geometry.input.channels));
    // Taps that lie side by side are one run of inputs; taps apart are one each.
    let (runs, length) = if geometry.window.dilation[1] == 1 { (1, width * words) } else { (width, words) };
    let of_run = move |tap: [usize; 2]| {
        (0..length).step_by(WORDS).map(move |first| Piece { tap, first, words: (length - first).min(WORDS) })
    };
    (0..height).flat_map(move |y| (0..runs).map(move |x| [y, x])).flat_map(of_run)
}

/// Make room for where the tiles of a window begin.
pub(crate) fn make_room(geometry: &Geometry, begins: &mut Begins) {
    begins.make_room(pieces(geometry).count());
}

/// The weights of all pieces of all blocks of outputs; zeros where a tile has more inputs than a piece.
pub(crate) fn weights<const V: usize>(rows: &[[Row; V]], geometry: &Geometry) -> Vec<Weights> {
    let ([height, width], words) = (geometry.window.kernel, words_of(geometry.input.channels));
    let depth = height * width * words;
    let mut found = roomy(rows.len() / depth * pieces(geometry).count() * V);
    for block in rows.chunks_exact(depth) {
        for Piece { tap: [y, x], first, words: own } in pieces(geometry) {
            let rows = &block[(y * width + x) * words + first..][..own];
            for v in 0..V {
                let mut tile = [Row([0; OUTPUTS]); STEPS];
                tile.iter_mut().zip(rows).for_each(|(row, rows)| *row = rows[v]);
                found.push(Weights(tile));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clocked::maps::buffers::View;
    use crate::clocked::synapses::dense::planes::PackPlanes;
    use crate::clocked::synapses::dense::rows;
    use crate::clocked::synapses::events::Tell;
    use crate::clocked::synapses::reach::Reach;
    use crate::plan::{MAX_BLOCK, Shape, Window};

    fn geometry(input: Shape, window: Window) -> Geometry {
        let size = |axis: usize, length: usize| {
            let taken = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
            (length + window.pads[axis] + window.pads[axis + 2] - taken) / window.stride[axis] + 1
        };
        let taps = |axis: usize, length| (0..size(axis, length)).map(|at| window.taps(axis, at, length)).collect();
        Geometry {
            op: 1,
            source: 0,
            input,
            down: taps(0, input.height),
            across: taps(1, input.width),
            reach: Reach::single(window, input.channels),
            spans: Vec::new(),
            most: 255,
            tell: Tell::Value,
            window,
        }
    }

    /// Compare every sum with one that was added up product by product.
    fn check<const V: usize, const N: usize, const P: usize>(
        input: Shape,
        outputs: usize,
        window: Window,
        steps: usize,
    ) {
        let mut seed = 3_u32;
        let mut drawn = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let geometry = geometry(input, window);
        let ([height, width], channels) = (window.kernel, input.channels);
        let map: Vec<u8> = (0..input.size() * steps).map(|_| drawn()).collect();
        let all: Vec<i8> = (0..height * width * channels * outputs).map(|_| drawn() as i8).collect();
        let bias: Vec<i32> = (0..outputs.next_multiple_of(N) as i32).map(|output| 1000 * output - 5).collect();
        let (rows, biases) = (rows::<V>(&all, channels, outputs), bias.as_chunks().0);
        let weights = weights(rows.as_chunks::<V>().0, &geometry);
        let sum = |[y, x]: [usize; 2], step: usize, output: usize| {
            let mut sum = bias[output];
            for (ky, kx) in (0..height).flat_map(|ky| (0..width).map(move |kx| (ky, kx))) {
                let row = (y * window.stride[0] + ky * window.dilation[0]).wrapping_sub(window.pads[0]);
                let column = (x * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pads[1]);
                if row < input.height && column < input.width {
                    let counts = &map[((row * input.width + column) * steps + step) * channels..][..channels];
                    let weights = &all[(ky * width + kx) * channels * outputs..];
                    for (input, &count) in counts.iter().enumerate() {
                        sum += i32::from(count) * i32::from(weights[input * outputs + output]);
                    }
                }
            }
            sum
        };
        for level in Level::available() {
            let mut planes = Planes::default();
            assert!(planes.begin(&geometry, steps).unwrap());
            assert!(!planes.begin(&geometry, steps).unwrap());
            let (layout, left) = (planes.layout(), window.pads[1]);
            for rows in planes.bands(2) {
                level.run(PackPlanes { rows, layout, map: View::new(&map, channels, steps), shape: input, left });
            }
            let mut begins = Begins::default();
            let mut source = Tiles::<V>::new(level, &geometry, &weights, &planes, biases, &mut begins);
            for (y, x) in
                (0..geometry.down.len()).flat_map(|y| (0..geometry.across.len()).step_by(P).map(move |x| (y, x)))
            {
                let group = Group { y, x, pixels: P.min(geometry.across.len() - x), steps };
                for block in 0..outputs.div_ceil(N) {
                    let mut current: Rows<i32, N, P> = [[[0; N]; P]; MAX_BLOCK];
                    source.fill(&group, block, &mut current);
                    for (step, pixel) in (0..steps).flat_map(|step| (0..group.pixels).map(move |pixel| (step, pixel))) {
                        for output in block * N..outputs.min((block + 1) * N) {
                            let expected = sum([y, x + pixel], step, output);
                            assert_eq!(current[step][pixel][output % N], expected, "{} {y} {x} {step}", level.name());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn sums_are_those_of_a_convolution() {
        let window = |kernel: usize, stride: usize, dilation: usize, pads| Window {
            kernel: [kernel; 2],
            stride: [stride; 2],
            pads,
            dilation: [dilation; 2],
        };
        for steps in [2, 16, 19] {
            check::<1, 16, 4>(Shape::new(16, 3, 6), 16, window(3, 1, 1, [1; 4]), steps);
            check::<1, 16, 4>(Shape::new(3, 5, 5), 10, window(3, 2, 1, [1, 0, 0, 1]), steps);
            check::<2, 32, 2>(Shape::new(32, 4, 5), 40, window(3, 1, 2, [2; 4]), steps);
            check::<2, 32, 2>(Shape::new(64, 2, 3), 32, window(1, 1, 1, [0; 4]), steps);
            check::<2, 32, 2>(Shape::new(70, 3, 3), 33, window(2, 1, 1, [0, 1, 1, 0]), steps);
        }
    }
}
