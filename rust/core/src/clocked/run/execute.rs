//! How each kind of stage runs on a sample's workspace.

use crate::clocked::block::Block;
use crate::clocked::maps::buffers::{Buffer, Element};
use crate::clocked::maps::clamp::ClampPass;
use crate::clocked::maps::input::{EventPlacer, PoissonPass, Span};
use crate::clocked::maps::maxpool::RisePass;
use crate::clocked::maps::pool::{MaximumPass, PoolPass, Slide, Sum};
use crate::clocked::maps::round::RoundPass;
use crate::clocked::maps::transpose::{to_pixels, to_step};
use crate::clocked::observe::readout::OutputPass;
use crate::clocked::profile::Part;
use crate::clocked::program::stage::{Stage, Work};
use crate::clocked::request::Input;
use crate::clocked::run::sample::Sample;
use crate::error::{Error, Kind as Fault, Result};
use crate::plan::{CURRENT_LIMIT, Kind, Readout};

/// A pool over one block.
struct Pooling<'a> {
    source: usize,
    slide: &'a Slide,
    weight: f32,
    steps: usize,
}

/// What the time of a stage is for; of layers, what is behind their last pixel.
fn part(work: &Work) -> Part {
    match work {
        Work::Input => Part::Input,
        Work::RealLayer(_) | Work::CurrentLayer(_) => Part::Write,
        Work::CountSum => Part::Edges,
        Work::Pool { .. } | Work::MaxPool { .. } => Part::Pool,
        Work::Gather(_) | Work::Clamp { .. } | Work::Round { .. } | Work::Delay | Work::Byte { .. } => Part::Move,
        Work::Output { .. } => Part::Readout,
    }
}

/// What is read at the end of a network.
struct Reading<'a> {
    readout: Readout,
    unit: Option<&'a [f64]>,
}

