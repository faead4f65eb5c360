//! Dense int8 convolutions: every input is multiplied, active or not.

mod dots;
pub(crate) mod lookups;
pub(crate) mod padded;
pub(crate) mod patterns;
pub(crate) mod pixels;
pub(crate) mod planes;
pub(crate) mod reals;
mod tiles;
pub(crate) mod words;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::clocked::synapses::current::Current;
use crate::clocked::synapses::dense::dots::Dots;
use crate::clocked::synapses::dense::lookups::Lookups;
use crate::clocked::synapses::dense::padded::Padded;
use crate::clocked::synapses::dense::patterns::Patterns;
use crate::clocked::synapses::dense::pixels::{Pixels, Windows};
use crate::clocked::synapses::dense::planes::Planes;
use crate::clocked::synapses::dense::tiles::Tiles;
use crate::clocked::synapses::dense::words::{Words, words_of};
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::source::Consumer;
use crate::dot::tiles::{TILES, Weights};
use crate::dot::{DEPTH, OUTPUTS, Row, lookup};
use crate::error::{Error, Result};
use crate::pages::roomy;
use crate::simd::Level;

/// Weights of a dense convolution.
#[derive(Debug)]
pub(crate) struct Dense {
    packed: Packed,
    outputs: usize,
    /// Sums of patterns of spikes, made when they are first wanted; none where they could leave int16.
    tables: OnceLock<Option<Vec<lookup::Tables>>>,
    /// Weights in tiles, made when they are first wanted.
    tiles: OnceLock<Vec<Weights>>,
}

/// Weights for dot products.
#[derive(Debug)]
enum Packed {
    /// Blocks of 16 output channels.
    Narrow(SharedRows),
    /// Blocks of 32.
    Wide(SharedRows),
}

/// A part of an array that the layers of a network share.
#[derive(Debug)]
pub(crate) struct SharedRows {
    all: Arc<Vec<Row>>,
    range: Range<usize>,
}

impl SharedRows {
    fn new(rows: Vec<Row>) -> Self {
        Self { range: 0..rows.len(), all: Arc::new(rows) }
    }

    fn rows<const V: usize>(&self) -> &[[Row; V]] {
        self.all[self.range.clone()].as_chunks().0
    }
}

impl Dense {
    fn shared(&mut self) -> &mut SharedRows {
        match &mut self.packed {
            Packed::Narrow(shared) | Packed::Wide(shared) => shared,
        }
    }

    fn tables(&self, geometry: &Geometry) -> Option<&[lookup::Tables]> {
        let made = self.tables.get_or_init(|| match &self.packed {
            Packed::Narrow(shared) => lookups::tables(shared.rows::<1>(), geometry, self.outputs),
            Packed::Wide(shared) => lookups::tables(shared.rows::<2>(), geometry, self.outputs),
        });
        made.as_deref()
    }

    fn tiles(&self, geometry: &Geometry) -> &[Weights] {
        self.tiles.get_or_init(|| match &self.packed {
            Packed::Narrow(shared) => tiles::weights(shared.rows::<1>(), geometry),
            Packed::Wide(shared) => tiles::weights(shared.rows::<2>(), geometry),
        })
    }

    /// Put the weights of several layers side by side, so that large pages hold them: a picture alone reads each of them once.
    pub(crate) fn join<'a>(layers: impl Iterator<Item = &'a mut Self>) {
        let mut parts: Vec<&mut SharedRows> = layers.map(Self::shared).collect();
        let mut all = roomy(parts.iter().map(|part| part.range.len()).sum());
        for part in &mut parts {
            let begin = all.len();
            all.extend_from_slice(&part.all[part.range.clone()]);
            **part = SharedRows { all: Arc::default(), range: begin..all.len() };
        }
        let all = Arc::new(all);
        for part in parts {
            part.all = Arc::clone(&all);
        }
    }
}

/// What a dense convolution runs on.
pub(crate) struct Packing<'a, A> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) bias: &'a [A],
    pub(crate) counts: Counts<'a>,
    pub(crate) room: &'a mut Windows,
}

