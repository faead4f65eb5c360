//! A session: one stream, in memory of the caller's.

use pysnn_abi::Status;

use crate::currents::{Maps, from, place};
use crate::fault::{Fault, Result};
use crate::layout::{Layout, counts, kept};
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
}

impl<'m, 'a> Session<'m, 'a> {
    /// How many words and bytes a session of a model takes.
    #[must_use]
    pub fn room(model: &Model<'_>) -> [usize; 2] {
        let layout = Layout::of(model).unwrap_or_default();
        [layout.words, layout.counts]
    }

    /// Begin a stream.
    ///
    /// # Errors
    ///
    /// Memory is short.
    pub fn start(model: &'m Model<'a>, words: &'m mut [i32], bytes: &'m mut [u8]) -> Result<'a, Self> {
        let layout = Layout::of(model).unwrap_or_default();
        if words.len() < layout.words || bytes.len() < layout.counts {
            return Err(Fault::new(Status::Memory, "the memory is smaller than pysnn_probe says"));
        }
        let mut session = Self { model, layout, words, bytes, steps: 0, proven: 0 };
        session.reset();
        Ok(session)
    }

    /// Go back to the start.
    pub fn reset(&mut self) {
        self.words.fill(0);
        (self.steps, self.proven) = (0, 0);
        let mut at = 0;
        for number in 0..self.model.count() {
            let Some(op) = self.model.op(number) else { continue };
            let size = kept(self.model, &op);
            let own = &mut self.words[at..at + size];
            if op.kind == Kind::Neuron {
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

    /// Take a step with events at some inputs.
    ///
    /// # Errors
    ///
    /// An input that does not exist or gets too many events; a potential could leave int32.
    pub fn step(&mut self, events: &[u32]) -> Result<'a, ()> {
        let Some(input) = self.model.op(0) else { return Ok(()) };
        let map = &mut self.bytes[..counts(&input)];
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
        self.advance()
    }

    /// Take a step with the counts that lie in the input's map.
    pub(crate) fn advance(&mut self) -> Result<'a, ()> {
        if self.proven == 0 {
            self.proven = self.prove()?;
        }
        let mut at = 0;
        for number in 1..self.model.count() {
            let Some(op) = self.model.op(number) else { continue };
            match (op.kind, op.map) {
                (Kind::Neuron, _) => self.neurons(number, &op, at),
                (Kind::MaxPool, _) => self.max_pool(number, &op, at),
                (Kind::Output, _) => self.output(&op, at),
                (_, Map::Count) => self.counted(number, &op),
                _ => {}
            }
            at += kept(self.model, &op);
        }
        self.steps += 1;
        self.proven -= 1;
        Ok(())
    }

    fn prove(&self) -> Result<'a, u64> {
        let (model, words) = (self.model, &*self.words);
        let magnitude = |wanted: usize| {
            let before = (0..wanted).filter_map(|number| model.op(number)).map(|op| kept(model, &op)).sum::<usize>();
            let size = model.op(wanted).map_or(0, |op| kept(model, &op));
            words[before..before + size].iter().map(|value| u64::from(value.unsigned_abs())).max().unwrap_or(0)
        };
        prove(model, &magnitude).map_err(|number| {
            Fault::new(Status::Range, "an int32 potential or count could leave its range").at(model.name(number))
        })
    }

    fn neurons(&mut self, number: usize, op: &Op<'a>, at: usize) {
        let (neurons, pixels, size) = (self.model.neurons(op), op.shape.pixels(), op.shape.size());
        let (own, source) = (place(self.model, number), self.model.source(op, 0));
        let (memory, room) = self.words.split_at_mut(self.layout.kept);
        let (currents, room) = room.split_at_mut(op.shape.channels);
        let (potentials, waits) = memory[at..at + kept(self.model, op)].split_at_mut(size);
        for pixel in 0..pixels {
            Maps { model: self.model, bytes: self.bytes }.currents(source, pixel, currents, room);
            for (channel, &mut current) in currents.iter_mut().enumerate() {
                let i = channel * pixels + pixel;
                let constants = if neurons.per_neuron { i } else { channel };
                let spikes = neurons.step(constants, current, &mut potentials[i], waits.get_mut(i));
                self.bytes[own + i] = spikes;
            }
        }
    }

    /// The rise of the largest cumulative count of each window.
    fn max_pool(&mut self, number: usize, op: &Op<'a>, at: usize) {
        let (own, from) = (place(self.model, number), self.model.source(op, 0));
        let Some(source) = self.model.op(from) else { return };
        let (begin, window, shape) = (place(self.model, from), op.window(), op.shape);
        let before = &mut self.words[at..at + source.shape.size()];
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
    fn counted(&mut self, number: usize, op: &Op<'a>) {
        let (own, model, pixels) = (place(self.model, number), self.model, op.shape.pixels());
        for i in 0..op.shape.size() {
            let maps = Maps { model, bytes: self.bytes };
            let of = |number: usize, at: usize| model.op(number).map_or(0, |op| maps.counts(number, &op)[at]);
            let value = match op.kind {
                Kind::Add => (0..op.sources()).fold(0, |sum: u8, k| sum.wrapping_add(of(model.source(op, k), i))),
                Kind::Gather => from(model, op, model.integers(op, 0), i).map_or(0, |from| {
                    let pixels = model.op(from.number).map_or(0, |op| op.shape.pixels());
                    of(from.number, from.channel * pixels + from.pixel)
                }),
                _ => {
                    let number = model.source(op, 0);
                    let Some(source) = model.op(number) else { return };
                    let (window, pixel) = (op.window(), i % pixels);
                    let mut sum = 0_u8;
                    for ky in 0..window.kernel[0] {
                        for kx in 0..window.kernel[1] {
                            let at = [pixel / op.shape.width, pixel % op.shape.width];
                            if let Some(pixel) = window.pixel(source.shape, at, [ky, kx]) {
                                sum = sum.wrapping_add(of(number, i / pixels * source.shape.pixels() + pixel));
                            }
                        }
                    }
                    sum
                }
            };
            self.bytes[own + i] = value;
        }
    }

    fn output(&mut self, op: &Op<'a>, at: usize) {
        let (source, pixels) = (self.model.source(op, 0), op.shape.pixels());
        let (memory, room) = self.words.split_at_mut(self.layout.kept);
        let (values, room) = room.split_at_mut(op.shape.channels);
        let first = self.model.readout() == 4;
        for pixel in 0..pixels {
            Maps { model: self.model, bytes: self.bytes }.pixel(source, pixel, values, room);
            for (channel, &mut value) in values.iter_mut().enumerate() {
                let own = &mut memory[at + 2 * (channel * pixels + pixel)..][..2];
                let sum = long(own);
                let new = match first {
                    true if sum < 0 && value > 0 => self.steps as i64,
                    true => sum,
                    false => sum.wrapping_add(i64::from(value)),
                };
                (own[0], own[1]) = (new as i32, (new >> 32) as i32);
            }
        }
    }
}

/// A number of 64 bits in two words.
pub(crate) fn long(words: &[i32]) -> i64 {
    i64::from(words[1]) << 32 | i64::from(words[0] as u32)
}
