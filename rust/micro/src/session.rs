//! A session: one stream, in memory of the caller's.

use pysnn_abi::Status;

use crate::currents::{Maps, spot};
use crate::fault::{Fault, Result};
use crate::layout::{Layout, arrange, kept, stride};
use crate::model::Model;
use crate::op::{Kind, Map, Op, word};
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
    /// Spikes of all neurons since the start.
    pub(crate) spikes: u64,
}

impl<'m, 'a> Session<'m, 'a> {
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
    /// Memory is short, or events enter and runs are wanted.
    pub fn start(model: &'m Model<'a>, goes_on: bool, words: &'m mut [i32], bytes: &'m mut [u8]) -> Result<'a, Self> {
        if !goes_on && !model.pixels() {
            return Err(Fault::new(Status::Unsupported, "events enter: PYSNN_STREAM alone"));
        }
        let Some(layout) = Layout::of(model, goes_on) else {
            return Err(Fault::new(Status::Unsupported, "too many maps are needed at once for runs: PYSNN_STREAM"));
        };
        if words.len() < layout.words || bytes.len() < layout.counts {
            return Err(Fault::new(Status::Memory, "the memory is smaller than pysnn_probe says"));
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
            let Some(op) = self.model.op(number) else { continue };
            let size = self.kept(&op);
            let own = &mut self.words[at..at + size];
            if op.kind == Kind::Neuron && self.goes_on {
                let (neurons, pixels) = (self.model.neurons(&op), op.shape.pixels());
                for (i, v) in own[..op.shape.size()].iter_mut().enumerate() {
                    *v = neurons.v_init.at(if neurons.per_neuron { i } else { i / pixels });
                }
            } else if op.kind == Kind::Output && self.model.readout() == 4 {
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
    pub fn picture(&mut self, picture: &[u8]) -> Result<'a, ()> {
        let Some(input) = self.model.op(0).filter(|_| self.model.pixels()) else {
            return Err(Fault::new(Status::Argument, "events enter this network: pysnn_step_events"));
        };
        let (over, under) = self.bytes[..input.shape.size()].split_at_mut(input.shape.size() / 2);
        if picture.len() != over.len() {
            return Err(Fault::new(Status::Argument, "another number of pixels than the network has inputs"));
        }
        let rows = picture.chunks(input.shape.pixels()).zip(self.model.means);
        let maps = over.chunks_mut(input.shape.pixels()).zip(under.chunks_mut(input.shape.pixels()));
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
    pub fn run(&mut self, steps: u32) -> Result<'a, ()> {
        if !self.model.pixels() {
            return Err(Fault::new(Status::Argument, "events enter this network: pysnn_step_events"));
        }
        if !self.ready || steps == 0 {
            return Err(Fault::new(Status::Argument, "no input has been set, or no step is wanted"));
        }
        if self.goes_on {
            return (0..steps).try_for_each(|_| self.advance(1));
        }
        if steps as usize > self.layout.steps {
            return Err(Fault::new(Status::Argument, "more steps than the file is meant for: PYSNN_STREAM"));
        }
        self.reset();
        self.advance(steps as usize)
    }

    /// Take a step with events at some inputs.
    ///
    /// # Errors
    ///
    /// An input that does not exist or gets too many events; a potential could leave int32.
    pub fn step(&mut self, events: &[u32]) -> Result<'a, ()> {
        let Some(input) = self.model.op(0).filter(|_| !self.model.pixels()) else {
            return Err(Fault::new(Status::Argument, "pictures enter this network: pysnn_steps"));
        };
        let map = &mut self.bytes[..input.shape.size()];
        map.fill(0);
        for &event in events {
            match map.get_mut(event as usize) {
                None => return Err(Fault::new(Status::Data, "an event at an input that does not exist")),
                Some(count) if u32::from(*count) >= input.most => {
                    return Err(Fault::new(Status::Data, "more events at one input in one step than the file allows"));
                }
                Some(count) => *count += 1,
            }
        }
        self.advance(1)
    }