/// What a dense convolution reads.
#[derive(Clone, Copy)]
pub(crate) enum Counts<'a> {
    /// Of one step.
    Step(&'a Padded<u32>),
    /// Of several.
    Steps(&'a Words),
    /// Of several, in the order that tiles read.
    Planes(&'a Planes),
    /// Spikes of several.
    Patterns(&'a Patterns),
    /// Real values, which are static.
    Reals(&'a Padded<f32>),
}

/// How a layer with one kind of current runs as a dense convolution.
pub(crate) trait DenseRun<A: Current>: std::fmt::Debug + Send + Sync + Sized {
    /// Pack `(kh, kw, inputs, outputs)` weights, where there is such a way.
    fn new(weights: &[A::Weight], inputs: usize, outputs: usize) -> Option<Self>;
    /// Whether it looks sums of so many steps up, of which its input is to be packed as patterns.
    fn looks_up(&self, level: Level, geometry: &Geometry, steps: usize) -> bool;
    /// Make what dot products in tiles read: the weights, and room for where tiles begin.
    fn make_tiles(&self, geometry: &Geometry, room: &mut Windows);
    /// Give the currents of a packed map to a layer.
    fn run<C: Consumer<A>>(&self, packing: Packing<'_, A>, layer: C) -> Result<()>;
}

impl DenseRun<i32> for Dense {
    fn new(weights: &[i8], inputs: usize, outputs: usize) -> Option<Self> {
        let packed = if outputs <= OUTPUTS {
            Packed::Narrow(SharedRows::new(rows::<1>(weights, inputs, outputs)))
        } else {
            Packed::Wide(SharedRows::new(rows::<2>(weights, inputs, outputs)))
        };
        Some(Self { packed, outputs, tables: OnceLock::new(), tiles: OnceLock::new() })
    }

    fn looks_up(&self, level: Level, geometry: &Geometry, steps: usize) -> bool {
        lookups::suits(level, geometry, self.outputs, steps) && self.tables(geometry).is_some()
    }

    fn make_tiles(&self, geometry: &Geometry, room: &mut Windows) {
        self.tiles(geometry);
        tiles::make_room(geometry, &mut room.begins);
    }

    fn run<C: Consumer<i32>>(&self, packing: Packing<'_, i32>, layer: C) -> Result<()> {
        let Packing { geometry, counts, bias, room } = packing;
        let level = layer.level();
        let (bias, _) = bias.as_chunks();
        let words = match (&self.packed, counts) {
            (Packed::Narrow(shared), Counts::Step(padded)) => {
                let pixels = Pixels::new(level, geometry, shared.rows::<1>(), padded, bias.as_chunks().0, room);
                return layer.consume_step::<_, 16, 4>(pixels);
            }
            (Packed::Wide(shared), Counts::Step(padded)) => {
                let pixels = Pixels::new(level, geometry, shared.rows::<2>(), padded, bias.as_chunks().0, room);
                return layer.consume_step::<_, 32, 2>(pixels);
            }
            (Packed::Narrow(_), Counts::Planes(planes)) if TILES => {
                let weights = self.tiles(geometry);
                let tiles = Tiles::<1>::new(level, geometry, weights, planes, bias, &mut room.begins);
                return layer.consume::<_, 16, 4>(tiles);
            }
            (Packed::Wide(_), Counts::Planes(planes)) if TILES => {
                let weights = self.tiles(geometry);
                let tiles = Tiles::<2>::new(level, geometry, weights, planes, bias, &mut room.begins);
                return layer.consume::<_, 32, 2>(tiles);
            }
            (_, Counts::Patterns(patterns)) if lookup::LOOKUPS => {
                let Some(tables) = self.tables(geometry) else {
                    return Err(Error::internal("patterns for a convolution without tables"));
                };
                room.found.make_room(geometry, self.outputs, patterns.steps());
                let lookups = Lookups::new(level, geometry, tables, patterns, bias, &mut room.found);
                return layer.consume::<_, 16, 4>(lookups);
            }
            (_, Counts::Steps(words)) => words,
            (_, Counts::Patterns(_)) => return Err(Error::internal("patterns where nothing looks them up")),
            (_, Counts::Planes(_)) => return Err(Error::internal("planes where there are no tiles")),
            (_, Counts::Reals(_)) => return Err(Error::internal("int8 weights on real values")),
        };
        let segments = &mut room.segments;
        match &self.packed {
            Packed::Narrow(shared) => {
                let rows = shared.rows::<1>();
                layer.consume::<_, 16, 4>(Dots { level, geometry, rows, words, bias: bias.as_chunks().0, segments })
            }
            Packed::Wide(shared) => {
                let rows = shared.rows::<2>();
                layer.consume::<_, 32, 2>(Dots { level, geometry, rows, words, bias: bias.as_chunks().0, segments })
            }
        }
    }
}

fn rows<const V: usize>(weights: &[i8], inputs: usize, outputs: usize) -> Vec<Row> {
    let mut packed: Vec<[Row; V]> =
        Vec::with_capacity(outputs.div_ceil(V * OUTPUTS) * weights.len() / (inputs * outputs) * words_of(inputs));
    for begin in (0..outputs).step_by(V * OUTPUTS) {
        for tap in weights.chunks_exact(inputs * outputs) {
            for first in (0..inputs).step_by(DEPTH) {
                packed.push(std::array::from_fn(|v| {
                    Row(std::array::from_fn(|lane| {
                        i32::from_le_bytes(std::array::from_fn(|k| {
                            let (input, output) = (first + k, begin + v * OUTPUTS + lane);
                            if input < inputs && output < outputs { tap[input * outputs + output] as u8 } else { 0 }
                        }))
                    }))
                }));
            }
        }
    }
    packed.into_flattened()
}
