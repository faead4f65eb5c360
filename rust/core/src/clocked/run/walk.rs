//! A sample from its start to its end: static stages once, then block after block of steps.

use std::mem;

use crate::clocked::block::Block;
use crate::clocked::profile::Part;
use crate::clocked::run::blocks::next_block;
use crate::clocked::run::sample::Sample;
use crate::error::Result;

impl Sample<'_> {
    /// Run it from its state to its end; `block` is the largest number of steps at a time.
    pub(crate) fn run(&mut self, block: usize) -> Result<()> {
        self.workspace.begin(self.program, self.request, self.number)?;
        self.rest();
        self.advance(block)?;
        self.keep()?;
        self.rest();
        Ok(())
    }

    /// What has passed since the last stage belongs to none.
    fn rest(&mut self) {
        self.workspace.profile.turn(self.program.ops.len());
        self.workspace.profile.lap(Part::Rest);
    }

    /// Take all steps of the request from what the workspace remembers.
    pub(crate) fn advance(&mut self, block: usize) -> Result<()> {
        let program = self.program;
        let dynamic = program.stages.partition_point(|stage| stage.is_static);
        let once = Block { first: 0, steps: 1, segments: Vec::new() };
        for stage in &program.stages[..dynamic] {
            self.poll.check()?;
            self.workspace.profile.turn(stage.op);
            self.stage(stage, &once)?;
            self.count_static(stage)?;
            self.workspace.profile.lap(Part::Count);
        }
        let (mut done, mut segments) = (0, mem::take(&mut self.workspace.segments));
        while done < self.request.steps {
            let block = next_block(self.request, done, block, segments);
            self.workspace.forget_steps();
            for stage in &program.stages[dynamic..] {
                self.poll.check()?;
                self.workspace.profile.turn(stage.op);
                self.stage(stage, &block)?;
                self.count(stage, &block)?;
                self.count_steps(stage.op, &block)?;
                self.record(stage.op, &block)?;
                self.workspace.profile.lap(Part::Count);
            }
            self.remember(&block)?;
            done += block.steps;
            if self.request.probe {
                self.probe(done)?;
            }
            segments = block.segments;
            self.rest();
        }
        self.workspace.segments = segments;
        Ok(())
    }
}
