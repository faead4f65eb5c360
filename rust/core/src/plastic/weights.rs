//! Weights and traces between runs: read, replaced, changed by a reward.

use crate::error::{Error, Result};

use super::engine::Engine;
use super::plan::Table;

impl Engine {
    /// A projection's weights, by source and target, up to date.
    #[must_use]
    pub fn weights(&mut self, projection: usize) -> Vec<f32> {
        self.flush();
        self.in_rows(projection, |block| &mut block.w)
    }

    /// Replace a projection's weights.
    ///
    /// # Errors
    ///
    /// Their number is another, or one lies outside the bounds.
    pub fn set_weights(&mut self, projection: usize, weights: &[f32]) -> Result<()> {
        self.flush();
        let plan = &self.plan.projections[projection];
        let top = plan.kernel.as_ref().map_or(f32::MAX, |kernel| kernel.w_max);
        if let Some(odd) = weights.iter().find(|w| !(0.0..=top).contains(*w)) {
            return Err(Error::data(format!("{}: expected weights in 0..{top}, got {odd}", plan.name)));
        }
        let synapses: usize = self
            .tiles()
            .flat_map(|tile| &tile.blocks)
            .filter(|block| block.wire == projection)
            .map(|block| block.w.len())
            .sum();
        if weights.len() != synapses {
            let name = &self.plan.projections[projection].name;
            return Err(Error::data(format!("{name}: expected {synapses} weights, got {}", weights.len())));
        }
        self.put_in_rows(projection, weights, |block| &mut block.w);
        Ok(())
    }

    /// Where rows begin, and the target of each synapse.
    #[must_use]
    pub fn connectivity(&mut self, projection: usize) -> (Vec<i64>, Vec<i64>) {
        let sources = self.plan.populations[self.plan.projections[projection].pre].size;
        let (mut row, mut to) = (vec![0i64], Vec::new());
        let blocks: Vec<_> = self.tiles().map(|tile| (tile.span.first as i64, &tile.blocks)).collect();
        let blocks: Vec<_> =
            blocks.into_iter().flat_map(|(first, all)| all.iter().map(move |block| (first, block))).collect();
        for source in 0..sources as u32 {
            for (first, block) in blocks.iter().filter(|(_, block)| block.wire == projection) {
                to.extend(block.to[block.at(source)].iter().map(|&j| first + i64::from(j)));
            }
            row.push(to.len() as i64);
        }
        (row, to)
    }

    /// Add `eta amount c` to every weight, as of the last step run.
    ///
    /// # Errors
    ///
    /// The rule has no eligibility.
    pub fn reward(&mut self, projection: usize, amount: f32) -> Result<()> {
        let plan = &self.plan.projections[projection];
        let Some((kernel, table)) = plan.kernel.as_ref().and_then(|kernel| Some((kernel, kernel.c.as_ref()?))) else {
            return Err(Error::plan(format!(
                "{}: a reward needs a rule with eligibility, such as RewardSTDP",
                plan.name
            )));
        };
        let (scale, w_max) = (kernel.eta * amount * table.down(self.latest()), kernel.w_max);
        for block in self.tiles().flat_map(|tile| tile.blocks.iter_mut()).filter(|block| block.wire == projection) {
            for (w, c) in block.w.iter_mut().zip(&block.c) {
                *w = (*w + scale * c).max(0.0).min(w_max);
            }
        }
        Ok(())
    }

    /// The values of a trace behind the last step run: "x", "x2", "y", "y2" or "eligibility".
    ///
    /// # Errors
    ///
    /// The rule has none of this name.
    pub fn trace(&mut self, projection: usize, name: &str) -> Result<Vec<f32>> {
        let step = self.latest();
        let plan = &self.plan.projections[projection];
        let tables: Vec<(&str, &Table)> = plan
            .kernel
            .iter()
            .flat_map(|kernel| {
                let optional =
                    [("x2", kernel.x2.as_ref()), ("y2", kernel.y2.as_ref()), ("eligibility", kernel.c.as_ref())];
                let there = optional.into_iter().filter_map(|(name, table)| Some((name, table?)));
                [("x", &kernel.x), ("y", &kernel.y)].into_iter().chain(there)
            })
            .collect();
        let Some(&(_, table)) = tables.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = tables.iter().map(|(known, _)| *known).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::data(format!("{}: trace: expected one of {known}, got '{name}'", plan.name)));
        };
        let down = table.down(step);
        let z = match name {
            "x" => self.shared.wires[projection].x.clone(),
            "x2" => self.shared.wires[projection].x2.clone(),
            "eligibility" => self.in_rows(projection, |block| &mut block.c),
            _ => {
                let blocks = self.tiles().flat_map(|tile| tile.blocks.iter()).filter(|block| block.wire == projection);
                blocks.flat_map(|block| if name == "y" { &block.y } else { &block.y2 }).copied().collect()
            }
        };
        Ok(z.into_iter().map(|z| down * z).collect())
    }

    fn latest(&self) -> i32 {
        (self.clock()[0] - 1).max(0) as i32
    }
}
