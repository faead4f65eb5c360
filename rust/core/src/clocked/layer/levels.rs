//! Neurons with windows: one step, from a fresh start.

use crate::clocked::layer::firing::{Chunk, Firing, Kept, Spot, Steps, chunk};
use crate::clocked::synapses::current::{Current, LANES};

/// The constants of a chunk.
struct Own<A> {
    fire: Chunk<A>,
    threshold: Chunk<A>,
    start: Chunk<A>,
    inverse: Chunk<f32>,
    most: u8,
}

impl<A: Current> Own<A> {
    /// Potentials and levels, from their currents. One loop after the other: each becomes vector code.
    #[inline(always)]
    fn step(&self, current: &[A]) -> (Chunk<A>, Chunk<u8>) {
        let (mut v, mut wide, mut levels) = ([A::default(); LANES], [0_i32; LANES], [0; LANES]);
        for i in 0..LANES {
            v[i] = self.start[i].plus(current[i]);
        }
        for i in 0..LANES {
            let level = v[i].level(self.threshold[i], self.inverse[i], self.most);
            wide[i] = if v[i] >= self.fire[i] { level } else { 0 };
        }
        for i in 0..LANES {
            levels[i] = wide[i] as u8;
        }
        (v, levels)
    }
}

impl<A: Current> Firing<A> {
    #[inline(always)]
    fn own_levels(&self, at: usize) -> Own<A> {
        Own {
            fire: chunk(&self.fire, at),
            threshold: chunk(&self.threshold, at),
            start: chunk(&self.v_init, at),
            inverse: chunk(&self.inverse, at),
            most: self.most,
        }
    }

    /// The only step of a chunk of levels, from its start.
    #[inline(always)]
    pub(crate) fn walk_level<const N: usize, const P: usize>(
        &self,
        spot: Spot,
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let own = self.own_levels(spot.constants);
        for (number, row) in steps.current.iter().enumerate() {
            let (v, levels) = own.step(&row[spot.pixel][spot.begin..spot.begin + LANES]);
            steps.put(number, spot, &levels, &v);
            if let Some(potential) = kept.potential.get_mut(spot.kept) {
                *potential = v;
            }
        }
    }

    /// The same of many pixels, whose potentials nobody asks for.
    #[inline(always)]
    pub(crate) fn levels<const N: usize, const P: usize>(
        &self,
        block: usize,
        current: &[[[A; N]; P]],
        spikes: &mut [[[u8; N]; P]],
    ) {
        let blocks = N / LANES;
        for number in 0..blocks.min(self.chunks - block * blocks) {
            let (own, begin) = (self.own_levels(block * blocks + number), number * LANES);
            for (row, spikes) in current.as_flattened().iter().zip(spikes.as_flattened_mut()) {
                let (_, levels) = own.step(&row[begin..begin + LANES]);
                spikes[begin..begin + LANES].copy_from_slice(&levels);
            }
        }
    }
}
