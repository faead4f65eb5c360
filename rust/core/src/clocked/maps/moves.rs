//! Values moved: runs of channels from one pixel of a source to one of the result.

use crate::clocked::maps::buffers::{Element, Maps, Place, View};
use crate::clocked::maps::few::Few;
use crate::error::Result;
use crate::plan::{Op, Shape};

/// `length` channels from a source's pixel to the result's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Move {
    source: u32,
    from_pixel: u32,
    from_channel: u32,
    pixel: u32,
    channel: u32,
    length: u32,
}

/// A gather, ready to run. What no move writes is zero.
#[derive(Debug)]
pub(crate) struct Moves {
    sources: Vec<usize>,
    copies: Vec<Move>,
    shape: Shape,
    filled: bool,
}

impl Moves {
    /// Turn an index into moves that are as long as they can be.
    pub(crate) fn new(ops: &[Op], sources: &[usize], index: &[i32], shape: Shape) -> Self {
        let shapes: Vec<Shape> = sources.iter().map(|&source| ops[source].spec.shape).collect();
        let mut moves: Vec<Move> = Vec::new();
        for pixel in 0..shape.pixels() {
            for channel in 0..shape.channels {
                let Ok(mut from) = usize::try_from(index[channel * shape.pixels() + pixel]) else { continue };
                let mut source = 0;
                while from >= shapes[source].size() {
                    from -= shapes[source].size();
                    source += 1;
                }
                let [from_channel, from_pixel] = [from / shapes[source].pixels(), from % shapes[source].pixels()];
                let next = Move {
                    source: source as u32,
                    from_pixel: from_pixel as u32,
                    from_channel: from_channel as u32,
                    pixel: pixel as u32,
                    channel: channel as u32,
                    length: 1,
                };
                match moves.last_mut() {
                    Some(last) if last.goes_on_with(&next) => last.length += 1,
                    _ => moves.push(next),
                }
            }
        }
        let filled = index.iter().all(|&i| i >= 0);
        Self { sources: sources.to_vec(), copies: moves, shape, filled }
    }

    /// Move one block.
    pub(crate) fn run<T: Element>(
        &self,
        maps: &Maps,
        places: &[Place],
        target: &mut [T],
        [rows, steps]: [usize; 2],
    ) -> Result<()> {
        let channels = self.shape.channels;
        let target = &mut target[..self.shape.size() * rows];
        if !self.filled {
            target.fill(T::default());
        }
        let views = self.sources.iter().map(|&source| maps.view::<T>(&places[source], steps));
        let views = Few::collect(View::new(&[], 0, 0), views)?;
        let views = views.as_slice();
        for step in &self.copies {
            let view = &views[step.source as usize];
            let (from_pixel, from) = (step.from_pixel as usize, step.from_channel as usize);
            let (length, at) = (step.length as usize, step.pixel as usize * rows * channels + step.channel as usize);
            if length == channels && view.channels == channels && view.rows == rows {
                target[at..at + rows * channels].copy_from_slice(view.pixel(from_pixel));
            } else if length == 1 {
                for row in 0..rows {
                    target[at + row * channels] = view.at(from_pixel, row)[from];
                }
            } else {
                for row in 0..rows {
                    let values = &view.at(from_pixel, row)[from..from + length];
                    target[at + row * channels..][..length].copy_from_slice(values);
                }
            }
        }
        Ok(())
    }
}

impl Move {
    fn goes_on_with(&self, next: &Self) -> bool {
        (self.source, self.from_pixel, self.pixel) == (next.source, next.from_pixel, next.pixel)
            && self.from_channel + self.length == next.from_channel
            && self.channel + self.length == next.channel
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Body, Coding, Kind, MapSpec};

    #[test]
    fn neighbouring_channels_move_together() {
        let spec = MapSpec { shape: Shape::new(3, 1, 2), kind: Kind::Real, is_static: true, max_count: 0 };
        let ops = [Op { node: "in".into(), spec, body: Body::Input(Coding::Constant) }];
        let swap = Moves::new(&ops, &[0], &[1, 0, 3, 2, 5, 4], spec.shape);
        assert_eq!(swap.copies.len(), 2);
        assert!(swap.filled && swap.copies.iter().all(|m| m.length == 3));
        let flatten = Moves::new(&ops, &[0], &[0, 1, 2, -1, 4, 5], Shape::new(6, 1, 1));
        assert_eq!(flatten.copies.len(), 5);
        assert!(!flatten.filled);
    }
}
