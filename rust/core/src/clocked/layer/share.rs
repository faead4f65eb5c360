//! A layer in bands: threads take one after the other.

use crate::clocked::layer::bands::{Band, Target};
use crate::clocked::layer::edges::ScaleOf;
use crate::clocked::layer::frame::Frame;
use crate::clocked::layer::pass::Layer;
use crate::clocked::synapses::conv::Synaptic;
use crate::clocked::synapses::current::LANES;
use crate::clocked::synapses::rows::RowList;
use crate::error::Result;
use crate::threads::{Team, share};

impl<A: Synaptic + ScaleOf> Layer<A> {
    /// Run one block, shared by a team; every band has a room of its own in `gathered`.
    pub(crate) fn share(
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
            bands.push(Band { rows, target: own, observed: None, profile: None, gathered });
        }
        share(Some(team), team.watch(), bands, |band, poll| self.run(frame, band, poll))
    }
}