    fn kept(&self, op: &Op<'_>) -> usize {
        if self.goes_on || op.kind == Kind::Output { kept(self.model, op) } else { 0 }
    }

    /// Take steps with the counts that lie in the input's map: one, or all of a run, layer by layer.
    pub(crate) fn advance(&mut self, steps: usize) -> Result<'a, ()> {
        if self.proven < steps as u64 {
            self.proven = self.prove(steps as u64)?;
        }
        let mut at = 0;
        for number in 1..self.model.count() {
            let Some(op) = self.model.op(number) else { continue };
            match (op.kind, op.map) {
                (Kind::Neuron, _) => self.neurons(number, &op, [at, steps]),
                (Kind::MaxPool, _) if self.goes_on => self.max_pool(number, &op, at),
                (Kind::Output, _) => self.output(&op, [at, steps]),
                (Kind::MaxPool, _) | (_, Map::Count) => self.counted(number, &op, steps),
                _ => {}
            }
            at += self.kept(&op);
        }
        self.steps += steps as u64;
        self.proven -= steps as u64;
        Ok(())
    }

    fn prove(&self, steps: u64) -> Result<'a, u64> {
        let (model, words) = (self.model, &*self.words);
        let magnitude = |wanted: usize| {
            if !self.goes_on {
                let op = model.op(wanted).filter(|op| op.kind == Kind::Neuron);
                return op.map_or(0, |op| model.neurons(&op).v_init.largest());
            }
            let before = (0..wanted).filter_map(|number| model.op(number)).map(|op| kept(model, &op)).sum::<usize>();
            let size = model.op(wanted).map_or(0, |op| kept(model, &op));
            words[before..before + size].iter().map(|value| u64::from(value.unsigned_abs())).max().unwrap_or(0)
        };
        prove(model, steps, &magnitude).map_err(|number| {
            Fault::new(Status::Range, "an int32 potential or count could leave its range").at(model.name(number))
        })
    }

    /// Neurons pixel by pixel: all steps of one, and then the next.
    fn neurons(&mut self, number: usize, op: &Op<'a>, [at, steps]: [usize; 2]) {
        let (model, layout, goes_on) = (self.model, self.layout, self.goes_on);
        let (neurons, pixels, size) = (model.neurons(op), op.shape.pixels(), op.shape.size());
        let (from, channels) = (model.source(op, 0), op.shape.channels);
        let is_static = model.op(from).is_some_and(|source| source.is_static);
        let (words, places) = self.words.split_at_mut(layout.places);
        let (words, own) = words.split_at_mut(layout.pixel);
        let (memory, room) = words.split_at_mut(layout.kept);
        let (currents, room) = room.split_at_mut(channels);
        let place = places[number] as usize;
        let (potentials, waits) = if goes_on {
            memory[at..at + kept(model, op)].split_at_mut(size)
        } else {
            own[..channels * (1 + op.word(word::STATES))].split_at_mut(channels)
        };
        for pixel in 0..pixels {
            for step in 0..steps {
                if step == 0 || !is_static {
                    let maps = Maps { model, bytes: self.bytes, places, steps: layout.steps, step };
                    maps.currents(from, pixel, currents, room);
                }
                for (channel, &mut current) in currents.iter_mut().enumerate() {
                    let i = channel * pixels + pixel;
                    let constants = if neurons.per_neuron { i } else { channel };
                    let k = if goes_on { i } else { channel };
                    if !goes_on && step == 0 {
                        potentials[k] = neurons.v_init.at(constants);
                        if let Some(wait) = waits.get_mut(k) {
                            *wait = 0;
                        }
                    }
                    let spikes = neurons.step(constants, current, &mut potentials[k], waits.get_mut(k));
                    self.spikes += u64::from(spikes);
                    put(&mut self.bytes[place..], op, [i, step, layout.steps], spikes);
                }
            }
        }
    }

    /// The rise of the largest cumulative count of each window.
    fn max_pool(&mut self, number: usize, op: &Op<'a>, at: usize) {
        let from = self.model.source(op, 0);
        let Some(source) = self.model.op(from) else { return };
        let (window, shape) = (op.window(), op.shape);
        let (memory, places) = self.words.split_at_mut(self.layout.places);
        let (begin, own) = (places[from] as usize, places[number] as usize);
        let before = &mut memory[at..at + source.shape.size()];
        for i in 0..shape.size() {
            let (channel, pixel) = (i / shape.pixels(), i % shape.pixels());
            let (mut old, mut new) = (0, 0);
            for ky in 0..window.kernel[0] {
                for kx in 0..window.kernel[1] {
                    let place = [pixel / shape.width, pixel % shape.width];
                    let Some(pixel) = window.pixel(source.shape, place, [ky, kx]) else { continue };
                    let input = channel * source.shape.pixels() + pixel;
                    old = before[input].max(old);
                    new = before[input].wrapping_add(i32::from(self.bytes[begin + input])).max(new);
                }
            }
            self.bytes[own + i] = new.wrapping_sub(old) as u8;
        }
        for (sum, &count) in before.iter_mut().zip(&self.bytes[begin..]) {
            *sum = sum.wrapping_add(i32::from(count));
        }
    }

    /// Maps of counts that no neuron makes.
    fn counted(&mut self, number: usize, op: &Op<'a>, steps: usize) {
        let (model, layout) = (self.model, self.layout);
        let (_, places) = self.words.split_at(layout.places);
        let place = places[number] as usize;
        for i in 0..op.shape.size() {
            let mut before = 0;
            for step in 0..steps {
                let maps = |step| Maps { model, bytes: self.bytes, places, steps: layout.steps, step };
                let value = if op.kind == Kind::MaxPool {
                    let risen = maps(step).cumulative(op, i);
                    let value = risen.wrapping_sub(before);
                    before = risen;
                    value as u8
                } else {
                    maps(step).count(op, i)
                };
                put(&mut self.bytes[place..], op, [i, step, layout.steps], value);
            }
        }
    }

    fn output(&mut self, op: &Op<'a>, [at, steps]: [usize; 2]) {
        let (source, pixels, layout) = (self.model.source(op, 0), op.shape.pixels(), self.layout);
        let (words, places) = self.words.split_at_mut(layout.places);
        let (memory, room) = words.split_at_mut(layout.kept);
        let (values, room) = room.split_at_mut(op.shape.channels);
        let first = self.model.readout() == 4;
        for pixel in 0..pixels {
            for step in 0..steps {
                let maps = Maps { model: self.model, bytes: self.bytes, places, steps: layout.steps, step };
                maps.pixel(source, pixel, values, room);
                for (channel, &mut value) in values.iter_mut().enumerate() {
                    let own = &mut memory[at + 2 * (channel * pixels + pixel)..][..2];
                    let sum = long(own);
                    let new = match first {
                        true if sum < 0 && value > 0 => self.steps as i64 + step as i64,
                        true => sum,
                        false => sum.wrapping_add(i64::from(value)),
                    };
                    (own[0], own[1]) = (new as i32, (new >> 32) as i32);
                }
            }
        }
    }
}

/// Write a count at a step of so many, of a map that begins where `bytes` do. Steps come one after the other, the first one first.
fn put(bytes: &mut [u8], op: &Op<'_>, [number, step, steps]: [usize; 3], value: u8) {
    let (first, shift, _) = spot(op, step);
    if let Some(byte) = bytes.get_mut(number * stride(op, steps) + first) {
        *byte = if shift == 0 { value } else { *byte | value << shift };
    }
}

/// A number of 64 bits in two words.
pub(crate) fn long(words: &[i32]) -> i64 {
    i64::from(words[1]) << 32 | i64::from(words[0] as u32)
}