impl Sample<'_> {
    /// Run one stage over a block.
    pub(crate) fn stage(&mut self, stage: &Stage, block: &Block) -> Result<()> {
        if let Work::Output { readout, unit } = &stage.work {
            self.output(stage, &Reading { readout: *readout, unit: unit.as_deref() }, block)?;
            self.workspace.profile.lap(Part::Readout);
            return Ok(());
        }
        let slot = self.program.place(stage.op).slot;
        let mut target = self.workspace.maps.take(slot);
        match &stage.work {
            Work::Input => self.input(stage, block, &mut target)?,
            Work::RealLayer(layer) => self.layer(stage, layer, block, &mut target)?,
            Work::CurrentLayer(layer) => {
                self.workspace.lend(self.program, stage)?;
                self.layer(stage, layer, block, &mut target)?;
                self.workspace.take_back(self.program, stage.op);
            }
            Work::CountSum => self.count_sum(stage, block, &mut target)?,
            Work::Pool { slide, weight } => {
                let pooling = Pooling { source: stage.sources[0], slide, weight: *weight, steps: block.steps };
                self.pool(&pooling, &mut target)?;
            }
            Work::MaxPool { slide } => self.max_pool(stage, slide, block, &mut target)?,
            Work::Gather(moves) => {
                let rows = [self.program.place(stage.op).rows(block.steps), block.steps];
                let (maps, places) = (&self.workspace.maps, &self.program.layout.places[..]);
                match &mut target {
                    Buffer::Count(target) => moves.run(maps, places, target, rows)?,
                    Buffer::Real(target) => moves.run(maps, places, target, rows)?,
                    Buffer::Current(target) => moves.run(maps, places, target, rows)?,
                }
            }
            Work::Clamp { high } => self.clamp(stage, high.as_deref(), &mut target)?,
            Work::Round { unit } => self.round(stage, unit, &mut target)?,
            Work::Delay => self.delayed(stage, block, &mut target)?,
            Work::Byte { shift } => self.byte(stage, *shift, block, &mut target)?,
            Work::Output { .. } => return Err(Error::internal("a read-out has no map")),
        }
        self.workspace.maps.put(slot, target);
        self.workspace.profile.lap(part(&stage.work));
        Ok(())
    }

    fn input(&self, stage: &Stage, block: &Block, target: &mut Buffer) -> Result<()> {
        let spec = &self.program.ops[stage.op].spec;
        let (shape, size) = (spec.shape, spec.shape.size());
        let range = self.number * size..(self.number + 1) * size;
        let span = Span { first: self.request.start + block.first as u64, steps: block.steps };
        match self.request.input {
            Input::Constant(values) => to_pixels(&values[range], shape, &mut f32::of_mut(target)?[..size]),
            Input::Pixels(values) => to_pixels(&values[range], shape, &mut u8::of_mut(target)?[..size]),
            Input::Poisson { rates, seed, first_sample } => self.program.level.run(PoissonPass {
                rates: &rates[range],
                seed,
                sample: first_sample.wrapping_add(self.number as u64),
                shape,
                span,
                target: u8::of_mut(target)?,
            }),
            Input::Frames(values) => {
                let target = f32::of_mut(target)?;
                for step in 0..block.steps {
                    let range = self.range(block.first + step, size);
                    to_step(&values[range], shape, [step, block.steps], target);
                }
            }
            Input::Events { offsets, index } => {
                let node = &self.program.ops[stage.op].node;
                let first = self.number * self.request.steps + block.first;
                let placer = EventPlacer { node, offsets, index, shape, max_count: spec.max_count };
                placer.place(first..first + block.steps, u8::of_mut(target)?)?;
            }
        }
        Ok(())
    }

    fn count_sum(&self, stage: &Stage, block: &Block, target: &mut Buffer) -> Result<()> {
        let shape = self.program.place(stage.op).shape;
        let target = &mut u8::of_mut(target)?[..shape.size() * block.steps];
        target.fill(0);
        for &source in &stage.sources {
            let map = self.workspace.maps.view::<u8>(self.program.place(source), block.steps)?;
            for (pixel, sums) in target.chunks_exact_mut(block.steps * shape.channels).enumerate() {
                for (sum, &count) in sums.iter_mut().zip(map.pixel(pixel)) {
                    *sum = sum.wrapping_add(count);
                }
            }
        }
        Ok(())
    }

    fn clamp(&self, stage: &Stage, high: Option<&[f32]>, target: &mut Buffer) -> Result<()> {
        let size = self.program.place(stage.op).shape.size();
        let source = self.workspace.maps.view(self.program.place(stage.sources[0]), 1)?;
        self.program.level.run(ClampPass { source, high, target: &mut f32::of_mut(target)?[..size] });
        Ok(())
    }

    fn pool(&self, pooling: &Pooling<'_>, target: &mut Buffer) -> Result<()> {
        match (self.program.ops[pooling.source].spec.kind, target) {
            (Kind::Count | Kind::Level, Buffer::Count(sums)) => self.pool_pass::<u8, u8>(pooling, sums),
            (Kind::Count | Kind::Level, Buffer::Real(sums)) => self.pool_pass::<u8, f32>(pooling, sums),
            (Kind::Count | Kind::Level, Buffer::Current(sums)) => self.pool_pass::<u8, i32>(pooling, sums),
            (Kind::Real, Buffer::Real(sums)) => self.pool_pass::<f32, f32>(pooling, sums),
            (Kind::Current, Buffer::Current(sums)) => self.pool_pass::<i32, i32>(pooling, sums),
            (kind, _) => Err(Error::internal(format!("a pool of a {kind:?} map into one of another kind"))),
        }
    }

    fn pool_pass<T: Element, S: Sum<T>>(&self, pooling: &Pooling<'_>, target: &mut [S]) -> Result<()> {
        let &Pooling { source, slide, weight, steps } = pooling;
        let source = self.workspace.maps.view::<T>(self.program.place(source), steps)?;
        self.program.level.run(PoolPass { slide: *slide, weight, source, target, poll: self.poll })
    }

    fn max_pool(&mut self, stage: &Stage, slide: &Slide, block: &Block, target: &mut Buffer) -> Result<()> {
        let place = self.program.place(stage.sources[0]);
        let workspace = &mut *self.workspace;
        match target {
            Buffer::Count(target) if self.program.ops[stage.op].spec.kind == Kind::Level => {
                let source = workspace.maps.view(place, block.steps)?;
                self.program.level.run(MaximumPass { slide: *slide, source, least: 0_u8, target });
                Ok(())
            }
            Buffer::Count(target) => {
                let source = workspace.maps.view(place, block.steps)?;
                let before = workspace.memory[stage.op].counts()?;
                self.program.level.run(RisePass { slide: *slide, source, before, target, poll: self.poll })
            }
            Buffer::Real(target) => {
                let source = workspace.maps.view(place, block.steps)?;
                self.program.level.run(MaximumPass { slide: *slide, source, least: f32::NEG_INFINITY, target });
                Ok(())
            }
            Buffer::Current(_) => Err(Error::internal("a max-pool of integer currents")),
        }
    }

    fn byte(&self, stage: &Stage, shift: u32, block: &Block, target: &mut Buffer) -> Result<()> {
        let source = self.workspace.maps.view::<i32>(self.program.place(stage.sources[0]), block.steps)?;
        for (byte, sum) in u8::of_mut(target)?.iter_mut().zip(source.values()) {
            *byte = (sum >> shift) as u8;
        }
        Ok(())
    }

    fn round(&self, stage: &Stage, unit: &[f64], target: &mut Buffer) -> Result<()> {
        let op = &self.program.ops[stage.op];
        let source = self.workspace.maps.view::<f32>(self.program.place(stage.sources[0]), 1)?;
        let target = &mut i32::of_mut(target)?[..op.spec.shape.size()];
        if self.program.level.run(RoundPass { source, unit, target }) {
            return Ok(());
        }
        let what = format!("an analogue current exceeds {CURRENT_LIMIT} integer units");
        Err(Error::new(Fault::Range, format!("node '{}': {what}", op.node)))
    }

    fn output(&mut self, stage: &Stage, reading: &Reading<'_>, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        let source = stage.sources[0];
        let mut pass = OutputPass {
            level: self.program.level,
            readout: reading.readout,
            unit: reading.unit,
            shape: self.program.ops[stage.op].spec.shape,
            first: self.request.start + block.first as u64,
            segments: &block.segments,
            scores: &mut workspace.scores,
        };
        let (maps, place) = (&workspace.maps, self.program.place(source));
        let memory = &mut workspace.memory[stage.op];
        match self.program.ops[source].spec.kind {
            Kind::Real => pass.run_real(maps.view(place, block.steps)?, memory.real_sums()?),
            Kind::Count | Kind::Level => {
                let largest = self.program.ops[source].spec.max_count;
                pass.run_count(maps.view(place, block.steps)?, largest, memory.long_sums()?);
            }
            Kind::Current => pass.run_current(maps.view(place, block.steps)?, memory.long_sums()?),
        }
        Ok(())
    }
}
