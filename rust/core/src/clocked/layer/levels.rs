//! Neurons with windows: one step, from a fresh start.

use crate::clocked::layer::firing::{Firing, Kept, Spot, Steps, chunk};
use crate::clocked::synapses::current::{Current, LANES};

impl<A: Current> Firing<A> {
    /// The only step of a chunk of levels, from its start.
    #[inline(always)]
    pub(crate) fn walk_level<const N: usize, const P: usize>(
        &self,
        spot: Spot,
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let at = spot.constants;
        let (fire, threshold, start) = (chunk(&self.fire, at), chunk(&self.threshold, at), chunk(&self.v_init, at));
        let inverse = chunk(&self.inverse, at);
        for (number, row) in steps.current.iter().enumerate() {
            let row = &row[spot.pixel][spot.begin..spot.begin + LANES];
            // One loop after the other: each becomes vector code.
            let (mut v, mut wide, mut levels) = ([A::default(); LANES], [0_i32; LANES], [0; LANES]);
            for i in 0..LANES {
                v[i] = start[i].plus(row[i]);
            }
            for i in 0..LANES {
                let level = v[i].level(threshold[i], inverse[i], self.most);
                wide[i] = if v[i] >= fire[i] { level } else { 0 };
            }
            for i in 0..LANES {
                levels[i] = wide[i] as u8;
            }
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
        let own = N / LANES;
        for number in 0..own.min(self.chunks - block * own) {
            let (at, begin) = (block * own + number, number * LANES);
            let (fire, threshold, start) = (chunk(&self.fire, at), chunk(&self.threshold, at), chunk(&self.v_init, at));
            let inverse = chunk(&self.inverse, at);
            for (row, spikes) in current.as_flattened().iter().zip(spikes.as_flattened_mut()) {
                let (row, spikes) = (&row[begin..begin + LANES], &mut spikes[begin..begin + LANES]);
                let mut wide = [0_i32; LANES];
                for i in 0..LANES {
                    let v = start[i].plus(row[i]);
                    let level = v.level(threshold[i], inverse[i], self.most);
                    wide[i] = if v >= fire[i] { level } else { 0 };
                }
                for i in 0..LANES {
                    spikes[i] = wide[i] as u8;
                }
            }
        }
    }
}
