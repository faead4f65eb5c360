//! The layers of a session: neurons, maps of counts, and the read-out.

use crate::currents::{Maps, spot};
use crate::layout::{kept, stride};
use crate::op::{Kind, Op, word};
use crate::session::{Session, long};

impl<'a> Session<'_, 'a> {
    /// Neurons pixel by pixel: all steps of one, and then the next.
    pub(crate) fn neurons(&mut self, number: usize, op: Op<'a>, [at, steps]: [usize; 2]) {
        let (model, layout, goes_on) = (self.model, self.layout, self.goes_on);
        let (neurons, pixels, size) = (model.neurons(op), op.pixels(), op.size());
        let (from, channels) = (model.source(op, 0), op.channels());
        let is_static = model.op(from).is_static();
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
    pub(crate) fn max_pool(&mut self, number: usize, op: Op<'a>, at: usize) {
        let from = self.model.source(op, 0);
        let source = self.model.op(from);
        let (window, extent, width) = (op.window(), source.extent(), op.width());
        let (pixels, inputs) = (op.pixels(), source.pixels());
        let (memory, places) = self.words.split_at_mut(self.layout.places);
        let (begin, own) = (places[from] as usize, places[number] as usize);
        let before = &mut memory[at..at + source.size()];
        for i in 0..op.size() {
            let (channel, pixel) = (i / pixels, i % pixels);
            let (mut old, mut new) = (0, 0);
            for ky in 0..window.kernel[0] {
                for kx in 0..window.kernel[1] {
                    let place = [pixel / width, pixel % width];
                    let Some(pixel) = window.pixel(extent, place, [ky, kx]) else { continue };
                    let input = channel * inputs + pixel;
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

    /// A byte of sums of levels.
    pub(crate) fn byte(&mut self, number: usize, op: Op<'a>, steps: usize) {
        let (model, layout, pixels, shift) = (self.model, self.layout, op.pixels(), op.word(word::MODE));
        let (words, places) = self.words.split_at_mut(layout.places);
        let (currents, room) = words[layout.kept..].split_at_mut(op.channels());
        let place = places[number] as usize;
        for pixel in 0..pixels {
            for step in 0..steps {
                let maps = Maps { model, bytes: self.bytes, places, steps: layout.steps, step };
                maps.currents(model.source(op, 0), pixel, currents, room);
                for (channel, &mut current) in currents.iter_mut().enumerate() {
                    let value = (current >> shift) as u8;
                    put(&mut self.bytes[place..], op, [channel * pixels + pixel, step, layout.steps], value);
                }
            }
        }
    }

    /// Maps of counts that no neuron makes.
    pub(crate) fn counted(&mut self, number: usize, op: Op<'a>, steps: usize) {
        let (model, layout) = (self.model, self.layout);
        let (_, places) = self.words.split_at(layout.places);
        let place = places[number] as usize;
        for i in 0..op.size() {
            let mut before = 0;
            for step in 0..steps {
                let maps = |step| Maps { model, bytes: self.bytes, places, steps: layout.steps, step };
                let value = if op.kind() == Kind::MaxPool {
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

    pub(crate) fn output(&mut self, op: Op<'a>, [at, steps]: [usize; 2]) {
        let (source, pixels, layout) = (self.model.source(op, 0), op.pixels(), self.layout);
        let (words, places) = self.words.split_at_mut(layout.places);
        let (memory, room) = words.split_at_mut(layout.kept);
        let (values, room) = room.split_at_mut(op.channels());
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
fn put(bytes: &mut [u8], op: Op<'_>, [number, step, steps]: [usize; 3], value: u8) {
    let (first, shift, _) = spot(op, step);
    if let Some(byte) = bytes.get_mut(number * stride(op, steps) + first) {
        *byte = if shift == 0 { value } else { *byte | value << shift };
    }
}
