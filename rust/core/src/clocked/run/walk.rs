//! A sample from its start to its end: static stages once, then block after block of steps.

use crate::clocked::block::{Block, Segment};
use crate::clocked::run::sample::Sample;
use crate::error::Result;

impl Sample<'_> {
    /// Run it from its state to its end; `block` is the largest number of steps at a time.
    pub(crate) fn run(&mut self, block: usize) -> Result<()> {
        self.workspace.begin(self.program, self.request, self.number)?;
        self.advance(block)?;
        self.keep()
    }

    /// Take all steps of the request from what the workspace remembers.
    pub(crate) fn advance(&mut self, block: usize) -> Result<()> {
        let program = self.program;
        let dynamic = program.stages.partition_point(|stage| stage.is_static);
        let once = Block { first: 0, steps: 1, segments: Vec::new() };
        for stage in &program.stages[..dynamic] {
            self.poll.check()?;
            self.stage(stage, &once)?;
            self.count_static(stage)?;
        }
        let mut done = 0;
        while done < self.request.steps {
            let block = self.block(done, block);
            self.workspace.list.source = None;
            self.workspace.words.source = None;
            for stage in &program.stages[dynamic..] {
                self.poll.check()?;
                self.stage(stage, &block)?;
                self.count(stage, &block)?;
                self.record(stage.op, &block)?;
            }
            self.remember(&block)?;
            done += block.steps;
            if self.request.probe {
                self.probe(done)?;
            }
        }
        Ok(())
    }

    /// The next block: probes look at potentials, so there it ends at a read.
    fn block(&self, first: usize, most: usize) -> Block {
        let reads = &self.request.read_at;
        let next = reads.partition_point(|&read| read <= first);
        let mut steps = most.min(self.request.steps - first);
        if let Some(&read) = reads.get(next).filter(|_| self.request.probe) {
            steps = steps.min(read - first);
        }
        let mut segments = Vec::new();
        let mut begin = 0;
        for (number, &read) in reads.iter().enumerate().skip(next) {
            if read > first + steps {
                break;
            }
            segments.push(Segment { steps: begin..read - first, read: Some(number) });
            begin = read - first;
        }
        if begin < steps {
            segments.push(Segment { steps: begin..steps, read: None });
        }
        Block { first, steps, segments }
    }
}
