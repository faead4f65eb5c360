//! The spikes of sources, and those that are still on their way.

use std::collections::VecDeque;

use crate::error::Result;

use super::draw::{GAP, Gaps, Words, each};
use super::plan::{Make, Population};

/// What a population needs to make spikes and to keep them.
#[derive(Debug)]
pub(super) struct Source {
    gaps: Option<(Gaps, Words)>,
    /// Where the next spike is, counted in neurons from the first one of the next step.
    ahead: u64,
    /// The next of the given spikes.
    next: usize,
    /// Latest last.
    recent: VecDeque<Vec<u32>>,
    keep: usize,
    pub(super) spikes: u64,
}

impl Source {
    pub(super) fn new(plan: &Population, seed: u64) -> Result<Self> {
        let mut made = Self { gaps: None, ahead: 0, next: 0, recent: VecDeque::new(), keep: plan.keep, spikes: 0 };
        if let Make::Gaps(table) = &plan.make {
            let (gaps, mut words) = (Gaps::new(table.clone()), Words::long(seed, [0, GAP, plan.stream], 0));
            made.ahead = gaps.next(&mut words)?;
            made.gaps = Some((gaps, words));
        }
        Ok(made)
    }

    /// How many words were drawn, and where the next spike is.
    pub(super) fn draws(&self) -> Option<[i64; 2]> {
        self.gaps.as_ref().map(|(_, words)| [words.taken() as i64, self.ahead as i64])
    }

    pub(super) fn set_draws(&mut self, plan: &Population, seed: u64, [taken, ahead]: [i64; 2]) {
        if let Some((_, words)) = &mut self.gaps {
            *words = Words::long(seed, [0, GAP, plan.stream], taken as u64);
            self.ahead = ahead as u64;
        }
    }

    /// Put the spikes of a step, ascending, in the place of what `out` has.
    pub(super) fn emit(
        &mut self,
        plan: &Population,
        seed: u64,
        step: i64,
        thresholds: Option<&[u64]>,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        out.clear();
        match (&plan.make, thresholds) {
            (Make::Each(_), Some(thresholds)) => each(seed, step as u32, plan.stream, thresholds, out),
            (Make::Each(thresholds), None) => each(seed, step as u32, plan.stream, thresholds, out),
            (Make::Given(spikes), _) => {
                if self.next > spikes.len() || self.next.checked_sub(1).is_some_and(|before| spikes[before].0 >= step) {
                    self.next = 0;
                }
                self.next += spikes[self.next..].partition_point(|&(at, _)| at < step);
                while let Some(&(_, neuron)) = spikes.get(self.next).filter(|&&(at, _)| at == step) {
                    out.push(neuron);
                    self.next += 1;
                }
            }
            _ => {
                if let Some((gaps, words)) = &mut self.gaps {
                    while self.ahead < plan.size as u64 {
                        out.push(self.ahead as u32);
                        self.ahead += 1 + gaps.next(words)?;
                    }
                    self.ahead -= plan.size as u64;
                }
            }
        }
        Ok(())
    }

    /// The spikes of `delay` steps before the latest that are kept.
    pub(super) fn before(&self, delay: usize) -> &[u32] {
        let place = self.recent.len().checked_sub(delay);
        place.and_then(|place| self.recent.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Keep the spikes of the latest step for those who wait.
    pub(super) fn push(&mut self, spikes: &[u32]) {
        self.spikes += spikes.len() as u64;
        if self.keep == 0 {
            return;
        }
        let mut room =
            if self.recent.len() == self.keep { self.recent.pop_front().unwrap_or_default() } else { Vec::new() };
        room.clear();
        room.extend_from_slice(spikes);
        self.recent.push_back(room);
    }

    /// Step and neuron of spikes that are on their way, before step `step`.
    pub(super) fn recent(&self, step: i64) -> Vec<(i64, u32)> {
        let first = step - self.recent.len() as i64;
        let steps = self.recent.iter().enumerate();
        steps.flat_map(|(k, spikes)| spikes.iter().map(move |&neuron| (first + k as i64, neuron))).collect()
    }

    /// Take up spikes that are on their way.
    pub(super) fn set_recent(&mut self, step: i64, spikes: &[(i64, u32)]) {
        let first = (step - self.keep as i64).max(0);
        let of = |at: i64| spikes.iter().filter(|(when, _)| *when == at).map(|&(_, neuron)| neuron).collect();
        self.recent = (first..step).map(of).collect();
    }
}
