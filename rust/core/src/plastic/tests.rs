//! The engine without Python: stores, tiles and threads agree, and wrong plans are refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::error::Kind;
use crate::simd::Level;

const STEPS: usize = 300;

fn table(tau: f64) -> Table {
    let values = |sign: f64| (0..64).map(|k| (sign * f64::from(k) / tau).exp() as f32).collect();
    Table { down: values(-1.0), up: values(1.0), epoch: (-64.0 / tau).exp() as f32 }
}

fn change(pair: f32) -> Change {
    Change { pair, triplet: 0.0, offset: 0.0, split: false, dependence: Dependence::None }
}

fn kernel() -> Kernel {
    Kernel {
        x: table(20.0),
        y: table(15.0),
        x2: None,
        y2: None,
        c: None,
        nearest: [false; 4],
        pre: change(-0.1),
        post: change(0.1),
        w_max: 1.0,
        inverse: 1.0,
        eta: 0.0,
        exclusive: false,
        restricted: false,
    }
}

fn plan() -> Plan {
    let cells = Cells {
        synapses: Synapses::Delta,
        constants: [0.9, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        refractory: 2,
        threshold: None,
    };
    let inputs =
        Population { name: "inputs".into(), size: 40, stream: 0, keep: 0, make: Make::Each(vec![1 << 27; 40]) };
    let cells = Population { name: "cells".into(), size: 30, stream: 1, keep: 3, make: Make::Cells(cells) };
    let projection = |pre, delay| Projection {
        name: format!("from{pre}"),
        pre,
        post: 1,
        delay,
        inhibitory: pre == 1,
        recipe: Recipe::All,
        low: 0.0,
        span: 1.0,
        high: 1.0,
        weight_seed: 5,
        kernel: Some(kernel()),
    };
    Plan { seed: 3, populations: vec![inputs, cells], projections: vec![projection(0, 0), projection(1, 3)] }
}

fn run(lazy: bool, tile: usize, threads: usize) -> (Vec<(i64, u32)>, Arrays) {
    let level = Level::named(None).unwrap();
    let mut engine = Engine::new(plan(), Build { lazy, tile, level }).unwrap();
    let part = Part { steps: STEPS, learn: true, record: vec![1], thresholds: Vec::new() };
    let mut record = engine.run(&part, threads, &mut |_| true).unwrap();
    (record.spikes.remove(0), engine.save())
}

#[test]
fn stores_tiles_and_threads_agree() {
    let expected = run(false, 1 << 16, 1);
    assert!(expected.0.len() > 100);
    for (lazy, tile, threads) in [(false, 7, 1), (false, 11, 2), (true, 1 << 16, 1), (true, 4, 3)] {
        assert!(run(lazy, tile, threads) == expected, "{lazy} {tile} {threads}");
    }
}

#[test]
fn a_stopped_run_goes_on() {
    let level = Level::named(None).unwrap();
    let mut engine = Engine::new(plan(), Build { lazy: true, tile: 8, level }).unwrap();
    let part = Part { steps: 1 << 22, learn: true, ..Part::default() };
    let error = engine.run(&part, 1, &mut |_| false).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
    let [step, learned] = engine.clock();
    assert_eq!(step, learned);
    let state = engine.save();
    let mut other = Engine::new(plan(), Build { lazy: false, tile: 30, level }).unwrap();
    other.load([step, learned], state.clone()).unwrap();
    assert!(other.save() == state);
}

#[test]
fn wrong_plans_are_refused() {
    let level = Level::named(None).unwrap();
    let build = Build { lazy: false, tile: 8, level };
    let refused = |spoil: fn(&mut Plan)| {
        let mut plan = plan();
        spoil(&mut plan);
        Engine::new(plan, build).unwrap_err().kind() == Kind::Plan
    };
    assert!(refused(|plan| plan.populations[0].size = 0));
    assert!(refused(|plan| plan.projections[1].delay = 0));
    assert!(refused(|plan| plan.projections[0].delay = 1));
    assert!(refused(|plan| plan.projections[0].post = 2));
    assert!(refused(|plan| plan.projections[0].recipe = Recipe::One));
    assert!(refused(|plan| {
        plan.projections[0].recipe = Recipe::Given { row: vec![0; 41], to: vec![30], weights: Vec::new() };
    }));
    assert!(refused(|plan| plan.populations[0].make = Make::Gaps(Vec::new())));
    assert!(refused(|plan| {
        if let Some(kernel) = &mut plan.projections[0].kernel {
            kernel.x.up.pop();
        }
    }));
}
