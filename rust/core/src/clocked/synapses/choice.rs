//! Which family of kernels computes a convolution: all give the same bits, so only speed is at stake.

use crate::clocked::maps::buffers::View;
use crate::clocked::synapses::events::Tell;
use crate::dot::tiles::STEPS;
use crate::error::{Error, Kind as Fault, Result};
use crate::plan::Shape;
use crate::simd::{Kernel, Level, Set};

/// A way to compute a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Weight rows of the active inputs, summed.
    Event,
    /// Dot products over all inputs; integer convolutions without groups have them.
    Dot,
    /// Tables of sums that patterns of spikes are looked up in, where a convolution has them; else dot products.
    Lookup,
}

impl Family {
    /// The family of a name.
    ///
    /// # Errors
    ///
    /// The name is unknown.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "event" => Ok(Self::Event),
            "dot" => Ok(Self::Dot),
            "lookup" => Ok(Self::Lookup),
            _ => {
                Err(Error::new(Fault::Backend, format!("unknown kernel '{name}': expected one of event, dot, lookup")))
            }
        }
    }
}

/// Families that computed an operation during a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    event: bool,
    dot: bool,
    lookup: bool,
}

impl Used {
    /// Note one.
    pub(crate) fn note(&mut self, family: Family) {
        match family {
            Family::Event => self.event = true,
            Family::Dot => self.dot = true,
            Family::Lookup => self.lookup = true,
        }
    }

    /// What either of two saw.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { event: self.event || other.event, dot: self.dot || other.dot, lookup: self.lookup || other.lookup }
    }

    /// A word for it, where `event` names the kernel that follows events.
    pub(crate) fn word(self, event: &'static str) -> &'static str {
        let [alone, dot, lookup, all] = match event {
            "event16" => ["event16", "event16+dot", "lookup+event16", "lookup+event16+dot"],
            "event32" => ["event32", "event32+dot", "lookup+event32", "lookup+event32+dot"],
            "event64" => ["event64", "event64+dot", "lookup+event64", "lookup+event64+dot"],
            other => [other, "event+dot", "lookup+event", "lookup+event+dot"],
        };
        match (self.event, self.dot, self.lookup) {
            (true, true, true) => all,
            (true, true, false) => dot,
            (true, false, true) => lookup,
            (false, true, true) => "lookup+dot",
            (false, true, false) => "dot",
            (false, false, true) => "lookup",
            _ => alone,
        }
    }
}

/// Events an input and a step from which on dot products are faster: for up to 16 outputs, up to 32, up to 64, and more.
/// `benchmarks/claims/kernels.py` measures them; those of tiles are of the layers of ResNet-20 and VGG-11, whose weights are in no first cache when their turn
/// comes. Those of AVX-VNNI and aarch64 are not measured: they are the ratio of the instructions that either takes.
fn dot_crossovers(level: Level) -> [f32; 4] {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => [0.10, 0.24, 0.37, 0.37],
        #[cfg(target_arch = "x86_64")]
        Set::AvxVnni => [0.05, 0.12, 0.18, 0.18],
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 if level.has_tiles() => [0.0, 0.02, 0.02, 0.044],
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => [0.0, 0.13, 0.24, 0.31],
        #[cfg(target_arch = "aarch64")]
        Set::DotProd | Set::I8mm => [0.2; 4],
        Set::Baseline => [if cfg!(target_arch = "aarch64") { 0.5 } else { f32::INFINITY }; 4],
    }
}

/// Whether dot products of so many steps are made in tiles.
#[inline]
pub(crate) fn dots_in_tiles(level: Level, steps: usize) -> bool {
    level.has_tiles() && steps > 1
}

/// Crossovers of lookups, which AVX-512 alone has.
const LOOKUP_CROSSOVERS: [f32; 4] = [0.0, 0.04, 0.10, 0.20];

/// Whether there is a level at which dot products of integers are ever faster; programs without one hold nothing of the choice.
pub(crate) const DOTS_PAY: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Rows of weights that take as long to add as one to multiply by its value and add, as those of levels: 2.5 to 6 by level and width.
pub(crate) const VALUED: f32 = 3.0;

/// The crossover to dot products of a convolution with this many outputs, in a block of so many steps.
///
/// Two or three steps take as long by dot products as four; a tile takes as long as eight steps for itself.
pub(crate) fn dot_crossover(level: Level, outputs: usize, steps: usize) -> f32 {
    let of_tile = |steps: usize| 1.0 + 8.0 / steps as f32;
    let share = match steps {
        2..STEPS if level.has_tiles() => of_tile(steps) / of_tile(STEPS),
        2 => 2.0,
        3 => 4.0 / 3.0,
        _ => 1.0,
    };
    share * of_width(dot_crossovers(level), outputs)
}

