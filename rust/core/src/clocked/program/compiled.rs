//! A plan made ready: stages, packed weights, memory.

use crate::clocked::maps::buffers::Place;
use crate::clocked::program::layout::Layout;
use crate::clocked::program::stage::{Stage, Staged, stages};
use crate::clocked::synapses::choice::{Choice, Family};
use crate::error::Result;
use crate::plan::{Body, Conv, Fanout, Kind, Op, Plan, carrying, deliveries};
use crate::simd::Level;

/// A plan made ready: what all runs of it read.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) level: Level,
    pub(crate) family: Option<Family>,
    pub(crate) ops: Vec<Op>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) layout: Layout,
    pub(crate) meters: Vec<Meter>,
    /// A word for what runs each operation.
    pub(crate) kernels: Vec<&'static str>,
    pub(crate) work: Work,
    pub(crate) thread_work: f64,
    pub(crate) counts: bool,
}

/// How a plan is to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The SIMD level.
    pub level: Level,
    /// The kernels of every convolution that has them; `None` chooses by the share of active inputs.
    pub family: Option<Family>,
    /// Estimated nanoseconds of work for each thread beyond the first: a run with less has fewer threads.
    pub thread_work: f64,
    /// Whether runs may count operations, for which tables of every neuron's weights are kept.
    pub counts: bool,
}

impl Options {
    /// What a thread must have to do, if nothing else is said: several times what it takes to start one.
    pub const THREAD_WORK: f64 = 200_000.0;
}

impl From<Level> for Options {
    fn from(level: Level) -> Self {
        Self { level, family: None, thread_work: Self::THREAD_WORK, counts: true }
    }
}

/// What is counted in an operation's map.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// The weight layers that read it.
    pub(crate) readers: Vec<Reader>,
    /// Whether neurons make it.
    pub(crate) is_neuron: bool,
    /// Whether it holds spikes.
    pub(crate) fires: bool,
}

/// A weight layer that reads a map: tables in `[pixel][channel]` order.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) op: usize,
    /// Weights that an event meets, where some of them are zero.
    pub(crate) fanout: Option<Vec<u32>>,
    pub(crate) fanout_nonzero: Vec<u32>,
    /// How often a spike of a level gets there, through pools and sums.
    pub(crate) times: Option<Vec<u32>>,
}

impl Compiled {
    /// Make a plan ready for a SIMD level.
    ///
    /// # Errors
    ///
    /// The plan's maps need more memory than the engine asks for.
    pub(crate) fn new(plan: Plan, options: Options) -> Result<Self> {
        let Options { level, family, thread_work, counts } = options;
        let (meters, work) = metered(plan.ops(), counts)?;
        let mut ops = plan.into_ops();
        let Staged { stages, kernels } = stages(&mut ops, Choice { level, family })?;
        let layout = Layout::new(&ops, &stages)?;
        Ok(Self { level, family, ops, stages, layout, meters, kernels, work, thread_work, counts })
    }

    pub(crate) fn place(&self, op: usize) -> &Place {
        &self.layout.places[op]
    }
}

/// What is counted, and how much work there is. The tables of a weight layer are larger than all weights: where nothing is counted
/// (`keep` is false), they are dropped before the next layer has its own.
fn metered(ops: &[Op], keep: bool) -> Result<(Vec<Meter>, Work)> {
    let mut meters: Vec<Meter> = ops
        .iter()
        .map(|op| Meter {
            readers: Vec::new(),
            is_neuron: matches!(op.body, Body::Neuron(_)),
            fires: op.spec.kind.holds_spikes(),
        })
        .collect();
    let (levels, mut work) = (carrying(ops), Work::default());
    for (number, op) in ops.iter().enumerate() {
        let Body::Conv(conv) = &op.body else {
            work.add(op, 0.1 * op.spec.shape.size() as f64);
            continue;
        };
        let readers = readers(ops, number, conv, levels[conv.source])?;
        let met: f64 = readers.iter().flat_map(|(_, reader)| &reader.fanout_nonzero).map(|&met| f64::from(met)).sum();
        work.add(op, met * if ops[conv.source].spec.kind.holds_spikes() { 0.1 / 20.0 } else { 1.0 / 20.0 });
        for (map, reader) in readers {
            if keep {
                meters[map].readers.push(reader);
            }
        }
    }
    Ok((meters, work))
}

/// The maps whose events a weight layer reads, itself or, of levels, through pools and sums.
fn readers(ops: &[Op], number: usize, conv: &Conv, levels: bool) -> Result<Vec<(usize, Reader)>> {
    let source = &ops[conv.source].spec;
    let fanout = Fanout::new(conv, source.shape, ops[number].spec.shape)?;
    let reader = |Fanout { all, nonzero }: Fanout, with_zeros: bool, times| Reader {
        op: number,
        fanout: (with_zeros && all != nonzero).then_some(all),
        fanout_nonzero: nonzero,
        times,
    };
    if !levels {
        return Ok(vec![(conv.source, reader(fanout, source.kind == Kind::Count, None))]);
    }
    let found = deliveries(ops, conv.source, fanout)?;
    Ok(found.into_iter().map(|found| (found.map, reader(found.fanout, true, Some(found.times)))).collect())
}

/// Nanoseconds that a sample may take one thread: an estimate.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Work {
    once: f64,
    step: f64,
}

impl Work {
    /// A tenth of all inputs spike, every real value counts, and a core adds 20 weights a nanosecond.
    fn add(&mut self, op: &Op, nanoseconds: f64) {
        *(if op.spec.is_static { &mut self.once } else { &mut self.step }) += nanoseconds;
    }

    /// Of some samples.
    pub(crate) fn nanoseconds(&self, samples: usize, steps: usize) -> f64 {
        samples as f64 * (self.once + steps as f64 * self.step)
    }
}
