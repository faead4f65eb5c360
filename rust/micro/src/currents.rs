//! Currents of one pixel, computed when neurons ask for them: no map of currents is ever kept.

use crate::MAPS;
use crate::bytes::Index;
use crate::layout::stride;
use crate::model::Model;
use crate::op::{Entry, Kind, Map, Op};

/// The maps of counts.
#[derive(Clone, Copy)]
pub(crate) struct Maps<'m, 'a> {
    pub(crate) model: &'m Model<'a>,
    pub(crate) bytes: &'m [u8],
    /// Where each begins.
    pub(crate) places: &'m [i32],
    /// Steps that they have room for.
    pub(crate) steps: usize,
    /// The one that is looked at.
    pub(crate) step: usize,
}

/// The counts of a map at a step.
#[derive(Clone, Copy)]
pub(crate) struct Counts<'m> {
    bytes: &'m [u8],
    stride: usize,
    shift: usize,
    mask: u8,
}

impl Counts<'_> {
    #[inline]
    pub(crate) fn at(&self, number: usize) -> u8 {
        self.bytes.get(number * self.stride).map_or(0, |byte| byte >> self.shift & self.mask)
    }
}

/// Where a step of a count lies: a byte, and a bit and a mask in it.
pub(crate) fn spot(op: Op<'_>, step: usize) -> (usize, usize, u8) {
    match op.most() {
        _ if op.is_static() => (0, 0, 255),
        1 => (step / 8, step % 8, 1),
        _ => (step, 0, 255),
    }
}

impl<'a> Maps<'_, 'a> {
    /// The counts of an operation, `(C, H, W)`.
    #[inline(never)]
    pub(crate) fn counts(&self, number: usize, op: Op<'_>) -> Counts<'_> {
        let (first, shift, mask) = spot(op, self.step);
        let begin = self.places.get(number).map_or(0, |&place| place as usize) + first;
        Counts { bytes: self.bytes.get(begin..).unwrap_or_default(), stride: stride(op, self.steps), shift, mask }
    }

    /// The currents of all channels of a pixel; `room` is for those that they are made of.
    pub(crate) fn currents(&self, number: usize, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let op = self.model.op(number);
        let into = &mut into[..op.channels()];
        match op.kind() {
            Kind::Conv => self.conv(op, pixel, into),
            Kind::Add => self.add(op, pixel, into, room),
            Kind::Pool if MAPS => self.pool(op, pixel, into, room),
            Kind::Gather if MAPS => self.gather(op, pixel, into, room),
            _ => into.fill(0),
        }
    }

    fn conv(&self, op: Op<'a>, pixel: usize, into: &mut [i32]) {
        let (number, model) = (self.model.source(op, 0), self.model);
        let source = model.op(number);
        let (counts, groups, kernel) = (self.counts(number, source), op.groups(), op.kernel());
        let (window, extent) = (op.window(), source.extent());
        let (weights, bias) = (model.array(op, 0, 1), model.integers(op, 1));
        for (channel, current) in into.iter_mut().enumerate() {
            *current = bias.at(channel);
        }
        let (own, width, pixels) = (source.channels() / groups, into.len() / groups, source.pixels());
        let at = [pixel / op.width(), pixel % op.width()];
        let seen = |tap| if MAPS { window.pixel(extent, at, tap) } else { Some(0) };
        for ky in 0..kernel[0] {
            for kx in 0..kernel[1] {
                let Some(from) = seen([ky, kx]) else { continue };
                let first = (ky * kernel[1] + kx) * own;
                for group in 0..groups {
                    for input in 0..own {
                        let count = i32::from(counts.at((group * own + input) * pixels + from));
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
        let op = self.model.op(number);
        if op.map() == Map::Current {
            return self.currents(number, pixel, into, room);
        }
        let (counts, pixels) = (self.counts(number, op), op.pixels());
        for (channel, value) in into[..op.channels()].iter_mut().enumerate() {
            *value = i32::from(counts.at(channel * pixels + pixel));
        }
    }

    /// A count that no neuron makes.
    pub(crate) fn count(&self, op: Op<'a>, i: usize) -> u8 {
        let (model, pixels) = (self.model, op.pixels());
        let of = |number: usize, at: usize| self.counts(number, model.op(number)).at(at);
        match op.kind() {
            Kind::Add => (0..op.sources()).fold(0, |sum: u8, k| sum.wrapping_add(of(model.source(op, k), i))),
            Kind::Gather => from(model, op, model.index(op), i).map_or(0, |from| {
                let pixels = model.op(from.number).pixels();
                of(from.number, from.channel * pixels + from.pixel)
            }),
            _ => {
                let number = model.source(op, 0);
                let source = model.op(number);
                let (counts, mut sum) = (self.counts(number, source), 0_u8);
                seen(op, source, i / pixels, i % pixels, |input| sum = sum.wrapping_add(counts.at(input)));
                sum
            }
        }
    }

    /// The largest cumulative count of a window.
    pub(crate) fn cumulative(&self, op: Op<'a>, i: usize) -> i32 {
        let (number, pixels, mut most) = (self.model.source(op, 0), op.pixels(), 0);
        let source = self.model.op(number);
        seen(op, source, i / pixels, i % pixels, |input| {
            let counts = |step| Maps { step, ..*self }.counts(number, source).at(input);
            most = (0..=self.step).map(|step| i32::from(counts(step))).sum::<i32>().max(most);
        });
        most
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
        let number = self.model.source(op, 0);
        let source = self.model.op(number);
        let (window, extent, at) = (op.window(), source.extent(), [pixel / op.width(), pixel % op.width()]);
        into.fill(0);
        for ky in 0..window.kernel[0] {
            for kx in 0..window.kernel[1] {
                let Some(from) = window.pixel(extent, at, [ky, kx]) else { continue };
                self.pixel(number, from, values, room);
                for (sum, &mut value) in into.iter_mut().zip(&mut *values) {
                    *sum = sum.wrapping_add(value);
                }
            }
        }
    }

    fn gather(&self, op: Op<'a>, pixel: usize, into: &mut [i32], room: &mut [i32]) {
        let (index, pixels) = (self.model.index(op), op.pixels());
        for (channel, value) in into.iter_mut().enumerate() {
            *value = match from(self.model, op, index, channel * pixels + pixel) {
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

/// The inputs that a window sees.
fn seen(op: Op<'_>, source: Op<'_>, channel: usize, pixel: usize, mut see: impl FnMut(usize)) {
    let (window, extent, at) = (op.window(), source.extent(), [pixel / op.width(), pixel % op.width()]);
    let first = channel * source.pixels();
    for ky in 0..window.kernel[0] {
        for kx in 0..window.kernel[1] {
            if let Some(pixel) = window.pixel(extent, at, [ky, kx]) {
                see(first + pixel);
            }
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
pub(crate) fn from(model: &Model<'_>, op: Op<'_>, index: Index<'_>, at: usize) -> Option<From> {
    let mut place = usize::try_from(index.at(at)).ok()?;
    for k in 0..op.sources() {
        let number = model.source(op, k);
        let source = model.op(number);
        if place < source.size() {
            let [channel, pixel] = [place / source.pixels(), place % source.pixels()];
            return Some(From { number, channel, pixel, channels: source.channels() });
        }
        place -= source.size();
    }
    None
}
