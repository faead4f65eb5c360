//! Where the time of a run goes: ticks by operation and part of its work, kept where a run asks for them.

use std::time::Instant;

/// What a run does for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The input's map.
    Input,
    /// Active inputs listed, or counts packed for dot products.
    Pack,
    /// Currents by events.
    Events,
    /// Currents by dot products.
    Dot,
    /// Other edges of a sum, and fixed-point factors.
    Edges,
    /// Neurons.
    Neurons,
    /// Results written to the layer's map.
    Write,
    /// Pools.
    Pool,
    /// Values moved, limited, rounded or delayed.
    Move,
    /// The read-out.
    Readout,
    /// Counts, recordings and probes.
    Count,
    /// What belongs to no operation: states set and kept.
    Rest,
}

/// All parts, in the order of the columns of a profile.
pub const PARTS: [(Part, &str); 12] = [
    (Part::Input, "input"),
    (Part::Pack, "packing"),
    (Part::Events, "events"),
    (Part::Dot, "dot products"),
    (Part::Edges, "edges"),
    (Part::Neurons, "neurons"),
    (Part::Write, "write"),
    (Part::Pool, "pool"),
    (Part::Move, "move"),
    (Part::Readout, "read-out"),
    (Part::Count, "counts"),
    (Part::Rest, "rest"),
];

/// The ticks of one worker. Without rows nothing is measured.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// Of each operation, and behind them of the run itself.
    rows: Vec<[u64; PARTS.len()]>,
    op: usize,
    last: u64,
    begun: Option<(Instant, u64)>,
}

impl Profile {
    /// Measure from here on, for so many operations; or nothing.
    pub(crate) fn begin(&mut self, wanted: bool, ops: usize) {
        self.rows.clear();
        if wanted {
            self.rows.resize(ops + 1, [0; PARTS.len()]);
            self.last = ticks();
            self.begun = Some((Instant::now(), self.last));
            self.turn(ops);
        }
    }

    /// What comes now is for operation `op`.
    pub(crate) fn turn(&mut self, op: usize) {
        self.op = op;
    }

    /// Add what has gone by since the last lap to a part of the operation.
    #[inline(always)]
    pub(crate) fn lap(&mut self, part: Part) {
        self.lap_of(self.op, part);
    }

    /// The same for another operation, which runs as one with that.
    #[inline(always)]
    pub(crate) fn lap_of(&mut self, op: usize, part: Part) {
        if let Some(row) = self.rows.get_mut(op) {
            let now = ticks();
            row[part as usize] += now.wrapping_sub(self.last);
            self.last = now;
        }
    }

    /// Add nanoseconds to those of all workers, `(operations + 1, PARTS)`.
    pub(crate) fn add_to(&self, nanoseconds: &mut [f64]) {
        let Some((begun, first)) = self.begun.filter(|_| !self.rows.is_empty()) else { return };
        let passed = ticks().wrapping_sub(first).max(1);
        let each = begun.elapsed().as_nanos() as f64 / passed as f64;
        for (sum, &ticks) in nanoseconds.iter_mut().zip(self.rows.as_flattened()) {
            *sum += ticks as f64 * each;
        }
    }
}

/// A clock that is quick to read and runs evenly.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and it touches no memory.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// The same of other machines.
#[cfg(not(target_arch = "x86_64"))]
fn ticks() -> u64 {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_in_their_order() {
        assert!(PARTS.iter().enumerate().all(|(at, (part, _))| *part as usize == at));
    }

    #[test]
    fn laps_sum_to_what_has_passed() {
        let mut profile = Profile::default();
        profile.lap(Part::Dot);
        let mut sums = [0.0; 2 * PARTS.len()];
        profile.add_to(&mut sums);
        assert_eq!(sums, [0.0; 2 * PARTS.len()]);
        let begun = Instant::now();
        profile.begin(true, 1);
        std::thread::sleep(std::time::Duration::from_millis(4));
        profile.turn(0);
        profile.lap(Part::Dot);
        profile.turn(1);
        profile.lap(Part::Rest);
        profile.add_to(&mut sums);
        let passed = begun.elapsed().as_nanos() as f64;
        assert!(sums[Part::Dot as usize] >= 3.0e6);
        assert!(sums.iter().sum::<f64>() <= 1.01 * passed);
    }
}
