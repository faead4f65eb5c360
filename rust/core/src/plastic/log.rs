//! What the lazy store remembers of each target.

use super::plan::Kernel;

/// How many of a target's latest spikes are at hand without a look into its list.
pub(super) const DEPTH: usize = 8;

/// The latest spikes of targets, and what each multiplies the traces of sources with.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// Latest first; -1: none.
    pub(super) steps: [Vec<i32>; DEPTH],
    pub(super) scales: [Vec<f32>; DEPTH],
    /// All that may still be awaited, oldest first.
    pub(super) all: Vec<Vec<(i32, f32)>>,
    /// Steps behind which every trace is zero.
    horizon: i32,
}

impl Log {
    pub(super) fn new(kernel: &Kernel, targets: usize) -> Self {
        // From the largest trace there can be (43 units of e) to what an epoch flushes (69), and some more.
        let rate = -f64::from(kernel.x.epoch).ln() / kernel.x.down.len() as f64;
        let horizon = (130.0 / rate + 2.0 * kernel.x.down.len() as f64).min(f64::from(i32::MAX / 2)) as i32;
        Self {
            steps: std::array::from_fn(|_| vec![-1; targets]),
            scales: std::array::from_fn(|_| vec![0.0; targets]),
            all: vec![Vec::new(); targets],
            horizon,
        }
    }

    /// Note a spike.
    pub(super) fn push(&mut self, j: usize, step: i32, scale: f32) {
        for d in (1..DEPTH).rev() {
            self.steps[d][j] = self.steps[d - 1][j];
            self.scales[d][j] = self.scales[d - 1][j];
        }
        (self.steps[0][j], self.scales[0][j]) = (step, scale);
        let all = &mut self.all[j];
        if all.len() == all.capacity() {
            let old = all.partition_point(|&(s, _)| s < step - self.horizon);
            // The one before the oldest that counts says what came before it.
            all.drain(..old.saturating_sub(1));
        }
        all.push((step, scale));
    }

    /// Forget everything; `last` is the latest spike of each target, where that is known.
    pub(super) fn reset(&mut self, last: &[i32]) {
        self.steps.iter_mut().for_each(|steps| steps.fill(-1));
        for (j, all) in self.all.iter_mut().enumerate() {
            all.clear();
            all.extend(last.get(j).filter(|&&step| step >= 0).map(|&step| (step, 0.0)));
        }
    }
}
