//! Carry out a projection's recipe, row by row.

use crate::error::Result;

use super::draw::{CONNECT, Gaps, WEIGH, Words};
use super::plan::{Projection, Recipe};

/// Makes the rows of a projection, in any order.
pub(super) struct Rows<'a> {
    plan: &'a Projection,
    targets: usize,
    gaps: Option<(Gaps, u64)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(plan: &'a Projection, targets: usize) -> Self {
        let gaps = match &plan.recipe {
            Recipe::Probability { gaps, seed } => Some((Gaps::new(gaps.clone()), *seed)),
            _ => None,
        };
        Self { plan, targets, gaps }
    }

    /// Whether a source may be connected with the target of its number.
    fn loops(&self) -> bool {
        self.plan.pre != self.plan.post
    }

    /// Put the targets of a source, ascending, in the place of what `to` has.
    pub(super) fn targets(&self, source: usize, to: &mut Vec<u32>) -> Result<()> {
        to.clear();
        let all = 0..self.targets as u32;
        match &self.plan.recipe {
            Recipe::Given { row, to: given, .. } => {
                to.extend_from_slice(&given[row[source] as usize..row[source + 1] as usize]);
                return Ok(());
            }
            Recipe::One => to.push(source as u32),
            Recipe::All => to.extend(all.filter(|&j| self.loops() || j as usize != source)),
            Recipe::Probability { .. } => self.draw(source, to)?,
        }
        Ok(())
    }

    fn draw(&self, source: usize, to: &mut Vec<u32>) -> Result<()> {
        let Some((gaps, seed)) = self.gaps.as_ref().filter(|(gaps, _)| !gaps.never()) else { return Ok(()) };
        let mut words = Words::new(*seed, [source as u32, CONNECT, 0]);
        let mut at = gaps.next(&mut words)?;
        while at < self.targets as u64 {
            if self.loops() || at != source as u64 {
                to.push(at as u32);
            }
            at += 1 + gaps.next(&mut words)?;
        }
        Ok(())
    }

    /// Put the first weights of a source's `count` synapses in the place of what `weights` has.
    pub(super) fn weights(&self, source: usize, count: usize, weights: &mut Vec<f32>) {
        weights.clear();
        let plan = self.plan;
        if let Recipe::Given { row, weights: given, .. } = &plan.recipe
            && !given.is_empty()
        {
            weights.extend_from_slice(&given[row[source] as usize..row[source + 1] as usize]);
        } else if plan.span == 0.0 {
            weights.resize(count, plan.low);
        } else {
            let mut words = Words::new(plan.weight_seed, [source as u32, WEIGH, 0]);
            weights.extend((0..count).map(|_| {
                let unit = (words.word() >> 8) as f32 * (1.0 / 16_777_216.0);
                (plan.low + plan.span * unit).min(plan.high)
            }));
        }
    }
}
