//! The first-spike engine against a scalar oracle, at every SIMD level.

use pysnn_core::error::Result;
use pysnn_core::first_spike::{BackwardInputs, Engine, Layer, Neuron, Plan, Rule, Until};
use pysnn_core::plan::Window;
use pysnn_core::simd::Level;

const INF: f32 = f32::INFINITY;

/// Numbers between 0 and 1, the same ones at each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

fn dense(inputs: usize, units: usize) -> Layer {
    let window = Window { kernel: [1, 1], stride: [1, 1], pads: [0; 4], dilation: [1, 1] };
    Layer { name: "dense".into(), input: [1, 1, inputs], output: [1, 1, units], window, threshold: Some(1.0) }
}

struct Net {
    sizes: Vec<usize>,
    weights: Vec<Vec<f32>>,
    inputs: Vec<f32>,
    neuron: Neuron,
}

impl Net {
    fn new(sizes: &[usize], neuron: Neuron, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let pairs = sizes.iter().zip(&sizes[1..]);
        let weights = pairs
            .map(|(&rows, &columns)| {
                (0..rows * columns).map(|_| (dice.next() - 0.35) * 8.0 / (rows as f32).sqrt()).collect()
            })
            .collect();
        let inputs =
            (0..20 * sizes[0]).map(|_| if dice.next() < 0.3 { INF } else { (dice.next() * 8.0).floor() }).collect();
        Self { sizes: sizes.to_vec(), weights, inputs, neuron }
    }

    fn engine(&self, level: Level) -> Result<Engine> {
        let layers = self.sizes.iter().zip(&self.sizes[1..]).map(|(&inputs, &units)| dense(inputs, units)).collect();
        Ok(Engine::new(Plan::new(self.neuron, layers)?, level))
    }

    fn weights(&self) -> Vec<&[f32]> {
        self.weights.iter().map(Vec::as_slice).collect()
    }
}

/// One neuron, as `docs/numerics.md` has it.
fn naive(neuron: Neuron, spikes: &[(f32, usize)], weight: impl Fn(usize) -> f32) -> f32 {
    let (mut a, mut c) = (0.0, 1.0);
    for (k, &(time, row)) in spikes.iter().enumerate() {
        a += weight(row);
        c += weight(row) * time;
        let next = spikes.get(k + 1).map_or(INF, |spike| spike.0);
        if next > time {
            let at = c / a;
            match neuron {
                Neuron::Ramp if a > 0.0 && at <= next => return at.max(f32::from_bits(time.to_bits() + 1)),
                Neuron::Step { strict, .. } if a > 1.0 || (!strict && a == 1.0) => return time,
                _ => {}
            }
        }
    }
    INF
}

fn naive_layer(neuron: Neuron, times: &[f32], weights: &[f32], units: usize) -> Vec<f32> {
    let mut spikes: Vec<(f32, usize)> = times.iter().copied().zip(0..).filter(|spike| spike.0 < INF).collect();
    spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    (0..units).map(|unit| naive(neuron, &spikes, |row| weights[row * units + unit])).collect()
}

fn nets() -> Vec<Net> {
    let kinds = [Neuron::Ramp, Neuron::Step { strict: false, steps: 8 }, Neuron::Step { strict: true, steps: 8 }];
    let sizes: [&[usize]; 4] = [&[30, 7], &[50, 100, 10], &[20, 64, 33, 4], &[90, 210]];
    let pairs = kinds.iter().flat_map(|&kind| sizes.iter().map(move |&sizes| (kind, sizes)));
    pairs.zip(1..).map(|((kind, sizes), seed)| Net::new(sizes, kind, seed)).collect()
}

