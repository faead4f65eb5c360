//! A session: one stream, in memory of the caller's.

use crate::MAPS;
use crate::fault::{Result, fault};
use crate::layout::{Layout, arrange, kept};
use crate::model::Model;
use crate::op::{Kind, Map, Op};
use crate::proof::prove;

/// A stream.
#[derive(Debug)]
pub struct Session<'m, 'a> {
    pub(crate) model: &'m Model<'a>,
    pub(crate) layout: Layout,
    /// What operations remember, and room for currents.
    pub(crate) words: &'m mut [i32],
    /// Maps of counts.
    pub(crate) bytes: &'m mut [u8],
    pub(crate) steps: u64,
    /// Steps that are proven.
    pub(crate) proven: u64,
    /// Steps go on from those before; else each call is a run from a fresh start.
    pub(crate) goes_on: bool,
    /// A picture has been set.
    ready: bool,
    /// Spikes, or levels, of all neurons since the start.
    pub(crate) spikes: u64,
}

impl<'m, 'a> Session<'m, 'a> {
    /// What it runs.
    #[must_use]
    pub fn model(&self) -> &'m Model<'a> {
        self.model
    }

    /// How many words and bytes a session of a model takes: a stream, or one for runs.
    #[must_use]
    pub fn room(model: &Model<'_>, goes_on: bool) -> [usize; 2] {
        let layout = Layout::of(model, goes_on).unwrap_or_default();
        [layout.words, layout.counts]
    }

    /// Begin a stream, or a session for runs of pictures.
    ///
    /// # Errors
    ///
    /// Memory is short, events enter and runs are wanted, or neurons have windows and a stream is wanted.
    pub fn start(model: &'m Model<'a>, goes_on: bool, words: &'m mut [i32], bytes: &'m mut [u8]) -> Result<Self> {
        if !goes_on && !model.pixels() {
            return Err(fault!(Unsupported, "events enter: PYSNN_STREAM alone"));
        }
        if goes_on && model.window() > 0 {
            return Err(fault!(Unsupported, "first-spike windows have no streams: PYSNN_RUNS alone"));
        }
        let Some(layout) = Layout::of(model, goes_on) else {
            return Err(fault!(Unsupported, "too many maps are needed at once for runs: PYSNN_STREAM"));
        };
        if words.len() < layout.words || bytes.len() < layout.counts {
            return Err(fault!(Memory, "the memory is smaller than pysnn_probe says"));
        }
        let mut session = Self { model, layout, words, bytes, steps: 0, proven: 0, goes_on, ready: false, spikes: 0 };
        let places = &mut session.words[layout.places..];
        arrange(model, !goes_on, layout.steps, &mut |number, place| places[number] = place as i32);
        session.reset();
        Ok(session)
    }

    /// Go back to the start.
    pub fn reset(&mut self) {
        self.words[..self.layout.places].fill(0);
        (self.steps, self.proven, self.spikes) = (0, 0, 0);
        let mut at = 0;
        for number in 0..self.model.count() {
            let op = self.model.op(number);
            let size = self.kept(op);
            let own = &mut self.words[at..at + size];
            if op.kind() == Kind::Neuron && self.goes_on {
                let (neurons, pixels) = (self.model.neurons(op), op.pixels());
                for (i, v) in own[..op.size()].iter_mut().enumerate() {
                    *v = neurons.v_init.at(if neurons.per_neuron { i } else { i / pixels });
                }
            } else if op.kind() == Kind::Output && self.model.readout() == 4 {
                own.fill(-1);
            }
            at += size;
        }
    }

    /// Steps since the start.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Set the picture that enters at every step from now on.
    ///
    /// # Errors
    ///
    /// Events enter, or it has another number of pixels.
    pub fn picture(&mut self, picture: &[u8]) -> Result<()> {
        let input = self.model.op(0);
        if !self.model.pixels() {
            return Err(fault!(Argument, "events enter this network: pysnn_step_events"));
        }
        let (over, under) = self.bytes[..input.size()].split_at_mut(input.size() / 2);
        if picture.len() != over.len() {
            return Err(fault!(Argument, "another number of pixels than the network has inputs"));
        }
        let rows = picture.chunks(input.pixels()).zip(self.model.means());
        let maps = over.chunks_mut(input.pixels()).zip(under.chunks_mut(input.pixels()));
        for ((row, &mean), (over, under)) in rows.zip(maps) {
            for (&pixel, (over, under)) in row.iter().zip(over.iter_mut().zip(under)) {
                (*over, *under) = (pixel.saturating_sub(mean), mean.saturating_sub(pixel));
            }
        }
        self.ready = true;
        Ok(())
    }

