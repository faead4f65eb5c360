//! A plastic network that runs.

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::simd::Level;
use crate::threads::with_team;

use super::block::Span;
use super::cells::Time;
use super::lazy::flush;
use super::plan::{Make, Plan};
use super::source::Source;
use super::tile::{Shared, Tile};
use super::wire::Wire;

/// How an engine is built; no result depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// Post events wait for the next arrival.
    pub lazy: bool,
    /// Targets in a tile, 65,536 at most.
    pub tile: usize,
    /// The SIMD level.
    pub level: Level,
}

/// Steps to run without a stop.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// How many.
    pub steps: usize,
    /// Weights and thresholds change.
    pub learn: bool,
    /// Populations whose spikes to keep.
    pub record: Vec<usize>,
    /// By population, what replaces the thresholds of Poisson sources with a rate each.
    pub thresholds: Vec<(usize, Vec<u64>)>,
}

/// Counts of a part: spikes by population; deliveries, pre and post updates by projection.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Step and neuron, by population in the order of `Part::record`.
    pub spikes: Vec<Vec<(i64, u32)>>,
    /// By population.
    pub counts: Vec<u64>,
    /// By projection.
    pub updates: Vec<[u64; 3]>,
}

/// A plan with its state.
#[derive(Debug)]
pub struct Engine {
    pub(super) plan: Plan,
    pub(super) shared: Shared,
    pub(super) tiles: Vec<Mutex<Tile>>,
    pub(super) sources: Vec<Source>,
    pub(super) step: i64,
    pub(super) learned: i64,
    fired: Vec<Vec<u32>>,
}

/// The most steps of a network's life: they are 32-bit numbers in kernels, with room for refractory times.
const MOST_STEPS: i64 = i32::MAX as i64 - (1 << 24);
/// How often a run looks whether to go on.
const LOOK: usize = 64;