#[test]
fn every_level_fires_as_the_oracle() {
    let mut silent = 0;
    for net in nets() {
        for level in Level::available() {
            let tape = net.engine(level).unwrap().forward(&net.weights(), &net.inputs, 2, &mut |_| true).unwrap();
            let mut below = net.inputs.clone();
            for (layer, weights) in net.weights.iter().enumerate() {
                let (rows, units) = (net.sizes[layer], net.sizes[layer + 1]);
                below = below.chunks(rows).flat_map(|times| naive_layer(net.neuron, times, weights, units)).collect();
                assert_eq!(tape.times(layer), below, "{:?} {:?} layer {layer}", net.neuron, net.sizes);
                silent += below.iter().filter(|&&time| time == INF).count();
            }
        }
    }
    assert!(silent > 0);
}

#[test]
fn decisions_are_the_first_spikes() {
    for net in nets() {
        for level in Level::available() {
            let engine = net.engine(level).unwrap();
            let tape = engine.forward(&net.weights(), &net.inputs, 1, &mut |_| true).unwrap();
            let layer = net.weights.len() - 1;
            let (times, marks) = (tape.times(layer), tape.marks(layer));
            let units = net.sizes[layer + 1];
            let decided = engine.decide(&net.weights(), &net.inputs, 2, &mut |_| true).unwrap();
            for (sample, &(winner, time)) in decided.iter().enumerate() {
                let own = sample * units..(sample + 1) * units;
                let first = times[own.clone()].iter().copied().fold(INF, f32::min);
                assert_eq!(time, first);
                let rank = |unit: usize| if net.neuron == Neuron::Ramp { 0.0 } else { marks[own.start + unit] };
                let mut best: Option<usize> = None;
                for unit in (0..units).filter(|&unit| first < INF && times[own.start + unit] == first) {
                    best = if best.is_none_or(|best| rank(unit) > rank(best)) { Some(unit) } else { best };
                }
                assert_eq!(winner, best.map_or(-1, |unit| unit as i64));
            }
        }
    }
}

#[test]
fn samples_that_run_to_their_end_have_the_times_of_the_forward_pass() {
    for net in nets() {
        for level in Level::available() {
            let engine = net.engine(level).unwrap();
            let tape = engine.forward(&net.weights(), &net.inputs, 1, &mut |_| true).unwrap();
            let decided = engine.run(&net.weights(), &net.inputs, Until::Decision, 1, &mut |_| true).unwrap();
            let ended = engine.run(&net.weights(), &net.inputs, Until::End, 2, &mut |_| true).unwrap();
            assert_eq!((decided.len(), ended.len()), (20, 20));
            for layer in 0..net.weights.len() {
                let times: Vec<f32> = ended.iter().flat_map(|sample| sample.times[layer].clone()).collect();
                assert_eq!(times, tape.times(layer), "{:?} {:?} layer {layer}", net.neuron, net.sizes);
            }
            for (ended, decided) in ended.iter().zip(&decided) {
                assert_eq!((ended.winner, ended.time), (decided.winner, decided.time));
                let last = &ended.times[net.weights.len() - 1];
                assert!(ended.scores().eq(last.iter().map(|time| -time)) && decided.times.is_empty());
            }
        }
    }
}

#[test]
fn every_level_goes_back_alike() {
    for net in nets() {
        let kernel = [-1.0; 17];
        let mut expected = None;
        for level in Level::available() {
            for threads in [1, 3] {
                let engine = net.engine(level).unwrap();
                let tape = engine.forward(&net.weights(), &net.inputs, threads, &mut |_| true).unwrap();
                let mut dice = Dice(9);
                let gradient: Vec<f32> = (0..20 * engine.plan().out_size()).map(|_| dice.next() - 0.5).collect();
                let rule = Rule { min_slope: 0.05, step_kernel: &kernel, inputs: true };
                let back = BackwardInputs { tape: &tape, gradient: &gradient, rule };
                let found = engine.backward(&net.weights(), &back, threads, &mut |_| true).unwrap();
                let found = (found.weights, found.inputs);
                assert!(found.1.iter().any(|&value| value != 0.0));
                assert_eq!(*expected.get_or_insert(found.clone()), found);
            }
        }
    }
}
