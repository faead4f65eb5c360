//! The clocked engine against the oracle, bit for bit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use pysnn_core::clocked::{Array, Family, Input, MAX_STEPS, Options, Outputs, Program, Request, StateView};
use pysnn_core::error::Kind;
use pysnn_core::plan::{Body, Coding, Plan, Weights};
use pysnn_core::simd::Level;
use support::convs::{layer, linear, spiking};
use support::data::Data;
use support::plans::plan;
use support::{Rng, naive};

const PLANS: u64 = 150;

fn engine(plan: &Plan, level: Level, request: &Request<'_>) -> Outputs {
    forced(plan, level, None, request)
}

/// The outputs, without the words for what ran them.
fn forced(plan: &Plan, level: Level, family: Option<Family>, request: &Request<'_>) -> Outputs {
    // However little there is to do, all threads take part.
    let program = Program::new(plan.clone(), Options { family, thread_work: 0.0, ..Options::from(level) }).unwrap();
    let mut outputs = program.run(request, &mut |_| true).unwrap();
    assert_eq!(std::mem::take(&mut outputs.kernels).len(), plan.ops().len());
    outputs
}

fn cases(integer: bool) -> impl Iterator<Item = (u64, Rng, Plan)> {
    (0..PLANS).map(move |seed| {
        let mut rng = Rng::new(2 * seed + u64::from(integer));
        let plan = plan(&mut rng, integer);
        (seed, rng, plan)
    })
}

fn every_level_is_the_oracle(integer: bool) {
    let mut spikes = 0;
    for (seed, mut rng, plan) in cases(integer) {
        let data = Data::new(&mut rng, &plan);
        let mut request = data.request(&mut rng, &plan);
        let expected = naive::run(&plan, &request);
        for level in Level::available() {
            for (threads, block, family) in [
                (1, 0, None),
                (1, 0, Some(Family::Event)),
                (1, 0, Some(Family::Dot)),
                (2 + rng.below(2), 1 + rng.below(32), rng.pick(&[None, Some(Family::Event), Some(Family::Dot)])),
            ] {
                (request.threads, request.block) = (threads, block);
                let outputs = forced(&plan, level, family, &request);
                assert_eq!(outputs, expected, "seed {seed}, {level:?}, {threads}, {block}, {family:?}");
            }
        }
        spikes += expected.counts.iter().skip(5).step_by(8).sum::<i64>();
    }
    assert!(spikes > 1000, "the plans hardly spike");
}

#[test]
fn float32_plans_are_the_oracle() {
    every_level_is_the_oracle(false);
}

#[test]
fn int8_plans_are_the_oracle() {
    every_level_is_the_oracle(true);
}

/// Layers of any width, groups and windows, at every level, by every kernel, on any number of threads, with bands of rows and
/// samples apart.
fn every_kernel_is_the_oracle(integer: bool) {
    let mut spikes = 0;
    for seed in 0..40 {
        let mut rng = Rng::new(2 * seed + u64::from(integer));
        let plan = layer(&mut rng, integer);
        let data = Data::new(&mut rng, &plan);
        let full = data.request(&mut rng, &plan);
        let request = Request { probe: false, record_potentials: Vec::new(), ..full };
        let expected = naive::run(&plan, &request);
        for level in Level::available() {
            for family in [None, Some(Family::Event), Some(Family::Dot)] {
                let (threads, block) = (1 + rng.below(3), rng.below(2) * (1 + rng.below(32)));
                let outputs = forced(&plan, level, family, &Request { threads, block, ..request.clone() });
                assert_eq!(outputs, expected, "seed {seed}, {level:?}, {threads}, {block}, {family:?}");
            }
        }
        spikes += expected.counts.iter().skip(5).step_by(8).sum::<i64>();
    }
    assert!(spikes > 1000, "the layers hardly spike");
}

#[test]
fn float32_layers_of_any_width_are_the_oracle() {
    every_kernel_is_the_oracle(false);
}

#[test]
fn int8_layers_of_any_width_are_the_oracle() {
    every_kernel_is_the_oracle(true);
}

