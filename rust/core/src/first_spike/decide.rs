//! Up to the first output spike: all layers advance together, window of time by window of time.

#[cfg(target_arch = "x86_64")]
use super::blocks::with_lanes;
use super::blocks::{BLOCK, Block, LANES, Weights, check_rows, with_room};
use super::neuron::{Dynamics, Fired, Ramp, State, Step};
use super::plan::{Layer, Neuron, Plan};
use super::sorter::{Sorter, Spike};
use super::spikes::{Lists, Sites};
use crate::control::Watch;
use crate::error::Result;
use crate::simd::{Kernel, Level};

/// Input spikes in one window of time.
const WINDOW: usize = 16;
const LANES_IN_BLOCK: usize = BLOCK / LANES;

/// The first output spike of each sample: the neuron (-1: none) and its time.
pub type Decisions = Vec<(i64, f32)>;

/// How far samples are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The first output spike.
    Decision,
    /// The last spike of all.
    End,
}

/// What came out of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The neuron of the first output spike; -1: none.
    pub winner: i64,
    /// When it came.
    pub time: f32,
    /// Of a sample that was run to its end: the times of each layer's neurons.
    pub times: Vec<Vec<f32>>,
}

impl Decided {
    /// The scores of output neurons, the earlier the higher: minus their times.
    pub fn scores(&self) -> impl Iterator<Item = f32> {
        self.times.last().into_iter().flatten().map(|time| -time)
    }
}

/// Decide a group of samples.
pub(super) fn decide(
    (plan, level): (&Plan, Level),
    weights: &[Option<Weights<'_>>],
    inputs: &[f32],
    until: Until,
    poll: &dyn Watch,
) -> Result<Vec<Decided>> {
    let mut running = Running { plan, level, layers: Stage::all(plan, weights)?, sorter: Sorter::default() };
    let mut found = Vec::new();
    for sample in inputs.chunks_exact(plan.in_size()) {
        poll.check()?;
        let mut map = Lists::new();
        map.push_map(sample, &mut running.sorter);
        found.push(running.sample(map.get(0), until));
    }
    Ok(found)
}

struct Running<'a> {
    plan: &'a Plan,
    level: Level,
    layers: Vec<Stage<'a>>,
    sorter: Sorter,
}

/// One layer while a sample runs.
struct Stage<'a> {
    layer: &'a Layer,
    weights: Option<&'a Weights<'a>>,
    /// One state a site and block.
    states: Vec<State<LANES_IN_BLOCK>>,
    waiting: Vec<bool>,
    sites: Sites,
    lists: Lists,
    times: Vec<f32>,
    marks: Vec<f32>,
    /// The spikes of this window, and the same in order.
    spikes: Vec<Spike>,
    ordered: Vec<Spike>,
}

impl Running<'_> {
    fn sample(&mut self, map: &[Spike], until: Until) -> Decided {
        for stage in &mut self.layers {
            stage.reset(self.plan.neuron);
        }
        let (mut rest, mut decision) = (map, None);
        loop {
            let mut count = WINDOW.min(rest.len());
            // A window ends behind all spikes of one time, and the last one never.
            while count < rest.len() && rest[count].time == rest[count - 1].time {
                count += 1;
            }
            let (now, later) = rest.split_at(count);
            let last = now.last().filter(|_| !later.is_empty());
            let spike = self.window(now, last.map_or(f32::INFINITY, |spike| spike.time));
            decision = decision.or(spike);
            if later.is_empty() || (decision.is_some() && until == Until::Decision) {
                break;
            }
            rest = later;
        }
        let (winner, time) = decision.unwrap_or((-1, f32::INFINITY));
        let times = if until == Until::End {
            self.layers.iter().map(|stage| stage.times.clone()).collect()
        } else {
            Vec::new()
        };
        Decided { winner, time, times }
    }

    /// Advance all layers to `until`; gives the first output spike if some came.
    fn window(&mut self, inputs: &[Spike], until: f32) -> Option<(i64, f32)> {
        let mut below = inputs;
        for stage in &mut self.layers {
            stage.advance(self.plan.neuron, self.level, below, until);
            stage.ordered.clear();
            stage.ordered.extend(self.sorter.sorted(stage.spikes.iter().copied()));
            below = &stage.ordered;
        }
        let stage = self.layers.last()?;
        let by_potential = self.plan.neuron != Neuron::Ramp && stage.weights.is_some();
        let first = stage.spikes.iter().min_by(|a, b| {
            let potential = |spike: &Spike| if by_potential { stage.marks[spike.row as usize] } else { 0.0 };
            let larger = potential(b).total_cmp(&potential(a));
            a.time.total_cmp(&b.time).then(larger).then(a.row.cmp(&b.row))
        })?;
        Some((i64::from(first.row), first.time))
    }
}

