//! Delays: what they read of a sample's last steps, and what is kept for them.

use crate::clocked::block::Block;
use crate::clocked::maps::buffers::{Buffer, Element};
use crate::clocked::program::stage::Stage;
use crate::clocked::run::sample::Sample;
use crate::clocked::run::state::Memory;
use crate::error::{Error, Result};
use crate::plan::Body;

impl Sample<'_> {
    /// The map of a delay over a block, which is no longer than the delay.
    pub(crate) fn delayed(&self, stage: &Stage, block: &Block, target: &mut Buffer) -> Result<()> {
        let channels = self.program.place(stage.op).shape.channels;
        match &self.workspace.memory[stage.op] {
            Memory::DelayedCounts(history) => history.give(channels, block.steps, u8::of_mut(target)?),
            Memory::DelayedReals(history) => history.give(channels, block.steps, f32::of_mut(target)?),
            _ => return Err(Error::internal("a delay that remembers nothing")),
        }
        Ok(())
    }

    /// Keep what delays read later.
    pub(crate) fn remember(&mut self, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        for (number, op) in self.program.ops.iter().enumerate() {
            let Body::Delay(delay) = &op.body else { continue };
            let place = self.program.place(delay.source);
            match &mut workspace.memory[number] {
                Memory::DelayedCounts(history) => history.take(workspace.maps.view(place, block.steps)?, block.steps),
                Memory::DelayedReals(history) => history.take(workspace.maps.view(place, block.steps)?, block.steps),
                _ => return Err(Error::internal("a delay that remembers nothing")),
            }
        }
        Ok(())
    }
}
