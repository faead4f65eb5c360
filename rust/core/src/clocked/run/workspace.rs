//! The memory of one worker: made once, used for sample after sample.

use std::mem;

use crate::clocked::block::Segment;
use crate::clocked::layer::pass::Layer;
use crate::clocked::maps::buffers::{Maps, grow, zeros};
use crate::clocked::observe::seen::{Observed, Wish};
use crate::clocked::profile::Profile;
use crate::clocked::program::compiled::Compiled;
use crate::clocked::program::stage::{Stage, Work};
use crate::clocked::request::{COUNT_FIELDS, Request};
use crate::clocked::run::state::Memory;
use crate::clocked::run::tally::Tally;
use crate::clocked::synapses::choice::{Used, dots_in_tiles};
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::dense::DenseRun;
use crate::clocked::synapses::dense::padded::Padded;
use crate::clocked::synapses::dense::patterns::Patterns;
use crate::clocked::synapses::dense::planes::Planes;
use crate::clocked::synapses::dense::words::Words;
use crate::clocked::synapses::events::ActiveList;
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::rows::RowList;
use crate::error::Result;
use crate::plan::{Body, Dynamics, Kind, Op};
use crate::simd::Level;

/// Maps, states, lists and counts of one worker.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) maps: Maps,
    pub(crate) memory: Vec<Memory>,
    /// The potentials of int32 of the layer that runs, where no layer needs its own any more when the next one runs.
    shared: Option<Memory>,
    pub(crate) list: ActiveList,
    /// Of each band of a layer.
    pub(crate) gathered: Vec<RowList>,
    pub(crate) words: Words,
    pub(crate) planes: Planes,
    pub(crate) patterns: Patterns,
    pub(crate) padded: Padded<u32>,
    pub(crate) reals: Padded<f32>,
    /// Events of each neuron of a map since the run's first step, where they are counted.
    pub(crate) totals: Vec<Vec<u32>>,
    pub(crate) observed: Vec<Option<Observed>>,
    /// `(reads, operations, COUNT_FIELDS)`, summed over the worker's samples.
    pub(crate) counts: Vec<i64>,
    /// `(reads, operations)` of one sample: `Outputs::by_sample`.
    pub(crate) of_sample: Vec<i64>,
    pub(crate) tally: Tally,
    pub(crate) profile: Profile,
    /// What ran each operation.
    pub(crate) used: Vec<Used>,
    /// `(reads, K)` of one sample.
    pub(crate) scores: Vec<f32>,
    /// Room for the reads of a block.
    pub(crate) segments: Vec<Segment>,
    /// The stage that computes each operation's map, if one does.
    stage_of: Vec<Option<usize>>,
}

impl Workspace {
    pub(crate) fn new(program: &Compiled) -> Self {
        let ops = program.ops.len();
        let mut stage_of = vec![None; ops];
        for (number, stage) in program.stages.iter().enumerate() {
            stage_of[stage.op] = Some(number);
        }
        Self {
            maps: Maps::new(program.layout.slots.iter().map(|slot| slot.kind)),
            memory: Vec::new(),
            shared: None,
            list: ActiveList::default(),
            gathered: vec![RowList::default()],
            words: Words::default(),
            planes: Planes::default(),
            patterns: Patterns::default(),
            padded: Padded::default(),
            reals: Padded::default(),
            totals: vec![Vec::new(); ops],
            observed: Vec::new(),
            counts: Vec::new(),
            of_sample: Vec::new(),
            tally: Tally::default(),
            profile: Profile::default(),
            used: Vec::new(),
            scores: Vec::new(),
            segments: Vec::with_capacity(2),
            stage_of,
        }
    }

    /// Make room for maps of a block of steps.
    pub(crate) fn widen(&mut self, program: &Compiled, block: usize) -> Result<()> {
        for (number, slot) in program.layout.slots.iter().enumerate() {
            self.maps.grow(number, slot.values(block))?;
        }
        Ok(())
    }

