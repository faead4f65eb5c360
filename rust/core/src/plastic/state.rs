//! The state of an engine as named arrays, the same for every store and tiling.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

use super::block::Block;
use super::engine::Engine;

/// An array of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// One value each.
    Float(Vec<f32>),
    /// One whole number each.
    Whole(Vec<i64>),
    /// Step and neuron each.
    Spikes(Vec<(i64, u32)>),
}

/// Arrays by name.
pub type Arrays = BTreeMap<String, Array>;

type Traces = fn(&mut Block) -> &mut Vec<f32>;
const TARGET_FIELDS: [(&str, Traces); 2] = [("y", |block| &mut block.y), ("y2", |block| &mut block.y2)];

impl Engine {
    /// The whole state; weights are up to date.
    #[must_use]
    pub fn save(&mut self) -> Arrays {
        self.flush();
        let mut out = Arrays::new();
        for (population, source) in self.plan.populations.iter().zip(&self.sources) {
            out.insert(format!("{}.recent", population.name), Array::Spikes(source.recent(self.step)));
            if let Some(draws) = source.draws() {
                out.insert(format!("{}.draws", population.name), Array::Whole(draws.to_vec()));
            }
        }
        let names: Vec<String> = self.plan.populations.iter().map(|one| one.name.clone()).collect();
        for tile in self.tiles() {
            let name = &names[tile.population];
            let Some(cells) = &mut tile.cells else { continue };
            for (field, values) in cells.fields() {
                append(&mut out, name, field, values);
            }
            append_whole(&mut out, name, "until", cells.until());
        }
        for k in 0..self.plan.projections.len() {
            self.save_projection(k, &mut out);
        }
        out
    }

    fn save_projection(&mut self, k: usize, out: &mut Arrays) {
        let name = self.plan.projections[k].name.clone();
        let marks = self.in_rows(k, |block| &mut block.c);
        append(out, &name, "eligibility", &marks);
        let weights = self.in_rows(k, |block| &mut block.w);
        out.insert(format!("{name}.weights"), Array::Float(weights));
        let wire = &self.shared.wires[k];
        append(out, &name, "x", &wire.x);
        append(out, &name, "x2", &wire.x2);
        append_whole(out, &name, "last_pre", &wire.last);
        for block in self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == k) {
            for (field, values) in TARGET_FIELDS {
                append(out, &name, field, values(block));
            }
            append_whole(out, &name, "last_post", &block.last);
        }
    }

    /// Go on from a state.
    ///
    /// # Errors
    ///
    /// It is that of another network; the message names the array. The engine is then to be loaded again.
    pub fn load(&mut self, clock: [i64; 2], mut arrays: Arrays) -> Result<()> {
        if !(0..=i64::from(i32::MAX)).contains(&clock[0]) || !(0..=clock[0]).contains(&clock[1]) {
            return Err(Error::data(format!(
                "state: expected steps from 0 on, got {} and {} of learning",
                clock[0], clock[1]
            )));
        }
        let expected = self.save();
        [self.step, self.learned] = clock;
        for (name, array) in &expected {
            check(name, array, arrays.get(name))?;
        }
        if let Some(name) = arrays.keys().find(|name| !expected.contains_key(*name)) {
            return Err(Error::data(format!("state: expected the arrays of this network, got {name}")));
        }
        drop(expected);
        for k in 0..self.plan.populations.len() {
            self.load_population(k, &mut arrays)?;
        }
        for k in 0..self.plan.projections.len() {
            self.load_projection(k, &mut arrays);
        }
        let next = self.step as i32;
        self.shared.wires.iter_mut().for_each(|wire| wire.applied(next));
        Ok(())
    }

    fn load_population(&mut self, k: usize, arrays: &mut Arrays) -> Result<()> {
        let plan = self.plan.populations[k].clone();
        if let Some(Array::Spikes(spikes)) = arrays.remove(&format!("{}.recent", plan.name)) {
            let here = self.step - plan.keep as i64..self.step;
            if spikes.iter().any(|(step, neuron)| !here.contains(step) || *neuron as usize >= plan.size) {
                return Err(Error::data(format!(
                    "state: {}.recent: expected spikes of steps {here:?} and neurons below {}",
                    plan.name, plan.size
                )));
            }
            self.sources[k].set_recent(self.step, &spikes);
        }
        if let Some(Array::Whole(draws)) = arrays.remove(&format!("{}.draws", plan.name)) {
            let draws = [draws[0], draws[1]];
            if draws[0] < 0 || draws[1] < 0 {
                return Err(Error::data(format!(
                    "state: {}.draws: expected numbers from 0 on, got {draws:?}",
                    plan.name
                )));
            }
            self.sources[k].set_draws(&plan, self.plan.seed, draws);
        }
        let mut at = 0;
        for cells in self.tiles().filter(|tile| tile.population == k).filter_map(|tile| tile.cells.as_mut()) {
            for (field, values) in cells.fields() {
                if let Some(Array::Float(given)) = arrays.get(&format!("{}.{field}", plan.name)) {
                    values.copy_from_slice(&given[at..at + values.len()]);
                }
            }
            at += cells.until().len();
        }
        let Some(Array::Whole(until)) = arrays.remove(&format!("{}.until", plan.name)) else { return Ok(()) };
        let (until, mut at) = (narrow(&until), 0);
        for cells in self.tiles().filter(|tile| tile.population == k).filter_map(|tile| tile.cells.as_mut()) {
            take(cells.until(), &until, &mut at);
        }
        Ok(())
    }

    fn load_projection(&mut self, k: usize, arrays: &mut Arrays) {
        let name = self.plan.projections[k].name.clone();
        let mut floats = |field: &str| match arrays.remove(&format!("{name}.{field}")) {
            Some(Array::Float(values)) => values,
            _ => Vec::new(),
        };
        self.put_in_rows(k, &floats("weights"), |block| &mut block.w);
        self.put_in_rows(k, &floats("eligibility"), |block| &mut block.c);
        self.shared.wires[k].x = floats("x");
        self.shared.wires[k].x2 = floats("x2");
        for (field, values) in TARGET_FIELDS {
            let (given, mut at) = (floats(field), 0);
            for block in self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == k) {
                take(values(block), &given, &mut at);
            }
        }
        let mut wholes = |field: &str| match arrays.remove(&format!("{name}.{field}")) {
            Some(Array::Whole(values)) => narrow(&values),
            _ => Vec::new(),
        };
        self.shared.wires[k].last = wholes("last_pre");
        self.shared.wires[k].previous.fill(-1);
        let (last, mut at) = (wholes("last_post"), 0);
        for block in self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == k) {
            take(&mut block.last, &last, &mut at);
            if let Some(log) = &mut block.log {
                log.reset(&block.last);
            }
        }
    }

    /// Values of a projection's synapses, by source and target.
    pub(super) fn in_rows(&mut self, k: usize, values: fn(&mut Block) -> &mut Vec<f32>) -> Vec<f32> {
        let mut blocks: Vec<&mut Block> =
            self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == k).collect();
        let count = blocks.iter_mut().map(|block| values(block).len()).sum();
        let mut out = Vec::with_capacity(count);
        let sources = blocks.first().map_or(0, |block| block.row.len() - 1);
        for source in 0..sources as u32 {
            for block in &mut blocks {
                let at = block.at(source);
                out.extend_from_slice(values(block).get(at).unwrap_or(&[]));
            }
        }
        out
    }

    /// Replace values of a projection's synapses.
    pub(super) fn put_in_rows(&mut self, k: usize, given: &[f32], values: fn(&mut Block) -> &mut Vec<f32>) {
        let mut blocks: Vec<&mut Block> =
            self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == k).collect();
        let sources = blocks.first().map_or(0, |block| block.row.len() - 1);
        let mut first = 0;
        for source in 0..sources as u32 {
            for block in &mut blocks {
                let at = block.at(source);
                let Some(here) = values(block).get_mut(at) else { continue };
                here.copy_from_slice(&given[first..first + here.len()]);
                first += here.len();
            }
        }
    }
}