    /// Take some steps with the picture that has been set.
    ///
    /// # Errors
    ///
    /// Events enter, or there is no picture; a potential could leave int32.
    pub fn run(&mut self, steps: u32) -> Result<()> {
        if !self.model.pixels() {
            return Err(fault!(Argument, "events enter this network: pysnn_step_events"));
        }
        if !self.ready || steps == 0 {
            return Err(fault!(Argument, "no input has been set, or no step is wanted"));
        }
        if self.goes_on {
            return (0..steps).try_for_each(|_| self.advance(1));
        }
        if steps as usize > self.layout.steps {
            return Err(fault!(Argument, "more steps than the file is meant for: PYSNN_STREAM"));
        }
        self.reset();
        self.advance(steps as usize)
    }

    /// Take a step with events at some inputs.
    ///
    /// # Errors
    ///
    /// An input that does not exist or gets too many events; a potential could leave int32.
    pub fn step(&mut self, events: &[u32]) -> Result<()> {
        let input = self.model.op(0);
        if self.model.pixels() {
            return Err(fault!(Argument, "pictures enter this network: pysnn_steps"));
        }
        let map = &mut self.bytes[..input.size()];
        map.fill(0);
        for &event in events {
            match map.get_mut(event as usize) {
                None => return Err(fault!(Data, "an event at an input that does not exist")),
                Some(count) if usize::from(*count) >= input.most() => {
                    return Err(fault!(Data, "more events at an input than the file allows"));
                }
                Some(count) => *count += 1,
            }
        }
        self.advance(1)
    }

    fn kept(&self, op: Op<'_>) -> usize {
        if self.goes_on || op.kind() == Kind::Output { kept(self.model, op) } else { 0 }
    }

    /// Take steps with the counts that lie in the input's map: one, or all of a run, layer by layer.
    pub(crate) fn advance(&mut self, steps: usize) -> Result<()> {
        if self.proven < steps as u64 {
            self.proven = self.prove(steps as u64)?;
        }
        let mut at = 0;
        for number in 1..self.model.count() {
            let op = self.model.op(number);
            match (op.kind(), op.map()) {
                (Kind::Neuron, _) => self.neurons(number, op, [at, steps]),
                (Kind::Byte, _) if MAPS => self.byte(number, op, steps),
                (Kind::MaxPool, _) if MAPS && self.goes_on => self.max_pool(number, op, at),
                (Kind::Output, _) => self.output(op, [at, steps]),
                (Kind::MaxPool, _) | (_, Map::Count) if MAPS => self.counted(number, op, steps),
                _ => {}
            }
            at += self.kept(op);
        }
        self.steps += steps as u64;
        self.proven -= steps as u64;
        Ok(())
    }

    fn prove(&self, steps: u64) -> Result<u64> {
        let (model, words) = (self.model, &*self.words);
        let magnitude = |wanted: usize| {
            if !self.goes_on {
                let op = model.op(wanted);
                return if op.kind() == Kind::Neuron { model.neurons(op).v_init.largest() } else { 0 };
            }
            let before = (0..wanted).map(|number| kept(model, model.op(number))).sum::<usize>();
            let size = kept(model, model.op(wanted));
            words[before..before + size].iter().map(|value| u64::from(value.unsigned_abs())).max().unwrap_or(0)
        };
        prove(model, steps, &magnitude)
            .map_err(|number| fault!(Range, "an int32 potential or count could leave its range").at(number))
    }
}

/// A number of 64 bits in two words.
pub(crate) fn long(words: &[i32]) -> i64 {
    i64::from(words[1]) << 32 | i64::from(words[0] as u32)
}
