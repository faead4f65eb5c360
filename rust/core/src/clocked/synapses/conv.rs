//! A convolution, ready to run by events or by dot products.

use crate::clocked::maps::buffers::grow;
use crate::clocked::synapses::choice::Choice;
use crate::clocked::synapses::current::{Current, TOGETHER};
use crate::clocked::synapses::dense::reals::Reals;
use crate::clocked::synapses::dense::{Dense, DenseRun};
use crate::clocked::synapses::events::ActiveList;
use crate::clocked::synapses::geometry::{Geometry, Precision};
use crate::clocked::synapses::packed::Packed;
use crate::clocked::synapses::rows::{RowList, Sums};
use crate::clocked::synapses::scattering::Scattering;
use crate::dot::lookup::LOOKUPS;
use crate::error::{Error, Result};
use crate::plan::{Conv, Kind, Op, Weights};
use crate::simd::Level;

/// A current that synapses make of the weights of a plan.
pub(crate) trait Synaptic: Current {
    /// The weights of a dense convolution, of which those of floats keep the order of the sum.
    type Dense: DenseRun<Self>;

    /// The weights and the bias as flat slices, where they have this precision.
    fn weights_of(weights: &Weights) -> Option<Flat<'_, Self>>;

    /// The room for sums in this precision.
    fn sums(sums: &mut Sums) -> &mut Vec<Self>;
}

/// Weights and a bias.
pub(crate) struct Flat<'a, A: Current> {
    weights: &'a [A::Weight],
    bias: &'a [A],
}

impl Synaptic for f32 {
    type Dense = Reals;

    fn weights_of(weights: &Weights) -> Option<Flat<'_, f32>> {
        if let Weights::Real(weights, bias) = weights { Some(Flat { weights, bias }) } else { None }
    }

    fn sums(sums: &mut Sums) -> &mut Vec<f32> {
        &mut sums.real
    }
}

impl Synaptic for i32 {
    type Dense = Dense;

    fn weights_of(weights: &Weights) -> Option<Flat<'_, i32>> {
        if let Weights::Integer(weights, bias) = weights { Some(Flat { weights, bias }) } else { None }
    }

    fn sums(sums: &mut Sums) -> &mut Vec<i32> {
        &mut sums.integer
    }
}

/// A convolution, ready to run.
#[derive(Debug)]
pub(crate) struct Synapses<A: Synaptic> {
    pub(crate) geometry: Geometry,
    pub(crate) packed: Packed<A::Weight>,
    pub(crate) dense: Option<A::Dense>,
    /// For few events; one block of outputs alone.
    pub(crate) scattering: Option<Scattering>,
    /// Padded with zeros to whole blocks of 64.
    pub(crate) bias: Vec<A>,
}

impl<A: Synaptic> Synapses<A> {
    /// Make operation `op` ready.
    pub(crate) fn new(ops: &[Op], op: usize, conv: &Conv, choice: Choice) -> Result<Self> {
        let Some(Flat { weights, bias }) = A::weights_of(&conv.weights) else {
            return Err(Error::internal(format!("node '{}': weights of another precision than its sum", ops[op].node)));
        };
        let geometry = Geometry::new(ops, op, conv, Precision { bytes: size_of::<A::Weight>(), again: A::AGAIN });
        let sizes = [geometry.input.channels, ops[op].spec.shape.channels];
        // Of reals that are there once a sample; floats that come step by step are mostly zeros.
        let spec = &ops[conv.source].spec;
        let on_reals = spec.kind == Kind::Real && spec.is_static;
        let mut padded = bias.to_vec();
        padded.resize(sizes[1].next_multiple_of(TOGETHER), A::default());
        let dense = if conv.groups == 1 && (A::INTEGER || on_reals) {
            A::Dense::new(weights, sizes[0], sizes[1])
        } else {
            None
        };
        let events = !(A::INTEGER && dense.is_some() && choice.never_events(sizes[1]));
        let scatters = events && conv.groups == 1 && sizes[1] <= TOGETHER;
        Ok(Self {
            packed: if conv.groups > 1 {
                Packed::groups(weights, sizes, conv.groups)
            } else if events {
                Packed::blocks(weights, sizes[1], &geometry.reach)
            } else {
                Packed::Nothing
            },
            dense,
            scattering: scatters.then(|| Scattering::new(&geometry)).flatten(),
            bias: padded,
            geometry,
        })
    }

    /// Whether sums of so many steps are looked up.
    #[inline]
    pub(crate) fn looks_up(&self, level: Level, steps: usize) -> bool {
        LOOKUPS && self.dense.as_ref().is_some_and(|dense| dense.looks_up(level, &self.geometry, steps))
    }

    /// Whether a list is so short that events are followed, and not windows.
    pub(crate) fn few(&self, list: &ActiveList, steps: usize) -> bool {
        self.scattering.is_some() && Scattering::suits(&self.geometry, list, steps)
    }

    /// Make room for a block of `steps` in which every input is as active as it can be.
    pub(crate) fn make_room(&self, steps: usize, list: &mut ActiveList, rows: &mut RowList) -> Result<()> {
        if matches!(self.packed, Packed::Nothing) {
            rows.windows.make_room(&self.geometry);
            return Ok(());
        }
        let geometry = &self.geometry;
        list.make_room(geometry.input, steps, geometry.tell)?;
        rows.make_room(geometry, steps)?;
        let sums = if matches!(self.packed, Packed::Groups { .. }) { self.bias.len() } else { self.row_of_sums() };
        grow(A::sums(&mut rows.sums), steps * sums)
    }

    /// Sums of a row of the result at a step, where events are followed.
    fn row_of_sums(&self) -> usize {
        let geometry = &self.geometry;
        if self.scattering.is_some() { geometry.across.len() * TOGETHER / geometry.reach.pixels } else { 0 }
    }

    /// A word for the event kernel.
    pub(crate) fn name(&self) -> &'static str {
        match (&self.packed, self.geometry.reach.pixels) {
            (Packed::Groups { .. }, _) => "event-groups",
            (_, 1) => "event64",
            (_, 2) => "event32",
            _ => "event16",
        }
    }
}
