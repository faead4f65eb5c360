//! Bands of rows of a layer's map, and where their results go.

use std::ops::Range;

use crate::clocked::layer::firing::Kept;
use crate::clocked::observe::seen::Observed;
use crate::clocked::profile::Profile;
use crate::clocked::synapses::rows::RowList;

/// Bands for each thread: so one that is held up by the system does not hold up the others for long.
const BANDS: usize = 2;

/// Where the results of a layer, or of a band, go.
pub(crate) enum Target<'a, A> {
    /// The sums themselves.
    Currents(&'a mut [A]),
    /// Spikes of neurons, and what these remember.
    Spikes(&'a mut [u8], Kept<'a, A>),
    /// Potentials of neurons that never fire, and what these remember.
    Potentials(&'a mut [A], Kept<'a, A>),
}

impl<A> Target<'_, A> {
    /// What takes so many values and chunks of potentials, and the rest.
    pub(crate) fn split(self, [values, chunks]: [usize; 2]) -> (Self, Self) {
        match self {
            Self::Currents(map) => {
                let (head, tail) = map.split_at_mut(values);
                (Self::Currents(head), Self::Currents(tail))
            }
            Self::Spikes(map, kept) => {
                let (head, tail) = map.split_at_mut(values);
                let (first, rest) = kept.split(chunks);
                (Self::Spikes(head, first), Self::Spikes(tail, rest))
            }
            Self::Potentials(map, kept) => {
                let (head, tail) = map.split_at_mut(values);
                let (first, rest) = kept.split(chunks);
                (Self::Potentials(head, first), Self::Potentials(tail, rest))
            }
        }
    }
}

/// Neighbouring rows of a layer's map.
pub(crate) struct Band<'a, A> {
    pub(crate) rows: Range<usize>,
    /// Of these rows alone.
    pub(crate) target: Target<'a, A>,
    /// Of the whole layer, which is one band then.
    pub(crate) observed: Option<&'a mut Observed>,
    /// Of the thread, where its time is measured.
    pub(crate) profile: Option<&'a mut Profile>,
    /// Room for the inputs of some pixels.
    pub(crate) gathered: &'a mut RowList,
}

/// Bands of a map of this height.
pub(crate) fn count(height: usize, threads: usize) -> usize {
    height.min(BANDS * threads)
}
