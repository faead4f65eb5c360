//! Currents of one pixel, computed when neurons ask for them: no map of currents is ever kept.

use crate::bytes::Integers;
use crate::layout::counts;
use crate::model::Model;
use crate::op::{Entry, Kind, Map, Op, word};

/// The maps of counts.
#[derive(Clone, Copy)]
pub(crate) struct Maps<'m, 'a> {
    pub(crate) model: &'m Model<'a>,
    pub(crate) bytes: &'m [u8],
}

/// Where an operation's counts begin.
pub(crate) fn place(model: &Model<'_>, number: usize) -> usize {
    (0..number).filter_map(|before| model.op(before)).map(|op| counts(&op)).sum()
}

impl<'a> Maps<'_, 'a> {
    /// The counts of an operation, `(C, H, W)`.
    pub(crate) fn counts(&self, number: usize, op: &Op<'_>) -> &[u8] {
        let begin = place(self.model, number);
        self.bytes.get(begin..begin + op.shape.size()).unwrap_or_default()
    }

    /// The currents of all channels of a pixel; `room` is for those that they are made of.
    pub(crate) fn currents(&self, number: usize, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let Some(op) = self.model.op(number) else { return };
        let into = &mut into[..op.shape.channels];
        match op.kind {
            Kind::Conv => self.conv(op, pixel, into),
            Kind::Add => self.add(op, pixel, into, room),
            Kind::Pool => self.pool(op, pixel, into, room),
            Kind::Gather => self.gather(op, pixel, into, room),
            _ => into.fill(0),
        }
    }

    fn conv(&self, op: Op<'a>, pixel: usize, into: &mut [i32]) {
        let (number, model) = (self.model.source(&op, 0), self.model);
        let Some(source) = model.op(number) else { return };
        let (counts, window, groups) = (self.counts(number, &source), op.window(), op.word(word::GROUPS));
        let (weights, bias) = (model.array(&op, 0, 1), model.integers(&op, 1));
        for (channel, current) in into.iter_mut().enumerate() {
            *current = bias.at(channel);
        }
        let (own, width, pixels) = (source.shape.channels / groups, into.len() / groups, source.shape.pixels());
        let at = [pixel / op.shape.width, pixel % op.shape.width];
        for ky in 0..window.kernel[0] {
            for kx in 0..window.kernel[1] {
                let Some(from) = window.pixel(source.shape, at, [ky, kx]) else { continue };
                let first = (ky * window.kernel[1] + kx) * own;
                for group in 0..groups {
                    for input in 0..own {
                        let count = i32::from(counts[(group * own + input) * pixels + from]);
                        if count == 0 {
                            continue;
                        }
                        let row = &weights[(first + input) * into.len() + group * width..][..width];
                        for (current, &weight) in into[group * width..][..width].iter_mut().zip(row) {
                            *current = current.wrapping_add(count * i32::from(weight as i8));
                        }
                    }
                }
            }
        }
    }

    /// A pixel of a map of either kind.
    pub(crate) fn pixel(&self, number: usize, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let Some(op) = self.model.op(number) else { return };
        if op.map == Map::Current {
            return self.currents(number, pixel, into, room);
        }
        let (counts, pixels) = (self.counts(number, &op), op.shape.pixels());
        for (channel, value) in into[..op.shape.channels].iter_mut().enumerate() {
            *value = i32::from(counts[channel * pixels + pixel]);
        }
    }

    fn add(&self, op: Op<'a>, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let (values, room) = room.split_at_mut(into.len());
        into.fill(0);
        for term in self.model.terms(op) {
            self.pixel(term.source, pixel, values, room);
            for (channel, (sum, &mut value)) in into.iter_mut().zip(&mut *values).enumerate() {
                *sum = sum.wrapping_add(entered(&term.entry, channel, value));
            }
        }
    }

    fn pool(&self, op: Op<'a>, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let (values, room) = room.split_at_mut(into.len());
        let number = self.model.source(&op, 0);
        let Some(source) = self.model.op(number) else { return };
        let (window, at) = (op.window(), [pixel / op.shape.width, pixel % op.shape.width]);
        into.fill(0);
        for ky in 0..window.kernel[0] {
            for kx in 0..window.kernel[1] {
                let Some(from) = window.pixel(source.shape, at, [ky, kx]) else { continue };
                self.pixel(number, from, values, room);
                for (sum, &mut value) in into.iter_mut().zip(&mut *values) {
                    *sum = sum.wrapping_add(value);
                }
            }
        }
    }

    fn gather(&self, op: Op<'a>, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let (index, pixels) = (self.model.integers(&op, 0), op.shape.pixels());
        for (channel, value) in into.iter_mut().enumerate() {
            *value = match from(self.model, &op, index, channel * pixels + pixel) {
                None => 0,
                Some(From { number, channel, pixel, channels }) => {
                    let (values, room) = room.split_at_mut(channels);
                    self.currents(number, pixel, values, room);
                    values[channel]
                }
            };
        }
    }
}

/// What a value of a sum enters as.
fn entered(entry: &Entry<'_>, channel: usize, value: i32) -> i32 {
    match entry {
        Entry::Plain => value,
        Entry::Constant(constant) => value.wrapping_mul(constant.at(channel)),
        Entry::Ratio(multiplier, shift) => {
            let shift = shift.at(channel);
            ((i64::from(value) * i64::from(multiplier.at(channel)) + (1 << (shift - 1))) >> shift) as i32
        }
    }
}

/// Where a gathered value comes from.
pub(crate) struct From {
    pub(crate) number: usize,
    pub(crate) channel: usize,
    pub(crate) pixel: usize,
    channels: usize,
}

/// Where value `at` of a gather comes from; `None`: it is 0.
pub(crate) fn from(model: &Model<'_>, op: &Op<'_>, index: Integers<'_>, at: usize) -> Option<From> {
    let mut place = usize::try_from(index.at(at)).ok()?;
    for k in 0..op.sources() {
        let number = model.source(op, k);
        let shape = model.op(number)?.shape;
        if place < shape.size() {
            let [channel, pixel] = [place / shape.pixels(), place % shape.pixels()];
            return Some(From { number, channel, pixel, channels: shape.channels });
        }
        place -= shape.size();
    }
    None
}
