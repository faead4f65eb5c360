//! Neurons with windows: one step, from a fresh start.

use crate::clocked::layer::firing::{Chunk, Firing, Kept, Spot, Steps, chunk};
use crate::clocked::synapses::current::{Current, LANES};
use std::array;

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
    fn step(&self, current: &[A]) -> (Chunk<A>, Chunk<i32>) {
        let (mut v, mut levels) = ([A::default(); LANES], [0_i32; LANES]);
        for i in 0..LANES {
            v[i] = self.start[i].plus(current[i]);
        }
        for i in 0..LANES {
            let level = v[i].level(self.threshold[i], self.inverse[i], self.most);
            levels[i] = if v[i] >= self.fire[i] { level } else { 0 };
        }
        (v, levels)
    }

    /// Write the levels of a chunk of some pixels.
    #[inline(always)]
    fn write<const N: usize, const K: usize>(&self, rows: &[[A; N]; K], spikes: &mut [[u8; N]; K], begin: usize) {
        let mut wide = [[0; LANES]; K];
        for (wide, row) in wide.iter_mut().zip(rows) {
            *wide = self.step(&row[begin..begin + LANES]).1;
        }
        for (spikes, levels) in spikes.iter_mut().zip(narrow(&wide)) {
            spikes[begin..begin + LANES].copy_from_slice(&levels);
        }
    }
}

/// Levels as bytes.
#[inline(always)]
fn narrow<const K: usize>(wide: &[Chunk<i32>; K]) -> [Chunk<u8>; K] {
    let mut narrow = [[0; LANES]; K];
    for (narrow, &level) in narrow.as_flattened_mut().iter_mut().zip(wide.as_flattened()) {
        *narrow = level as u8;
    }
    narrow
}

/// Chunks whose levels become bytes together: a loop over 64 of them becomes vector code, one over 16 is taken apart.
const TOGETHER: usize = 4;

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
    pub(crate) fn walk_level(&self, spot: Spot, kept: &mut Kept<'_, A>, steps: &mut Steps<'_, A>) {
        let own = self.own_levels(spot.constants);
        for number in 0..steps.current.len() {
            let (v, levels) = own.step(steps.current(number, spot.place));
            steps.put(number, spot.place, &narrow(&[levels])[0], &v);
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
            let (fours, rest) = current.as_flattened().as_chunks::<TOGETHER>();
            let (spikes_of_fours, spikes_of_rest) = spikes.as_flattened_mut().as_chunks_mut::<TOGETHER>();
            for (rows, spikes) in fours.iter().zip(spikes_of_fours) {
                own.write(rows, spikes, begin);
            }
            for (row, spikes) in rest.iter().zip(spikes_of_rest) {
                own.write(array::from_ref(row), array::from_mut(spikes), begin);
            }
        }
    }
}
