//! Operation counts by looking at everything.

use super::Map;
use super::operations::synapses;
use pysnn_core::clocked::COUNT_FIELDS;
use pysnn_core::plan::{Body, Op, Weights};

/// Brute-force counts: every synapse of every event is looked at.
pub(super) struct Tally {
    pub(super) counts: Vec<[i64; COUNT_FIELDS]>,
    pub(super) spikes: Vec<Vec<i64>>,
    steps: i64,
}

impl Tally {
    pub(super) fn new(ops: &[Op]) -> Self {
        let spikes = ops.iter().map(|op| vec![0; op.spec.shape.size()]).collect();
        Self { counts: vec![[0; COUNT_FIELDS]; ops.len()], spikes, steps: 0 }
    }

    pub(super) fn step(&mut self, ops: &[Op], maps: &[Map], counts_static: bool) {
        self.steps += 1;
        for (number, op) in ops.iter().enumerate() {
            let counts = &mut self.counts[number];
            match &op.body {
                Body::Conv(conv) => {
                    let source = &ops[conv.source].spec;
                    let zero = |w: usize| match &conv.weights {
                        Weights::Real(weight, _) => weight[w] == 0.0,
                        Weights::Integer(weight, _) => weight[w] == 0,
                    };
                    match &maps[conv.source] {
                        Map::Integer(events) => {
                            counts[0] += events.iter().sum::<i64>();
                            synapses(&op.spec, source, conv, |_, j, w| counts[1 + usize::from(zero(w))] += events[j]);
                        }
                        Map::Real(values) if counts_static || !source.is_static => {
                            let mut macs = 0;
                            let nonzero = |j: usize| values[j] != 0.0;
                            synapses(&op.spec, source, conv, |_, j, w| macs += i64::from(nonzero(j) && !zero(w)));
                            counts[3] += macs;
                        }
                        Map::Real(_) => {}
                    }
                }
                Body::Neuron(_) => {
                    counts[4] += op.spec.shape.size() as i64;
                    if matches!(maps[number], Map::Real(_)) {
                        continue;
                    }
                    let spikes = &mut self.spikes[number];
                    spikes.iter_mut().zip(maps[number].integers()).for_each(|(sum, spike)| *sum += spike);
                    counts[5] = spikes.iter().sum();
                    counts[6] = spikes.iter().filter(|&&n| n == 0).count() as i64;
                    counts[7] = spikes.iter().filter(|&&n| n >= self.steps).count() as i64;
                }
                _ => {}
            }
        }
    }
}
