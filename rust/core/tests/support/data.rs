//! Random data for plans, and requests that ask for everything.

use pysnn_core::clocked::{Input, Request};
use pysnn_core::plan::{Body, Coding, Kind, Op, Plan};

use super::Rng;

/// Data for a request, which borrows it.
pub(crate) struct Data {
    pub(crate) batch: usize,
    pub(crate) steps: usize,
    values: Vec<f32>,
    offsets: Vec<i64>,
    index: Vec<u32>,
    coding: Coding,
}

impl Data {
    pub(crate) fn new(rng: &mut Rng, plan: &Plan) -> Self {
        let Body::Input(coding) = plan.ops()[0].body else { panic!("the input is operation 0") };
        let (spec, batch, steps) = (plan.ops()[0].spec, 1 + rng.below(4), 1 + rng.below(40));
        let size = spec.shape.size();
        let values = match coding {
            Coding::Events | Coding::Pixels => Vec::new(),
            Coding::Poisson => (0..batch * size)
                .map(|_| {
                    let near = 0.5 + 0.5 * rng.real().abs().min(0.999);
                    rng.pick(&[0.0, 0.1, 0.5, 1.0, near])
                })
                .collect(),
            Coding::Constant | Coding::Frames => (0..batch * size * if coding == Coding::Frames { steps } else { 1 })
                .map(|_| if rng.one_in(4) { 0.0 } else { rng.real() })
                .collect(),
        };
        let (mut offsets, mut index) = (vec![0], Vec::new());
        if coding == Coding::Events {
            for _ in 0..batch * steps {
                for neuron in 0..size {
                    let times = if rng.one_in(4) { 1 + rng.below(spec.max_count as usize) } else { 0 };
                    index.extend(std::iter::repeat_n(neuron as u32, times));
                }
                offsets.push(index.len() as i64);
            }
        }
        Self { batch, steps, values, offsets, index, coding }
    }

    /// A request that asks for everything.
    pub(crate) fn request(&self, rng: &mut Rng, plan: &Plan) -> Request<'_> {
        let input = match self.coding {
            Coding::Constant => Input::Constant(&self.values),
            Coding::Frames => Input::Frames(&self.values),
            Coding::Poisson => Input::Poisson { rates: &self.values, seed: 0x1234_5678_9abc, first_sample: 3 },
            Coding::Events => Input::Events { offsets: &self.offsets, index: &self.index },
            Coding::Pixels => panic!("no plan that is drawn reads pixels"),
        };
        let mut read_at: Vec<usize> = (1..=self.steps).filter(|_| rng.one_in(5)).collect();
        if read_at.is_empty() {
            read_at.push(self.steps);
        }
        let numbers = |fits: fn(&Op) -> bool| (0..plan.ops().len()).filter(|&op| fits(&plan.ops()[op])).collect();
        Request {
            input,
            batch: self.batch,
            steps: self.steps,
            read_at,
            state: None,
            start: 0,
            threads: 1,
            block: 0,
            count: true,
            count_by_step: true,
            probe: true,
            keep_state: true,
            record_spikes: numbers(|op| op.spec.kind == Kind::Count && !matches!(op.body, Body::Output(_))),
            profile: false,
            record_potentials: numbers(|op| matches!(op.body, Body::Neuron(_))),
        }
    }
}