/// Sums that are looked up, of any number of steps, blocks and bands; those that could leave int16 are dot products.
#[test]
fn lookups_are_the_oracle() {
    let (mut spikes, mut looked_up, mut not) = (0, 0, 0);
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let plan = spiking(&mut rng);
        let data = Data::new(&mut rng, &plan);
        let full = data.request(&mut rng, &plan);
        let request = Request { probe: false, record_potentials: Vec::new(), ..full };
        let expected = naive::run(&plan, &request);
        for level in Level::available() {
            let (threads, any) = (1 + rng.below(3), 1 + rng.below(32));
            let block = rng.pick(&[0, 0, any, 12]);
            let request = Request { threads, block, ..request.clone() };
            let options = Options { family: Some(Family::Lookup), thread_work: 0.0, ..Options::from(level) };
            let mut outputs = Program::new(plan.clone(), options).unwrap().run(&request, &mut |_| true).unwrap();
            let found = std::mem::take(&mut outputs.kernels).iter().any(|word| word.contains("lookup"));
            (looked_up, not) = (looked_up + usize::from(found), not + usize::from(!found));
            assert_eq!(outputs, expected, "seed {seed}, {level:?}, {threads}, {block}");
            assert_eq!(forced(&plan, level, None, &request), expected, "seed {seed}, {level:?}, {threads}, {block}");
        }
        spikes += expected.counts.iter().skip(5).step_by(8).sum::<i64>();
    }
    assert!(spikes > 1000 && not > 10, "{spikes} spikes, {not}");
    assert!(looked_up > 10 || Level::available().iter().all(|level| level.name() != "avx512"), "{looked_up}");
}

/// Without probes and recordings other paths run: blocks do not end at reads, nothing is traced.
#[test]
fn plain_runs_give_the_same_scores_counts_and_states() {
    for integer in [false, true] {
        for (seed, mut rng, plan) in cases(integer) {
            let data = Data::new(&mut rng, &plan);
            let request = data.request(&mut rng, &plan);
            let full = engine(&plan, Level::named(None).unwrap(), &request);
            let plain = Request { probe: false, record_spikes: Vec::new(), record_potentials: Vec::new(), ..request };
            for (block, threads) in [(0, 1), (1, 2), (5, 3), (0, 3)] {
                let outputs = engine(&plan, Level::named(None).unwrap(), &Request { block, threads, ..plain.clone() });
                assert_eq!(outputs.scores, full.scores, "seed {seed}");
                assert_eq!(outputs.counts, full.counts, "seed {seed}");
                assert_eq!((&outputs.by_sample, &outputs.by_step), (&full.by_sample, &full.by_step), "seed {seed}");
                assert_eq!(outputs.state, full.state, "seed {seed}");
                assert!(outputs.probes.is_empty() && outputs.spikes.is_empty());
            }
            let stateless = engine(&plan, Level::named(None).unwrap(), &Request { keep_state: false, ..plain.clone() });
            assert_eq!(stateless.scores, full.scores);
            assert!(stateless.state.iter().all(|(_, array)| matches!(array, Array::Real(_))));
            let uncounted = engine(&plan, Level::named(None).unwrap(), &Request { count: false, ..plain });
            assert_eq!(uncounted.scores, full.scores);
            assert!(uncounted.counts.iter().all(|&count| count == 0) && uncounted.by_sample.is_empty());
            assert_eq!(uncounted.by_step, full.by_step);
        }
    }
}

/// Every input is active at every second step; all levels must agree with the oracle.
fn check_linear(plan: &Plan, inputs: usize) {
    let steps = 5;
    let index: Vec<u32> = (0..steps).flat_map(|step| (0..inputs as u32).filter(move |_| step % 2 == 0)).collect();
    let offsets: Vec<i64> = (0..=steps).map(|step| (step as i64 + 1) / 2 * inputs as i64).collect();
    let request = Request {
        input: Input::Events { offsets: &offsets, index: &index },
        batch: 1,
        steps,
        read_at: vec![1, steps],
        state: None,
        start: 0,
        threads: 1,
        block: 0,
        count: true,
        count_by_step: false,
        probe: false,
        keep_state: true,
        record_spikes: Vec::new(),
        profile: false,
        record_potentials: Vec::new(),
    };
    let expected = naive::run(plan, &request);
    for level in Level::available() {
        assert_eq!(engine(plan, level, &request), expected, "{level:?}");
    }
}

