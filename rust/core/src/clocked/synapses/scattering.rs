//! Which outputs see each input of a row: where an event adds its weights.

use crate::clocked::synapses::events::ActiveList;
use crate::clocked::synapses::geometry::Geometry;
use crate::plan::Taps;

/// Events a pixel and a step, below which it is faster to follow events than to look at all windows, as a fraction.
/// `benchmarks/claims/kernels.py` measures it.
const FEW: [usize; 2] = [1, 3];

/// Outputs of a row, at most.
const LONGEST: usize = u16::MAX as usize;

/// Which outputs of a row see an input of a row: `count` neighbours from `first` on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) first: u16,
    pub(crate) count: u16,
    /// The row of weights that it meets for the first one, at the uppermost tap.
    pub(crate) row: u32,
}

/// The outputs that see each input of a row; none where windows have gaps, or a row is longer than [`LONGEST`].
#[derive(Debug)]
pub(crate) struct Scattering {
    pub(crate) seen: Vec<Seen>,
    /// Rows of weights from one output to the one before it.
    pub(crate) step: usize,
    /// Rows of weights of a tap above.
    pub(crate) tap: usize,
}

impl Scattering {
    /// Of a convolution without groups.
    pub(crate) fn new(geometry: &Geometry) -> Option<Self> {
        let (reach, inputs) = (&geometry.reach, geometry.input.channels);
        if geometry.window.dilation[1] != 1 || !(2..=LONGEST).contains(&geometry.across.len()) {
            return None;
        }
        let before = if reach.apart { reach.before() } else { 0 };
        let mut seen = vec![Seen::default(); geometry.input.width * inputs];
        for (output, &Taps { first, count, position }) in geometry.across.iter().enumerate() {
            for tap in 0..count {
                let column = position + tap;
                for (input, seen) in seen[column * inputs..(column + 1) * inputs].iter_mut().enumerate() {
                    if seen.count == 0 {
                        seen.first = output as u16;
                        seen.row = ((before + first + tap) * inputs + input) as u32;
                    }
                    seen.count += 1;
                }
            }
        }
        Some(Self { seen, step: geometry.window.stride[1] * inputs, tap: reach.columns() * inputs })
    }

    /// Whether a list is short enough.
    pub(crate) fn suits(geometry: &Geometry, list: &ActiveList, steps: usize) -> bool {
        list.used * FEW[1] < geometry.input.pixels() * steps * FEW[0]
    }
}