    /// Make room for blocks of some steps, so that none of them takes any more memory: for any input.
    pub(crate) fn make_room(&mut self, program: &Compiled, block: usize) -> Result<()> {
        self.widen(program, block)?;
        for stage in &program.stages {
            match &stage.work {
                Work::RealLayer(Layer { synapses: Some(synapses), .. }) => {
                    self.make_room_for(program.level, synapses, block)?;
                }
                Work::CurrentLayer(Layer { synapses: Some(synapses), .. }) => {
                    self.make_room_for(program.level, synapses, block)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn make_room_for<A: Synaptic>(&mut self, level: Level, synapses: &Synapses<A>, block: usize) -> Result<()> {
        let Geometry { source, input, window, .. } = synapses.geometry;
        synapses.make_room(block, &mut self.list, &mut self.gathered[0])?;
        let Some(dense) = &synapses.dense else { return Ok(()) };
        if !A::INTEGER {
            return self.reals.begin(source, input, window.pads);
        }
        self.padded.begin(source, input, window.pads)?;
        if synapses.looks_up(level, block) {
            self.patterns.begin(source, input, window.pads, block)?;
            self.gathered[0].windows.found.make_room(&synapses.geometry, synapses.bias.len(), block);
        }
        if dots_in_tiles(level, block) {
            dense.make_tiles(&synapses.geometry, &mut self.gathered[0].windows);
            return self.planes.begin(&synapses.geometry, block).map(|_| ());
        }
        self.words.begin(source, input, block)
    }

    /// Forget what of a block's maps was listed or packed.
    pub(crate) fn forget_steps(&mut self) {
        self.list.source = None;
        self.words.source = None;
        self.planes.forget();
        self.patterns.source = None;
        self.padded.source = None;
    }

    /// The same, and what of a sample's static maps was.
    pub(crate) fn forget_inputs(&mut self) {
        self.forget_steps();
        self.reals.source = None;
    }

    /// Have int32 potentials of one layer at a time, or those of all.
    pub(crate) fn share_potentials(&mut self, shared: bool) {
        if self.shared.is_some() != shared {
            self.memory.clear();
            self.shared = shared.then(Memory::default);
        }
    }

    /// Give a layer the potentials that layers share, if they do, from a fresh start.
    pub(crate) fn lend(&mut self, program: &Compiled, stage: &Stage) -> Result<()> {
        let op = &program.ops[stage.op];
        let Some(shared) = self.shared.as_mut().filter(|_| is_integer_neuron(op)) else { return Ok(()) };
        shared.fit(&program.ops, op)?;
        mem::swap(shared, &mut self.memory[stage.op]);
        self.memory[stage.op].start(op, Some(stage))
    }

    /// Take them back.
    pub(crate) fn take_back(&mut self, program: &Compiled, op: usize) {
        if let Some(shared) = self.shared.as_mut().filter(|_| is_integer_neuron(&program.ops[op])) {
            mem::swap(shared, &mut self.memory[op]);
        }
    }

    /// Make room for a run.
    pub(crate) fn prepare(&mut self, program: &Compiled, request: &Request<'_>, block: usize) -> Result<()> {
        self.profile.begin(request.profile, program.ops.len());
        self.widen(program, block)?;
        if self.memory.is_empty() {
            let shared = |op: &Op| self.shared.is_some() && is_integer_neuron(op);
            let memory = |op| if shared(op) { Ok(Memory::Nothing) } else { Memory::new(&program.ops, op) };
            self.memory = program.ops.iter().map(memory).collect::<Result<_>>()?;
        }
        for (op, totals) in self.totals.iter_mut().enumerate() {
            if counts_events(program, request, op) {
                grow(totals, program.ops[op].spec.shape.size())?;
            }
        }
        self.observed =
            (0..program.ops.len()).map(|op| observed(program, request, op, block)).collect::<Result<_>>()?;
        let outputs = program.ops.last().map_or(0, |op| op.spec.shape.size());
        self.counts = zeros(request.read_at.len().saturating_mul(program.ops.len() * COUNT_FIELDS))?;
        let counted = if request.count { program.ops.len() } else { 0 };
        self.of_sample = zeros(request.read_at.len().saturating_mul(counted))?;
        self.tally.prepare(program, request)?;
        self.used = vec![Used::default(); program.ops.len()];
        self.scores = zeros(request.read_at.len().saturating_mul(outputs))?;
        Ok(())
    }

    /// Start a sample.
    pub(crate) fn begin(&mut self, program: &Compiled, request: &Request<'_>, sample: usize) -> Result<()> {
        for (number, memory) in self.memory.iter_mut().enumerate() {
            let op = &program.ops[number];
            let state = request.state.as_ref().and_then(|state| state.iter().find(|(of, _)| *of == number));
            match state {
                Some((_, view)) => memory.load(&program.ops, op, view, sample)?,
                None => memory.start(op, self.stage_of[number].map(|stage| &program.stages[stage]))?,
            }
        }
        self.totals.iter_mut().for_each(|totals| totals.fill(0));
        self.of_sample.fill(0);
        self.observed.iter_mut().flatten().for_each(Observed::reset);
        self.forget_inputs();
        Ok(())
    }
}

fn is_integer_neuron(op: &Op) -> bool {
    matches!(&op.body, Body::Neuron(neuron) if matches!(neuron.dynamics, Dynamics::Integer(_)))
}

/// Whether each neuron's events are totalled in this run.
pub(crate) fn counts_events(program: &Compiled, request: &Request<'_>, op: usize) -> bool {
    let meter = &program.meters[op];
    (request.count && !meter.readers.is_empty()) || (meter.is_neuron && meter.fires && (request.count || request.probe))
}

fn observed(program: &Compiled, request: &Request<'_>, number: usize, block: usize) -> Result<Option<Observed>> {
    let op = &program.ops[number];
    let wish = Wish { probe: request.probe, record: request.record_potentials.contains(&number) };
    let Body::Neuron(neuron) = &op.body else { return Ok(None) };
    if !wish.probe && !wish.record {
        return Ok(None);
    }
    let kind = if matches!(neuron.dynamics, Dynamics::Real(_)) { Kind::Real } else { Kind::Current };
    Observed::new(op.spec.shape, kind, wish, block).map(Some)
}