/// int8 rows are summed in 16-bit lanes for a while: not for too long.
#[test]
fn sums_of_extreme_weights_do_not_wrap() {
    for weight in [127, -128] {
        let (inputs, outputs) = (700, 5);
        check_linear(
            &linear(inputs, outputs, Weights::Integer(vec![weight; inputs * outputs], vec![0; outputs])),
            inputs,
        );
    }
}

/// More weights than stay cached: blocks of output channels run one after the other.
#[test]
fn large_layers_run_block_by_block() {
    let (inputs, outputs, mut rng) = (2500, 150, Rng::new(7));
    let weight = (0..inputs * outputs).map(|_| rng.real()).collect();
    check_linear(&linear(inputs, outputs, Weights::Real(weight, vec![0.5; outputs])), inputs);
}

/// What enters before and behind a cut; `values` of frames lie before it.
fn cut(input: Input<'_>, values: usize) -> [Input<'_>; 2] {
    if let Input::Frames(frames) = input {
        let (before, behind) = frames.split_at(values);
        return [Input::Frames(before), Input::Frames(behind)];
    }
    [input; 2]
}

fn views(outputs: &Outputs) -> Vec<(usize, StateView<'_>)> {
    outputs.state.iter().map(|(op, array)| (*op, view(array))).collect()
}

fn view(array: &Array) -> StateView<'_> {
    match array {
        Array::Real(values) => StateView::Real(values),
        Array::Integer(values) => StateView::Integer(values),
        Array::Long(values) => StateView::Long(values),
        Array::Bytes(values) => StateView::Bytes(values),
    }
}

#[test]
fn a_state_goes_on_where_it_stopped() {
    for integer in [false, true] {
        for (seed, mut rng, plan) in cases(integer) {
            let data = Data::new(&mut rng, &plan);
            let whole = data.request(&mut rng, &plan);
            if matches!(whole.input, Input::Events { .. }) || data.steps < 2 {
                continue;
            }
            let level = Level::named(None).unwrap();
            let whole = Request { read_at: vec![data.steps], ..whole };
            let expected = engine(&plan, level, &whole);
            let first = 1 + rng.below(data.steps - 1);
            let [input, later] = cut(whole.input, first * whole.batch * plan.ops()[0].spec.shape.size());
            let before = engine(&plan, level, &Request { input, steps: first, read_at: vec![first], ..whole.clone() });
            let rest = Request {
                input: later,
                steps: data.steps - first,
                read_at: vec![data.steps - first],
                start: first as u64,
                state: Some(views(&before)),
                ..whole.clone()
            };
            let after = engine(&plan, level, &rest);
            assert_eq!(after, naive::run(&plan, &rest), "seed {seed}");
            assert_eq!(after.scores, expected.scores, "seed {seed}");
            assert_eq!(after.state, expected.state, "seed {seed}");
        }
    }
}

#[test]
fn a_run_stops_when_it_is_told_to() {
    let (mut stopped, steps) = (0, MAX_STEPS);
    for integer in [false, true] {
        // Events are given for each step, and there are none for so many; without neurons there is next to nothing to do.
        let long = |plan: &Plan| {
            let given = matches!(plan.ops()[0].body, Body::Input(Coding::Constant | Coding::Poisson));
            given && plan.ops().iter().any(|op| matches!(op.body, Body::Neuron(_)))
        };
        for (seed, mut rng, plan) in cases(integer).filter(|(_, _, plan)| long(plan)).take(3) {
            let data = Data::new(&mut rng, &plan);
            let request = data.request(&mut rng, &plan);
            let (read_at, none) = (vec![steps], Vec::new);
            let (record_spikes, record_potentials) = (none(), none());
            let long = Request { steps, read_at, count_by_step: false, record_spikes, record_potentials, ..request };
            let program = Program::new(plan, Level::named(None).unwrap()).unwrap();
            let error = program.run(&long, &mut |_| false).unwrap_err();
            assert_eq!(error.kind(), Kind::Cancelled, "seed {seed}");
            stopped += 1;
        }
    }
    assert_eq!(stopped, 6);
}
