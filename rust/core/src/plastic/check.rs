//! What a plan must be, for engines to rely on it.

use crate::error::{Error, Result};

use super::plan::{Dependence, Kernel, Make, Plan, Projection, Recipe, Table};

/// The most neurons of a population.
const MOST: usize = i32::MAX as usize;

impl Plan {
    /// Check all that engines rely on.
    ///
    /// # Errors
    ///
    /// Something does not fit; the message names it.
    pub fn check(&self) -> Result<()> {
        for one in &self.populations {
            if one.size == 0 || one.size > MOST {
                return Err(Error::plan(format!("{}: expected 1..{MOST} neurons, got {}", one.name, one.size)));
            }
            match &one.make {
                Make::Gaps(gaps) => check_gaps(gaps, &one.name)?,
                Make::Each(thresholds) if thresholds.len() != one.size => {
                    return Err(Error::plan(format!(
                        "{}: expected {} thresholds, got {}",
                        one.name,
                        one.size,
                        thresholds.len()
                    )));
                }
                Make::Given(spikes) => {
                    if !spikes.is_sorted()
                        || spikes.iter().any(|&(step, neuron)| step < 0 || neuron as usize >= one.size)
                    {
                        return Err(Error::plan(format!(
                            "{}: expected ascending spikes of neurons below {}",
                            one.name, one.size
                        )));
                    }
                }
                Make::Cells(cells) => {
                    if !(0..=1 << 20).contains(&cells.refractory)
                        || cells.constants.iter().any(|value| !value.is_finite())
                    {
                        return Err(Error::plan(format!("{}: expected finite constants", one.name)));
                    }
                    cells.threshold.iter().try_for_each(|table| table.check(&one.name))?;
                }
                Make::Each(_) => {}
            }
        }
        self.projections.iter().try_for_each(|one| self.check_projection(one))
    }

    fn check_projection(&self, one: &Projection) -> Result<()> {
        let name = &one.name;
        let (Some(pre), Some(post)) = (self.populations.get(one.pre), self.populations.get(one.post)) else {
            return Err(Error::plan(format!("{name}: expected two populations, got {} and {}", one.pre, one.post)));
        };
        if one.delay > pre.keep || (one.delay == 0 && matches!(pre.make, Make::Cells(_))) {
            return Err(Error::plan(format!(
                "{name}: delay: {} steps do not fit its sources, which keep {}",
                one.delay, pre.keep
            )));
        }
        match &one.recipe {
            Recipe::Probability { gaps, .. } => check_gaps(gaps, name)?,
            Recipe::One if pre.size != post.size => {
                return Err(Error::plan(format!("{name}: expected equal sizes, got {} and {}", pre.size, post.size)));
            }
            Recipe::Given { row, to, weights } => {
                let whole =
                    row.len() == pre.size + 1 && row.is_sorted() && row[0] == 0 && row[pre.size] == to.len() as u64;
                let targets = to.iter().all(|&j| (j as usize) < post.size);
                if !(whole && targets && (weights.is_empty() || weights.len() == to.len())) {
                    return Err(Error::plan(format!(
                        "{name}: expected synapses from {} to {} neurons",
                        pre.size, post.size
                    )));
                }
                if whole && !row.windows(2).all(|ends| to[ends[0] as usize..ends[1] as usize].is_sorted()) {
                    return Err(Error::plan(format!("{name}: expected ascending targets in each row")));
                }
            }
            _ => {}
        }
        one.kernel.iter().try_for_each(|kernel| kernel.check(name))
    }
}

impl Kernel {
    fn check(&self, name: &str) -> Result<()> {
        for table in
            [Some(&self.x), Some(&self.y), self.x2.as_ref(), self.y2.as_ref(), self.c.as_ref()].into_iter().flatten()
        {
            table.check(name)?;
        }
        for change in [&self.pre, &self.post] {
            if let Dependence::Weight(Some(power)) | Dependence::Room(Some(power)) = &change.dependence
                && (power.exponents.len() != 256 || power.mantissas.len() != 1025)
            {
                return Err(Error::plan(format!("{name}: expected a table of 256 exponents and 1025 mantissas")));
            }
        }
        if !(self.w_max > 0.0 && self.w_max.is_finite()) {
            return Err(Error::plan(format!("{name}: w_max: expected a positive number, got {}", self.w_max)));
        }
        Ok(())
    }
}

fn check_gaps(gaps: &[u64], name: &str) -> Result<()> {
    if gaps.is_empty() || gaps.len() > 1 << 16 || !gaps.is_sorted() {
        return Err(Error::plan(format!("{name}: expected an ascending table of gaps, got {} entries", gaps.len())));
    }
    Ok(())
}

impl Table {
    fn check(&self, what: &str) -> Result<()> {
        let steps = self.down.len();
        if !steps.is_power_of_two() || steps > 1 << 16 || self.up.len() != steps || !(0.0..=1.0).contains(&self.epoch) {
            return Err(Error::plan(format!(
                "{what}: expected two tables of one power of two of steps, got {steps} and {}",
                self.up.len()
            )));
        }
        Ok(())
    }
}