impl Engine {
    /// Make a checked plan ready, at its start.
    ///
    /// # Errors
    ///
    /// The plan is wrong, the lazy store cannot do what it asks for, or memory does not suffice.
    pub fn new(plan: Plan, build: Build) -> Result<Self> {
        plan.check()?;
        for one in plan.projections.iter().filter(|_| build.lazy) {
            if one.kernel.as_ref().is_some_and(|kernel| kernel.c.is_some() || kernel.post.offset != 0.0) {
                let why = "its rule changes synapses whatever the arrivals (eligibility, or an offset at post events)";
                return Err(Error::plan(format!(
                    "{}: the lazy store cannot do it: {why}; expected store='eager'",
                    one.name
                )));
            }
        }
        let tile = build.tile.clamp(1, 1 << 16);
        let mut tiles = Vec::new();
        for (k, population) in plan.populations.iter().enumerate() {
            let needed = matches!(population.make, Make::Cells(_)) || plan.projections.iter().any(|one| one.post == k);
            for first in (0..population.size).step_by(tile).filter(|_| needed) {
                let span = Span { first, size: tile.min(population.size - first) };
                tiles.push(Mutex::new(Tile::new(&plan, k, span, build.lazy)?));
            }
        }
        let wires =
            plan.projections.iter().map(|one| Wire::new(one, plan.populations[one.pre].size, build.lazy)).collect();
        let shared = Shared {
            populations: plan.populations.clone(),
            wires,
            emitted: vec![Vec::new(); plan.populations.len()],
            time: Time { step: 0, learned: 0, learn: true },
            level: build.level,
        };
        let sources = plan.populations.iter().map(|one| Source::new(one, plan.seed)).collect::<Result<_>>()?;
        let fired = vec![Vec::new(); plan.populations.len()];
        Ok(Self { plan, shared, tiles, sources, step: 0, learned: 0, fired })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The step that comes next, and how many were run with learning.
    #[must_use]
    pub fn clock(&self) -> [i64; 2] {
        [self.step, self.learned]
    }

    /// Run some steps. `tick` is called about ten times a second with the steps done, and says whether to go on.
    ///
    /// # Errors
    ///
    /// `tick` said stop (the state is that behind the last whole step), or the part does not fit the plan.
    pub fn run(&mut self, part: &Part, threads: usize, tick: &mut dyn FnMut(usize) -> bool) -> Result<Record> {
        if part.steps as i64 > MOST_STEPS - self.step {
            return Err(Error::data(format!(
                "expected at most {MOST_STEPS} steps in all, got {} and {} more",
                self.step, part.steps
            )));
        }
        for (k, thresholds) in &part.thresholds {
            let fits = self
                .plan
                .populations
                .get(*k)
                .is_some_and(|one| matches!(one.make, Make::Each(_)) && one.size == thresholds.len());
            if !fits {
                return Err(Error::data(format!(
                    "population {k}: expected a rate for each of its Poisson sources, got {}",
                    thresholds.len()
                )));
            }
        }
        let mut record = Record { spikes: vec![Vec::new(); part.record.len()], ..Record::default() };
        self.reset_counts();
        with_team(threads.min(self.tiles.len()), tick, |team| {
            for done in 0..part.steps {
                if done % LOOK == 0 {
                    team.watch().check()?;
                }
                self.begin(part)?;
                let (shared, tiles) = (&self.shared, &mut self.tiles);
                if team.threads() == 1 {
                    for tile in tiles {
                        tile.get_mut().unwrap_or_else(PoisonError::into_inner).step(shared);
                    }
                } else {
                    let tiles = &*tiles;
                    team.each(tiles.len(), |k, _| {
                        tiles[k].lock().unwrap_or_else(PoisonError::into_inner).step(shared);
                        Ok(())
                    })?;
                }
                self.end(part, &mut record);
                team.watch().done();
            }
            Ok(())
        })?;
        record.counts = self.sources.iter().map(|source| source.spikes).collect();
        record.updates = vec![[0; 3]; self.plan.projections.len()];
        for block in self.tiles().flat_map(|tile| tile.blocks.iter()) {
            record.updates[block.wire].iter_mut().zip(block.counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(record)
    }

    /// What is done before tiles go through a step.
    fn begin(&mut self, part: &Part) -> Result<()> {
        let step = self.step as i32;
        self.shared.time = Time { step, learned: self.learned as i32, learn: part.learn };
        for (k, population) in self.plan.populations.iter().enumerate() {
            let given =
                part.thresholds.iter().find(|(which, _)| *which == k).map(|(_, thresholds)| thresholds.as_slice());
            self.sources[k].emit(population, self.plan.seed, self.step, given, &mut self.shared.emitted[k])?;
        }
        for wire in &mut self.shared.wires {
            let (pre, delay) = (wire.plan.pre, wire.plan.delay);
            let arrived = if delay == 0 { &self.shared.emitted[pre] } else { self.sources[pre].before(delay) };
            wire.arrivals.clear();
            wire.arrivals.extend_from_slice(arrived);
            wire.begin(step, part.learn);
        }
        Ok(())
    }

    /// What is done once they all have been through it.
    fn end(&mut self, part: &Part, record: &mut Record) {
        for (fired, emitted) in self.fired.iter_mut().zip(&self.shared.emitted) {
            fired.clear();
            fired.extend_from_slice(emitted);
        }
        for tile in &mut self.tiles {
            let tile = tile.get_mut().unwrap_or_else(PoisonError::into_inner);
            if tile.cells.is_some() {
                self.fired[tile.population].extend(tile.fired.iter().map(|&j| j + tile.span.first as u32));
            }
        }
        self.shared.wires.iter_mut().for_each(Wire::end);
        for (source, fired) in self.sources.iter_mut().zip(&self.fired) {
            source.push(fired);
        }
        for (kept, &k) in record.spikes.iter_mut().zip(&part.record) {
            kept.extend(self.fired[k].iter().map(|&neuron| (self.step, neuron)));
        }
        self.step += 1;
        self.learned += i64::from(part.learn);
    }

    /// Have every weight up to date.
    pub(super) fn flush(&mut self) {
        let next = self.step as i32;
        for tile in &mut self.tiles {
            let tile = tile.get_mut().unwrap_or_else(PoisonError::into_inner);
            for block in &mut tile.blocks {
                flush(block, &self.shared.wires[block.wire], self.shared.level);
            }
        }
        self.shared.wires.iter_mut().for_each(|wire| wire.applied(next));
    }

    /// The tiles, in order.
    pub(super) fn tiles(&mut self) -> impl Iterator<Item = &mut Tile> {
        self.tiles.iter_mut().map(|tile| tile.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    fn reset_counts(&mut self) {
        self.sources.iter_mut().for_each(|source| source.spikes = 0);
        self.tiles().flat_map(|tile| tile.blocks.iter_mut()).for_each(|block| block.counts = [0; 3]);
    }
}