/// The crossover to lookups of a convolution with this many outputs.
pub(crate) fn lookup_crossover(outputs: usize) -> f32 {
    of_width(LOOKUP_CROSSOVERS, outputs)
}

fn of_width(crossovers: [f32; 4], outputs: usize) -> f32 {
    match outputs {
        0..=16 => crossovers[0],
        17..=32 => crossovers[1],
        33..=64 => crossovers[2],
        _ => crossovers[3],
    }
}

/// What a program may choose from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) level: Level,
    /// The only family, where there is one.
    pub(crate) family: Option<Family>,
}

impl Choice {
    /// Whether an integer convolution that has dot products never follows events.
    pub(crate) fn never_events(self, outputs: usize) -> bool {
        match self.family {
            Some(family) => family != Family::Event,
            None => dot_crossover(self.level, outputs, 1) <= 0.0,
        }
    }
}

/// Pixels of a dense convolution of real values, at least.
const FEWEST_PIXELS: usize = 16;

/// Values that are looked at side by side.
const LANES: usize = 64;

/// Events an input and a step, as the kernel that follows them sees them.
pub(crate) struct Density<'a> {
    pub(crate) map: View<'a, u8>,
    pub(crate) tell: Tell,
}

impl Kernel for Density<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let values = self.map.values();
        let events = match self.tell {
            Tell::Again(most) => sum(values, most, |value| value),
            _ => sum(values, 1, |value| u8::from(value != 0)),
        };
        events as f32 / values.len().max(1) as f32
    }
}

/// Whether a dense convolution of real values is faster than one that skips those that are 0.
pub(crate) struct DenseReals<'a> {
    pub(crate) map: View<'a, f32>,
    pub(crate) outputs: Shape,
}

impl Kernel for DenseReals<'_> {
    type Output = bool;

    /// One adds 64 outputs for each input that is not 0, the other 16 for each input, but waits for every sum where there are few pixels.
    #[inline(always)]
    fn run(self) -> bool {
        let (values, channels) = (self.map.values(), self.outputs.channels);
        let active: usize = values.iter().map(|&value| usize::from(value != 0.0)).sum();
        self.outputs.pixels() >= FEWEST_PIXELS
            && active * channels.div_ceil(64) * 4 >= values.len() * channels.div_ceil(16)
    }
}

/// Add up what `events` gives for each value, `most` at most.
#[inline(always)]
fn sum(values: &[u8], most: u8, events: impl Fn(u8) -> u8) -> usize {
    let (rows, rest) = values.as_chunks::<{ LANES }>();
    let mut total: usize = rest.iter().map(|&value| usize::from(events(value))).sum();
    // So many fit a lane of a byte.
    for rows in rows.chunks(usize::from(u8::MAX / most.max(1))) {
        let mut lanes = [0_u8; LANES];
        for row in rows {
            for (lane, &value) in lanes.iter_mut().zip(row) {
                *lane = lane.wrapping_add(events(value));
            }
        }
        total += lanes.iter().map(|&lane| usize::from(lane)).sum::<usize>();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_is_events_an_input() {
        let values: Vec<u8> = (0..1000).map(|i| (i % 4) as u8).collect();
        let map = View::new(&values, 10, 10);
        for level in Level::available() {
            assert_eq!(level.run(Density { map, tell: Tell::Again(3) }), 1.5);
            assert_eq!(level.run(Density { map, tell: Tell::Value }), 0.75);
        }
    }

    #[test]
    fn fewer_steps_cross_at_higher_rates() {
        for level in Level::available() {
            let at = |steps| dot_crossover(level, 64, steps);
            assert_eq!(at(1), at(16));
            if level.has_tiles() {
                assert!([16, 8, 4, 3, 2].map(at).is_sorted(), "{:?}", [16, 8, 4, 3, 2].map(at));
            } else {
                assert_eq!([at(2), at(8)], [2.0 * at(4), at(1)]);
            }
        }
    }

    #[test]
    fn wider_layers_cross_later() {
        for level in Level::available() {
            assert!([1, 16, 17, 64, 65].map(|outputs| dot_crossover(level, outputs, 8)).is_sorted());
        }
    }
}
