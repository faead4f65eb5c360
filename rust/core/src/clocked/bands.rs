//! A layer in bands of rows: threads take one after the other.

use std::ops::Range;

use super::current::{Current, LANES};
use super::edges::ScaleOf;
use super::layer::{Frame, Layer};
use super::observe::Observed;
use super::rows::RowList;
use crate::error::Result;
use crate::threads::{Team, share};

/// Bands for each thread: so one that is held up by the system does not hold up the others for long.
const BANDS: usize = 2;

/// Where the results of a layer, or of a band, go.
pub(super) enum Target<'a, A> {
    /// The sums themselves.
    Currents(&'a mut [A]),
    /// Spikes of the neurons with these potentials, `[pixel][chunk of channels]`.
    Spikes(&'a mut [u8], &'a mut [[A; LANES]]),
}

impl<A> Target<'_, A> {
    /// What takes so many values and potentials, and the rest.
    fn split(self, [values, potentials]: [usize; 2]) -> (Self, Self) {
        match self {
            Self::Currents(map) => {
                let (head, tail) = map.split_at_mut(values);
                (Self::Currents(head), Self::Currents(tail))
            }
            Self::Spikes(map, potential) => {
                let (head, tail) = map.split_at_mut(values);
                let (first, rest) = potential.split_at_mut(potentials);
                (Self::Spikes(head, first), Self::Spikes(tail, rest))
            }
        }
    }
}

/// Neighbouring rows of a layer's map.
pub(super) struct Band<'a, A> {
    pub(super) rows: Range<usize>,
    /// Of these rows alone.
    pub(super) target: Target<'a, A>,
    /// Of the whole layer, which is one band then.
    pub(super) observed: Option<&'a mut Observed>,
    /// Room for the inputs of some pixels.
    pub(super) gathered: &'a mut RowList,
}

/// Bands of a map of this height.
pub(super) fn count(height: usize, threads: usize) -> usize {
    height.min(BANDS * threads)
}

impl<A: Current + ScaleOf> Layer<A> {
    /// Run one block, shared by a team; every band has a room of its own in `gathered`.
    pub(super) fn share(
        &self,
        frame: Frame<'_>,
        mut target: Target<'_, A>,
        gathered: &mut [RowList],
        team: &Team<'_>,
    ) -> Result<()> {
        let (shape, number) = (self.shape, gathered.len());
        let mut bands = Vec::with_capacity(number);
        for (band, gathered) in gathered.iter_mut().enumerate() {
            let rows = shape.height * band / number..shape.height * (band + 1) / number;
            let pixels = rows.len() * shape.width;
            let potentials = if self.firing.is_some() { pixels * shape.channels.div_ceil(LANES) } else { 0 };
            let (own, rest) = target.split([pixels * frame.steps * shape.channels, potentials]);
            target = rest;
            bands.push(Band { rows, target: own, observed: None, gathered });
        }
        share((Some(team), team.watch()), bands, |band, poll| self.run(frame, band, poll))
    }
}
