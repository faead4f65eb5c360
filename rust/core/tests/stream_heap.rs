//! Streams take no memory from the heap once they have made room, whatever enters.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/allocations.rs"]
mod allocations;
#[allow(dead_code, reason = "other tests need the rest of it")]
mod support;

use std::sync::Arc;

use pysnn_core::clocked::{Input, Options, Program, Stream};
use pysnn_core::plan::{Body, Coding, Plan, window};
use pysnn_core::simd::Level;
use support::Rng;
use support::convs::{layer, spiking};
use support::plans::plan;

/// What enters in some steps: nothing, a little, or as much as can.
struct Entering {
    values: Vec<f32>,
    offsets: Vec<i64>,
    index: Vec<u32>,
}

impl Entering {
    fn new(rng: &mut Rng, plan: &Plan, steps: usize, one_in: usize) -> Self {
        let spec = &plan.ops()[0].spec;
        let frames = if matches!(plan.ops()[0].body, Body::Input(Coding::Frames)) { steps } else { 1 };
        let mut entering = Self { values: Vec::new(), offsets: vec![0], index: Vec::new() };
        entering.values = (0..frames * spec.shape.size()).map(|_| if rng.one_in(one_in) { 1.0 } else { 0.0 }).collect();
        for _ in 0..steps {
            for input in 0..spec.shape.size() {
                let times = if rng.one_in(one_in) { spec.max_count as usize } else { 0 };
                entering.index.extend(std::iter::repeat_n(input as u32, times));
            }
            entering.offsets.push(entering.index.len() as i64);
        }
        entering
    }

    fn input(&self, plan: &Plan) -> Input<'_> {
        match plan.ops()[0].body {
            Body::Input(Coding::Poisson) => Input::Poisson { rates: &self.values, seed: 1, first_sample: 0 },
            Body::Input(Coding::Events) => Input::Events { offsets: &self.offsets, index: &self.index },
            Body::Input(Coding::Frames) => Input::Frames(&self.values),
            _ => Input::Constant(&self.values),
        }
    }
}

/// Allocations of some steps of a stream; `None` where potentials leave float32, which ends it.
fn count(stream: &mut Stream, plan: &Plan, entering: &Entering, steps: usize) -> Option<usize> {
    let (done, found) = allocations::counted(|| stream.advance(entering.input(plan), steps, &mut |_| true));
    done.is_ok().then_some(found)
}

#[test]
fn steps_take_nothing_from_the_heap() {
    let mut rng = Rng::new(5);
    let mut tried = 0;
    for seed in 0..120 {
        let mut own = Rng::new(seed);
        let plan = match seed % 6 {
            0 | 3 => plan(&mut own, seed % 2 == 0),
            1 => spiking(&mut own),
            _ => layer(&mut own, seed % 2 == 0),
        };
        if window(plan.ops()).is_some() {
            continue;
        }
        let level = rng.pick(&Level::available());
        let program = Arc::new(Program::new(plan.clone(), Options { counts: false, ..Options::from(level) }).unwrap());
        let mut stream = Stream::new(program, 1, None).unwrap();
        stream.make_room().unwrap();
        for (steps, one_in) in [(1, 10), (1, 1), (40, 3), (3, 1), (33, 1)] {
            let entering = Entering::new(&mut rng, &plan, steps, one_in);
            let Some(found) = count(&mut stream, &plan, &entering, steps) else { break };
            assert_eq!(found, 0, "seed {seed}, {steps} steps, 1 in {one_in}");
            tried += 1;
        }
        let (restarted, found) = allocations::counted(|| stream.restart());
        restarted.unwrap();
        assert_eq!(found, 0, "seed {seed}: a restart");
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn without_room_there_are_allocations() {
    let plan = layer(&mut Rng::new(0), true);
    let mut stream =
        Stream::new(Arc::new(Program::new(plan.clone(), Level::available()[0]).unwrap()), 1, None).unwrap();
    let entering = Entering::new(&mut Rng::new(1), &plan, 1, 1);
    assert!(count(&mut stream, &plan, &entering, 1).is_some_and(|found| found > 0));
}
