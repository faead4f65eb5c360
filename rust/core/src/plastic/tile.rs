//! A range of the neurons of a population with all synapses onto it: it does its part of a step alone, so tiles are what threads share out.

use crate::error::Result;
use crate::simd::Level;

use super::block::{Block, Span};
use super::cells::{CellState, Inputs, Time};
use super::eager;
use super::plan::{Make, Plan, Population};
use super::trace::{renew, rise};
use super::wire::Wire;

/// What all tiles read in a step.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) populations: Vec<Population>,
    pub(super) wires: Vec<Wire>,
    /// Spikes of this step of sources, by population.
    pub(super) emitted: Vec<Vec<u32>>,
    pub(super) time: Time,
    pub(super) level: Level,
}

/// Some neurons of a population.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) population: usize,
    pub(super) span: Span,
    pub(super) cells: Option<CellState>,
    inputs: Inputs,
    pub(super) blocks: Vec<Block>,
    /// Those that spike in this step, counted from the first one.
    pub(super) fired: Vec<u32>,
    /// The same with what each multiplies the traces of a projection's sources with.
    scaled: Vec<(u32, f32)>,
}

impl Tile {
    pub(super) fn new(plan: &Plan, population: usize, span: Span, lazy: bool) -> Result<Self> {
        let make = |(k, one): (usize, &super::plan::Projection)| {
            let sizes = [plan.populations[one.pre].size, plan.populations[one.post].size];
            Block::new(k, one, sizes, span, lazy)
        };
        let onto = plan.projections.iter().enumerate().filter(|(_, one)| one.post == population);
        let cells = match &plan.populations[population].make {
            Make::Cells(cells) => Some(CellState::new(cells, span.size)),
            _ => None,
        };
        Ok(Self {
            population,
            span,
            cells,
            inputs: Inputs::new(span.size, plan.projections.iter().any(|one| one.post == population && one.inhibitory)),
            blocks: onto.map(make).collect::<Result<_>>()?,
            fired: Vec::new(),
            scaled: Vec::new(),
        })
    }

    /// Arrivals, cells, post events.
    pub(super) fn step(&mut self, shared: &Shared) {
        for block in &mut self.blocks {
            let wire = &shared.wires[block.wire];
            if let Some(kernel) = &wire.plan.kernel {
                renew(&mut block.y, &kernel.y, wire.now.step);
                if let Some(table) = &kernel.y2 {
                    renew(&mut block.y2, table, wire.now.step);
                }
                if let Some(table) = &kernel.c {
                    renew(&mut block.c, table, wire.now.step);
                }
            }
            let visited: u64 = wire.arrivals.iter().map(|&i| block.at(i).len() as u64).sum();
            block.counts[0] += visited;
            if wire.plan.kernel.is_some() && wire.now.learn {
                block.counts[1] += visited;
            }
            let sums = if wire.plan.inhibitory { &mut self.inputs.inhibitory } else { &mut self.inputs.excitatory };
            eager::rows(block, wire, sums, shared.level);
        }
        self.fire(shared);
        for block in &mut self.blocks {
            post_events(block, &shared.wires[block.wire], &self.fired, &mut self.scaled, shared.level);
        }
    }

    fn fire(&mut self, shared: &Shared) {
        self.fired.clear();
        if let (Some(cells), Make::Cells(plan)) = (&mut self.cells, &shared.populations[self.population].make) {
            cells.step(plan, &mut self.inputs, shared.time, shared.level, &mut self.fired);
            return;
        }
        let all = &shared.emitted[self.population];
        let below = |end: usize| all.partition_point(|&j| (j as usize) < end);
        let here = below(self.span.first)..below(self.span.first + self.span.size);
        self.fired.extend(all[here].iter().map(|&j| j - self.span.first as u32));
    }
}

fn post_events(block: &mut Block, wire: &Wire, fired: &[u32], scaled: &mut Vec<(u32, f32)>, level: Level) {
    let Some(kernel) = wire.plan.kernel.as_ref().filter(|_| !fired.is_empty()) else { return };
    let now = &wire.now;
    scaled.clear();
    scaled.extend(fired.iter().map(|&j| {
        let own = block.y2.get(j as usize).map_or(0.0, |z| now.down_y2 * z);
        (j, wire.post_scale(&kernel.post, own))
    }));
    if now.learn {
        block.counts[2] += fired.iter().map(|&j| u64::from(block.fan_in[j as usize])).sum::<u64>();
    }
    if let Some(log) = &mut block.log {
        if now.learn || kernel.restricted {
            for &(j, scale) in scaled.iter() {
                log.push(j as usize, now.step, if now.learn { scale } else { 0.0 });
            }
        }
    } else if now.learn {
        eager::columns(block, wire, scaled, level);
    }
    for &j in fired {
        let j = j as usize;
        rise(&mut block.y[j], now.up_y, kernel.nearest[1]);
        if let Some(z) = block.y2.get_mut(j) {
            rise(z, now.up_y2, kernel.nearest[3]);
        }
        if let Some(last) = block.last.get_mut(j) {
            *last = now.step;
        }
    }
}