impl<'a> Stage<'a> {
    fn all(plan: &'a Plan, weights: &'a [Option<Weights<'a>>]) -> Result<Vec<Self>> {
        plan.layers.iter().zip(weights).map(|(layer, weights)| Self::new(layer, weights.as_ref())).collect()
    }

    fn new(layer: &'a Layer, weights: Option<&'a Weights<'a>>) -> Result<Self> {
        let sites = Sites::new(layer);
        if let Some(weights) = weights {
            check_rows(weights.rows(), if layer.is_dense() { layer.in_size() } else { sites.rows() })?;
        }
        Ok(Self {
            layer,
            weights,
            states: Vec::new(),
            waiting: Vec::new(),
            sites,
            lists: Lists::new(),
            times: Vec::new(),
            marks: Vec::new(),
            spikes: Vec::new(),
            ordered: Vec::new(),
        })
    }

    fn reset(&mut self, neuron: Neuron) {
        let size = self.layer.out_size();
        self.times.clear();
        self.times.resize(size, f32::INFINITY);
        self.marks.clear();
        self.marks.resize(size, 0.0);
        let Some(weights) = self.weights else { return };
        let threshold = self.layer.threshold.unwrap_or(1.0);
        self.states.clear();
        self.waiting.clear();
        for _ in 0..self.layer.sites() {
            self.states.extend((0..weights.blocks()).map(|number| {
                let width = weights.block(number).width;
                match neuron {
                    Neuron::Ramp => State::new(Ramp { threshold }, width),
                    Neuron::Step { strict, .. } => State::new(Step { threshold, strict }, width),
                }
            }));
        }
        self.waiting.resize(self.states.len(), true);
    }

    fn advance(&mut self, neuron: Neuron, level: Level, below: &[Spike], until: f32) {
        self.spikes.clear();
        let threshold = self.layer.threshold.unwrap_or(1.0);
        match neuron {
            _ if self.weights.is_none() => self.pool(below),
            Neuron::Ramp => level.run(Advance { stage: self, dynamics: Ramp { threshold }, below, until }),
            Neuron::Step { strict, .. } => {
                level.run(Advance { stage: self, dynamics: Step { threshold, strict }, below, until });
            }
        }
    }

    /// Spikes come in order: the first one of a window is its earliest.
    fn pool(&mut self, below: &[Spike]) {
        let channels = self.layer.columns();
        for spike in below {
            for &(site, _) in self.sites.seeing(spike.row) {
                let neuron = site as usize * channels + spike.row as usize % channels;
                if self.times[neuron] == f32::INFINITY {
                    self.times[neuron] = spike.time;
                    self.spikes.push(Spike { time: spike.time, row: neuron as u32 });
                }
            }
        }
    }
}

struct Advance<'a, 'b, D> {
    stage: &'a mut Stage<'b>,
    dynamics: D,
    below: &'a [Spike],
    until: f32,
}

impl<D: Dynamics> Kernel for Advance<'_, '_, D> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { stage, dynamics, below, until } = self;
        let Some(weights) = stage.weights else { return };
        let dense = stage.layer.is_dense();
        if !dense {
            stage.lists.share_out(below, &stage.sites);
        }
        for site in 0..stage.layer.sites() {
            let spikes = if dense { below } else { stage.lists.get(site) };
            for number in 0..weights.blocks() {
                let place = site * weights.blocks() + number;
                if !stage.waiting[place] {
                    continue;
                }
                let block = weights.block(number);
                let mut fired = Fired::NONE;
                let state = &mut stage.states[place];
                stage.waiting[place] = with_room!(block.lanes(), N, lanes => {
                    advance::<D, N>(dynamics, state, (&block, lanes), spikes, &mut Window { fired: &mut fired, until })
                });
                let first = site * weights.columns() + block.first;
                for (n, &time) in fired.times.as_flattened()[..block.width].iter().enumerate() {
                    if time < f32::INFINITY {
                        stage.times[first + n] = time;
                        stage.marks[first + n] = fired.marks.as_flattened()[n];
                        stage.spikes.push(Spike { time, row: (first + n) as u32 });
                    }
                }
            }
        }
    }
}

/// Up to when neurons are looked at, and where it goes what they give.
struct Window<'a> {
    fired: &'a mut Fired<LANES_IN_BLOCK>,
    until: f32,
}

/// Advance the first lanes, of `N` at most.
#[inline(always)]
fn advance<D: Dynamics, const N: usize>(
    dynamics: D,
    state: &mut State<LANES_IN_BLOCK>,
    block: (&Block<'_>, usize),
    spikes: &[Spike],
    window: &mut Window<'_>,
) -> bool {
    let (mut narrow, mut now) = (State::<N>::new(dynamics, N * LANES), Fired::<N>::NONE);
    narrow.last = state.last;
    for n in 0..N {
        (narrow.a[n], narrow.b[n]) = (state.a[n], state.b[n]);
    }
    let waiting = narrow.advance(dynamics, block, spikes, &mut now, window.until);
    state.last = narrow.last;
    for n in 0..N {
        (state.a[n], state.b[n]) = (narrow.a[n], narrow.b[n]);
        (window.fired.times[n], window.fired.marks[n]) = (now.times[n], now.marks[n]);
    }
    waiting
}