fn append(out: &mut Arrays, name: &str, field: &str, values: &[f32]) {
    if values.is_empty() {
        return;
    }
    if let Array::Float(all) = out.entry(format!("{name}.{field}")).or_insert_with(|| Array::Float(Vec::new())) {
        all.extend_from_slice(values);
    }
}

fn append_whole(out: &mut Arrays, name: &str, field: &str, values: &[i32]) {
    if values.is_empty() {
        return;
    }
    if let Array::Whole(all) = out.entry(format!("{name}.{field}")).or_insert_with(|| Array::Whole(Vec::new())) {
        all.extend(values.iter().map(|&value| i64::from(value)));
    }
}

fn narrow(values: &[i64]) -> Vec<i32> {
    values.iter().map(|&value| value.clamp(-1, i64::from(i32::MAX)) as i32).collect()
}

fn take<T: Copy>(into: &mut [T], given: &[T], at: &mut usize) {
    into.copy_from_slice(&given[*at..*at + into.len()]);
    *at += into.len();
}

fn check(name: &str, expected: &Array, given: Option<&Array>) -> Result<()> {
    let (what, fits) = match (expected, given) {
        (Array::Float(a), Some(Array::Float(b))) => {
            (format!("{} finite float32 values", a.len()), a.len() == b.len() && b.iter().all(|v| v.is_finite()))
        }
        (Array::Whole(a), Some(Array::Whole(b))) => (format!("{} int64 values", a.len()), a.len() == b.len()),
        (Array::Spikes(_), Some(Array::Spikes(_))) => (String::new(), true),
        (Array::Float(a), _) => (format!("{} float32 values", a.len()), false),
        (Array::Whole(a), _) => (format!("{} int64 values", a.len()), false),
        (Array::Spikes(_), _) => ("pairs of step and neuron".to_owned(), false),
    };
    if fits { Ok(()) } else { Err(Error::data(format!("state: {name}: expected {what}"))) }
}
