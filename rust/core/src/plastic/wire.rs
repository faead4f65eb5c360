//! What a projection has by source: traces, the arrivals of a step and what they multiply. One thread writes it, between the tiles' parts of steps.

use super::plan::{Change, Kernel, Projection};
use super::trace::{renew, rise};

/// What the lazy store knows of each source.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// Spikes of targets from this step on are to be applied.
    pub(super) from: Vec<i32>,
    /// The step in whose epoch the values below are.
    pub(super) at: Vec<i32>,
    /// The trace x then.
    pub(super) z: Vec<f32>,
    /// The trace just before the arrival of that step: what post events of this step see where that is exclusive.
    pub(super) before: Vec<f32>,
}

/// Numbers of a step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Now {
    pub(super) step: i32,
    /// Weights change.
    pub(super) learn: bool,
    /// What an arrival adds whatever the traces.
    pub(super) pre_offset: f32,
    pub(super) post_offset: f32,
    /// Of amounts into the unit of the eligibility.
    pub(super) mark: f32,
    pub(super) down_x: f32,
    pub(super) down_y2: f32,
    pub(super) up_y: f32,
    pub(super) up_y2: f32,
}

/// A projection's part by source.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) plan: Projection,
    pub(super) x: Vec<f32>,
    pub(super) x2: Vec<f32>,
    /// The latest arrival (-1: none), where the rule asks for it, and the one before.
    pub(super) last: Vec<i32>,
    pub(super) previous: Vec<i32>,
    pub(super) pending: Option<Pending>,
    pub(super) arrivals: Vec<u32>,
    /// What each arrival multiplies the targets' traces with.
    pub(super) scales: Vec<f32>,
    /// The arrival before each one (-1: none), where the rule asks for it.
    pub(super) before: Vec<i32>,
    pub(super) now: Now,
}

impl Wire {
    pub(super) fn new(plan: &Projection, sources: usize, lazy: bool) -> Self {
        let kernel = plan.kernel.as_ref();
        let sized = |there: bool| if there { sources } else { 0 };
        let restricted = kernel.is_some_and(|kernel| kernel.restricted);
        let pending = (lazy && kernel.is_some()).then(|| Pending {
            from: vec![0; sources],
            at: vec![-1; sources],
            z: vec![0.0; sources],
            before: vec![0.0; sized(kernel.is_some_and(|kernel| kernel.exclusive))],
        });
        Self {
            x: vec![0.0; sized(kernel.is_some())],
            x2: vec![0.0; sized(kernel.is_some_and(|kernel| kernel.x2.is_some()))],
            last: vec![-1; sized(restricted)],
            previous: vec![-1; sized(restricted)],
            pending,
            arrivals: Vec::new(),
            scales: Vec::new(),
            before: Vec::new(),
            now: Now::default(),
            plan: plan.clone(),
        }
    }

    /// Bring traces to this step, and work out its numbers; `arrivals` are there.
    pub(super) fn begin(&mut self, step: i32, learn: bool) {
        self.now = Now { step, learn, ..Now::default() };
        let Some(kernel) = &self.plan.kernel else { return };
        renew(&mut self.x, &kernel.x, step);
        if let Some(table) = &kernel.x2 {
            renew(&mut self.x2, table, step);
        }
        let mark = kernel.c.as_ref().map_or(1.0, |table| table.up(step));
        self.now = Now {
            pre_offset: kernel.pre.offset * mark,
            post_offset: kernel.post.offset * mark,
            mark,
            down_x: kernel.x.down(step),
            down_y2: kernel.y2.as_ref().map_or(0.0, |table| table.down(step)),
            up_y: kernel.y.up(step),
            up_y2: kernel.y2.as_ref().map_or(0.0, |table| table.up(step)),
            ..self.now
        };
        let (down_y, down_x2) = (kernel.y.down(step), kernel.x2.as_ref().map_or(0.0, |table| table.down(step)));
        self.scales.clear();
        self.scales.extend(self.arrivals.iter().map(|&i| {
            let own = self.x2.get(i as usize).map_or(0.0, |z| down_x2 * z);
            scale(&kernel.pre, own, down_y, mark)
        }));
        if kernel.restricted {
            self.before.clear();
            self.before.extend(self.arrivals.iter().map(|&i| self.last[i as usize]));
        }
        if !kernel.exclusive {
            bump(kernel, &mut self.x, &mut self.x2, &self.arrivals, step);
            note(kernel, &mut self.last, &mut self.previous, &self.arrivals, step);
        }
    }

    /// What is left to do with the arrivals of a step once all tiles have been through it.
    pub(super) fn end(&mut self) {
        let Some(kernel) = &self.plan.kernel else { return };
        let step = self.now.step;
        if let Some(pending) = self.pending.as_mut().filter(|pending| !pending.before.is_empty()) {
            self.arrivals.iter().for_each(|&i| pending.before[i as usize] = self.x[i as usize]);
        }
        if kernel.exclusive {
            bump(kernel, &mut self.x, &mut self.x2, &self.arrivals, step);
            note(kernel, &mut self.last, &mut self.previous, &self.arrivals, step);
        }
        if let Some(pending) = &mut self.pending {
            for &i in &self.arrivals {
                let i = i as usize;
                (pending.from[i], pending.at[i], pending.z[i]) = (step, step, self.x[i]);
            }
        }
    }

    /// Nothing waits before step `next`.
    pub(super) fn applied(&mut self, next: i32) {
        if let Some(pending) = &mut self.pending {
            pending.from.fill(next);
            pending.at.fill(next - 1);
            pending.z.copy_from_slice(&self.x);
        }
    }

    /// What a spike of a target multiplies the sources' traces with; `own` is its second trace's value.
    #[inline(always)]
    pub(super) fn post_scale(&self, change: &Change, own: f32) -> f32 {
        scale(change, own, self.now.down_x, self.now.mark)
    }
}

#[inline(always)]
fn scale(change: &Change, own: f32, down: f32, mark: f32) -> f32 {
    (change.pair + change.triplet * own) * down * mark
}

fn bump(kernel: &Kernel, x: &mut [f32], x2: &mut [f32], arrivals: &[u32], step: i32) {
    let up = kernel.x.up(step);
    for &i in arrivals {
        rise(&mut x[i as usize], up, kernel.nearest[0]);
    }
    if let Some(table) = &kernel.x2 {
        let up = table.up(step);
        for &i in arrivals {
            rise(&mut x2[i as usize], up, kernel.nearest[2]);
        }
    }
}

fn note(kernel: &Kernel, last: &mut [i32], previous: &mut [i32], arrivals: &[u32], step: i32) {
    if kernel.restricted {
        for &i in arrivals {
            previous[i as usize] = std::mem::replace(&mut last[i as usize], step);
        }
    }
}
