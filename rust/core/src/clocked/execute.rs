//! How each kind of stage runs on a sample's workspace.

use super::bands::{self, Band, Target};
use super::buffers::{Buffer, Element};
use super::choice::{Density, Family, crossover};
use super::conv::Synapses;
use super::current::Current;
use super::dense::PackCounts;
use super::edges::ScaleOf;
use super::events::{ListCounts, ListReals};
use super::input::{EventPlacer, PoissonPass, Span};
use super::layer::{Frame, Layer};
use super::maxpool::RisePass;
use super::output::OutputPass;
use super::pool::{MaximumPass, PoolPass, Slide, Sum};
use super::request::Input;
use super::round::RoundPass;
use super::rows::RowList;
use super::sample::{Block, Sample};
use super::source::Inputs;
use super::stage::{Stage, Work};
use super::state::{Memory, PotentialOf};
use super::transpose::to_pixels;
use crate::error::{Error, Kind as Fault, Result};
use crate::plan::{CURRENT_LIMIT, Kind};
use crate::threads::share;

impl Sample<'_> {
    /// Run one stage over a block.
    pub(super) fn stage(&mut self, stage: &Stage, block: &Block) -> Result<()> {
        if let Work::Output { .. } = stage.work {
            self.output(stage, block);
            return Ok(());
        }
        let slot = self.program.place(stage.op).slot;
        let mut target = self.workspace.maps.take(slot);
        match &stage.work {
            Work::Input => self.input(stage, block, &mut target)?,
            Work::RealLayer(layer) => self.layer(stage, layer, block, &mut target)?,
            Work::CurrentLayer(layer) => self.layer(stage, layer, block, &mut target)?,
            Work::CountSum => self.count_sum(stage, block, &mut target),
            Work::Pool { slide, weight } => self.pool(stage, [slide], *weight, (block, &mut target))?,
            Work::MaxPool { slide } => self.max_pool(stage, slide, block, &mut target)?,
            Work::Gather(moves) => {
                let rows = [self.program.place(stage.op).rows(block.steps), block.steps];
                let (maps, places) = (&self.workspace.maps, &self.program.layout.places[..]);
                match &mut target {
                    Buffer::Count(target) => moves.run(maps, places, target, rows),
                    Buffer::Real(target) => moves.run(maps, places, target, rows),
                    Buffer::Current(target) => moves.run(maps, places, target, rows),
                }
            }
            Work::Clamp { high } => self.clamp(stage, high.as_deref(), &mut target),
            Work::Round { unit } => self.round(stage, unit, &mut target)?,
            Work::Output { .. } => {}
        }
        self.workspace.maps.put(slot, target);
        Ok(())
    }

    fn input(&self, stage: &Stage, block: &Block, target: &mut Buffer) -> Result<()> {
        let spec = &self.program.ops[stage.op].spec;
        let (shape, size) = (spec.shape, spec.shape.size());
        let range = self.number * size..(self.number + 1) * size;
        let span = Span { first: self.request.start + block.first as u64, steps: block.steps };
        match self.request.input {
            Input::Constant(values) => to_pixels(&values[range], shape, &mut f32::of_mut(target)[..size]),
            Input::Poisson { rates, seed, first_sample } => self.program.level.run(PoissonPass {
                rates: &rates[range],
                seed,
                sample: first_sample.wrapping_add(self.number as u64),
                shape,
                span,
                target: u8::of_mut(target),
            }),
            Input::Events { offsets, index } => {
                let node = &self.program.ops[stage.op].node;
                let first = self.number * self.request.steps + block.first;
                let placer = EventPlacer { node, offsets, index, shape, max_count: spec.max_count };
                placer.place(first..first + block.steps, u8::of_mut(target))?;
            }
        }
        Ok(())
    }

    fn layer<A>(&mut self, stage: &Stage, layer: &Layer<A>, block: &Block, target: &mut Buffer) -> Result<()>
    where
        A: Current + ScaleOf + PotentialOf,
    {
        let mut family = Family::Event;
        if let Some(synapses) = &layer.synapses {
            family = self.family(synapses, stage, block);
            self.workspace.used[synapses.op].note(family);
            match family {
                Family::Event => self.list(synapses, block),
                Family::Dot => self.pack(synapses, block)?,
            }
        }
        let workspace = &mut *self.workspace;
        let inputs = match family {
            Family::Event => Inputs::Active(&workspace.list),
            Family::Dot => Inputs::Words(&workspace.words),
        };
        let (maps, places, steps) = (&workspace.maps, &self.program.layout.places[..], block.steps);
        let frame = Frame { level: self.program.level, inputs, maps, places, steps };
        let target = if layer.firing.is_some() {
            Target::Spikes(u8::of_mut(target), A::potential_of(&mut workspace.memory[stage.op]))
        } else {
            Target::Currents(A::of_mut(target))
        };
        let observed = workspace.observed[stage.op].as_mut();
        let height = layer.shape.height;
        let bands = self.team.map_or(1, |team| bands::count(height, team.threads()));
        match self.team {
            Some(team) if bands > 1 && observed.is_none() => {
                if workspace.gathered.len() < bands {
                    workspace.gathered.resize_with(bands, RowList::default);
                }
                layer.share(frame, target, &mut workspace.gathered[..bands], team)
            }
            _ => {
                let gathered = &mut workspace.gathered[0];
                layer.run(frame, Band { rows: 0..height, target, observed, gathered }, self.poll)
            }
        }
    }

    /// What is to compute a convolution in this block. It hangs on the plan and on the data alone.
    fn family<A: Current>(&self, synapses: &Synapses<A>, stage: &Stage, block: &Block) -> Family {
        let level = self.program.level;
        if synapses.dense.is_none() || stage.is_static {
            return Family::Event;
        }
        self.program.family.unwrap_or_else(|| {
            let crossover = crossover(level, self.program.ops[synapses.op].spec.shape.channels);
            let map = self.workspace.maps.view(self.program.place(synapses.source), block.steps);
            let dense = crossover <= 0.0 || level.run(Density { map, tell: synapses.tell }) >= crossover;
            if dense { Family::Dot } else { Family::Event }
        })
    }

    /// List the active inputs of a convolution, unless the last one had the same source.
    fn list<A: Current>(&mut self, synapses: &Synapses<A>, block: &Block) {
        let workspace = &mut *self.workspace;
        let wanted = Some((synapses.source, synapses.tell));
        if workspace.list.source == wanted {
            return;
        }
        let (list, shape) = (&mut workspace.list, synapses.input);
        list.source = wanted;
        let place = self.program.place(synapses.source);
        if self.program.ops[synapses.source].spec.kind == Kind::Count {
            let map = workspace.maps.view(place, block.steps);
            self.program.level.run(ListCounts { list, map, shape, tell: synapses.tell });
        } else {
            let map = workspace.maps.view(place, block.steps);
            self.program.level.run(ListReals { list, map, shape });
        }
    }

    /// Pack the source of a dense convolution, unless the last one had the same.
    fn pack<A: Current>(&mut self, synapses: &Synapses<A>, block: &Block) -> Result<()> {
        let workspace = &mut *self.workspace;
        if workspace.words.source == Some(synapses.source) {
            return Ok(());
        }
        let (words, shape, level) = (&mut workspace.words, synapses.input, self.program.level);
        words.begin(synapses.source, shape, block.steps)?;
        let map = workspace.maps.view(self.program.place(synapses.source), block.steps);
        let count = self.team.map_or(1, |team| bands::count(shape.pixels(), team.threads()));
        let pieces = words.pieces(block.steps, shape, count);
        share((self.team, self.poll), pieces, |piece, _| {
            level.run(PackCounts { level, piece, map });
            Ok(())
        })
    }

    fn count_sum(&self, stage: &Stage, block: &Block, target: &mut Buffer) {
        let shape = self.program.place(stage.op).shape;
        let target = &mut u8::of_mut(target)[..shape.size() * block.steps];
        target.fill(0);
        for &source in &stage.sources {
            let map = self.workspace.maps.view::<u8>(self.program.place(source), block.steps);
            for (pixel, sums) in target.chunks_exact_mut(block.steps * shape.channels).enumerate() {
                for (sum, &count) in sums.iter_mut().zip(map.pixel(pixel)) {
                    *sum = sum.wrapping_add(count);
                }
            }
        }
    }

    fn pool(
        &self,
        stage: &Stage,
        [slide]: [&Slide; 1],
        weight: f32,
        (block, target): (&Block, &mut Buffer),
    ) -> Result<()> {
        let source = stage.sources[0];
        match (self.program.ops[source].spec.kind, target) {
            (Kind::Count, Buffer::Count(sums)) => self.pool_pass::<u8, u8>(source, slide, weight, (block, sums)),
            (Kind::Count, Buffer::Real(sums)) => self.pool_pass::<u8, f32>(source, slide, weight, (block, sums)),
            (Kind::Real, Buffer::Real(sums)) => self.pool_pass::<f32, f32>(source, slide, weight, (block, sums)),
            (_, Buffer::Current(sums)) => self.pool_pass::<i32, i32>(source, slide, weight, (block, sums)),
            _ => Ok(()),
        }
    }

    fn pool_pass<T: Element, S: Sum<T>>(
        &self,
        source: usize,
        slide: &Slide,
        weight: f32,
        (block, target): (&Block, &mut [S]),
    ) -> Result<()> {
        let source = self.workspace.maps.view::<T>(self.program.place(source), block.steps);
        self.program.level.run(PoolPass { slide: *slide, weight, source, target, poll: self.poll })
    }

    fn max_pool(&mut self, stage: &Stage, slide: &Slide, block: &Block, target: &mut Buffer) -> Result<()> {
        let place = self.program.place(stage.sources[0]);
        let workspace = &mut *self.workspace;
        match (target, &mut workspace.memory[stage.op]) {
            (Buffer::Count(target), Memory::Counts(before)) => {
                let source = workspace.maps.view(place, block.steps);
                self.program.level.run(RisePass { slide: *slide, source, before, target, poll: self.poll })
            }
            (Buffer::Real(target), _) => {
                let source = workspace.maps.view(place, block.steps);
                self.program.level.run(MaximumPass { slide: *slide, source, target });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn round(&self, stage: &Stage, unit: &[f64], target: &mut Buffer) -> Result<()> {
        let op = &self.program.ops[stage.op];
        let source = self.workspace.maps.view::<f32>(self.program.place(stage.sources[0]), 1);
        let target = &mut i32::of_mut(target)[..op.spec.shape.size()];
        if self.program.level.run(RoundPass { source, unit, target }) {
            return Ok(());
        }
        let what = format!("an analogue current exceeds {CURRENT_LIMIT} integer units");
        Err(Error::new(Fault::Range, format!("node '{}': {what}", op.node)))
    }

    fn output(&mut self, stage: &Stage, block: &Block) {
        let Work::Output { readout, unit } = &stage.work else { return };
        let workspace = &mut *self.workspace;
        let source = stage.sources[0];
        let mut pass = OutputPass {
            level: self.program.level,
            readout: *readout,
            unit: unit.as_deref(),
            shape: self.program.ops[stage.op].spec.shape,
            first: self.request.start + block.first as u64,
            segments: &block.segments,
            scores: &mut workspace.scores,
        };
        let (maps, place) = (&workspace.maps, self.program.place(source));
        let memory = &mut workspace.memory[stage.op];
        match self.program.ops[source].spec.kind {
            Kind::Real => pass.run_real(maps.view(place, block.steps), memory),
            Kind::Count => {
                let largest = self.program.ops[source].spec.max_count;
                pass.run_count(maps.view(place, block.steps), largest, memory);
            }
            Kind::Current => pass.run_current(maps.view(place, block.steps), memory),
        }
    }
}
