//! Integrate and fire, 16 neurons at a time.

use super::current::{Current, LANES, LeakStep};
use crate::plan::{MAX_BLOCK, Parameters};

/// The constants of 16 neighbouring channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes<A> {
    /// A neuron fires where its potential is at least this.
    fire: [A; LANES],
    threshold: [A; LANES],
    reset: [A; LANES],
    leak: [LeakStep<A>; LANES],
}

/// A neuron layer, ready to run.
#[derive(Debug)]
pub(super) struct Firing<A> {
    pub(super) lanes: Vec<Lanes<A>>,
    pub(super) v_init: Vec<A>,
    leaky: bool,
    subtract: bool,
}

/// What one call works on: currents in, spikes out, and the potentials after each step where they are asked for.
pub(super) struct Steps<'a, A, const N: usize> {
    pub(super) current: &'a [[A; N]],
    pub(super) spikes: &'a mut [[u8; N]; MAX_BLOCK],
    pub(super) trace: Option<&'a mut [[A; N]; MAX_BLOCK]>,
}

impl<A: Current> Firing<A> {
    pub(super) fn new(parameters: &Parameters<A>, subtract: bool, strict: bool) -> Self {
        let channels = parameters.threshold.len();
        let lanes = (0..channels.div_ceil(LANES)).map(|chunk| {
            let pick = |values: &[A]| {
                std::array::from_fn(|lane| values.get(chunk * LANES + lane).copied().unwrap_or_default())
            };
            let threshold: [A; LANES] = pick(&parameters.threshold);
            let [decay, gain, drive] = parameters
                .leak
                .as_ref()
                .map_or([[A::default(); LANES]; 3], |leak| [pick(&leak.decay), pick(&leak.gain), pick(&leak.drive)]);
            Lanes {
                fire: if strict { threshold.map(Current::above) } else { threshold },
                threshold,
                reset: pick(&parameters.v_reset),
                leak: std::array::from_fn(|i| LeakStep { decay: decay[i], gain: gain[i], drive: drive[i] }),
            }
        });
        Self { lanes: lanes.collect(), v_init: parameters.v_init.clone(), leaky: parameters.leak.is_some(), subtract }
    }

    /// Integrate the currents of channels `chunk * 16..` of one pixel, which lie at `lane` of each row.
    #[inline(always)]
    pub(super) fn integrate<const N: usize>(
        &self,
        chunk: usize,
        lane: usize,
        potential: &mut [A; LANES],
        steps: &mut Steps<'_, A, N>,
    ) {
        let lanes = &self.lanes[chunk];
        match (self.leaky, self.subtract) {
            (false, true) => integrate::<A, N, false, true>(lanes, lane, potential, steps),
            (false, false) => integrate::<A, N, false, false>(lanes, lane, potential, steps),
            (true, true) => integrate::<A, N, true, true>(lanes, lane, potential, steps),
            (true, false) => integrate::<A, N, true, false>(lanes, lane, potential, steps),
        }
    }
}

#[inline(always)]
fn integrate<A: Current, const N: usize, const LEAKY: bool, const SUBTRACT: bool>(
    lanes: &Lanes<A>,
    begin: usize,
    potential: &mut [A; LANES],
    steps: &mut Steps<'_, A, N>,
) {
    let mut v = *potential;
    for (step, row) in steps.current.iter().enumerate() {
        let mut spikes = [0; LANES];
        for i in 0..LANES {
            let current = row[begin + i];
            let raised = if LEAKY { A::leak(v[i], current, lanes.leak[i]) } else { v[i].plus(current) };
            let fires = raised >= lanes.fire[i];
            let after = if SUBTRACT { raised.minus(lanes.threshold[i]) } else { lanes.reset[i] };
            v[i] = if fires { after } else { raised };
            spikes[i] = u8::from(fires);
        }
        steps.spikes[step][begin..begin + LANES].copy_from_slice(&spikes);
        if let Some(trace) = &mut steps.trace {
            trace[step][begin..begin + LANES].copy_from_slice(&v);
        }
    }
    *potential = v;
}
