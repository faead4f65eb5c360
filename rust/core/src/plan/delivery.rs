//! How the spikes of levels reach a weight layer, through pools, sums and moves: worked out where they are counted.

use super::fanout::{Fanout, zeros};
use super::map::{Kind, Shape};
use super::ops::{Body, Gather, Op, Pool};
use crate::error::Result;

/// How often a spike of each neuron of a map of levels gets to a weight layer, and the weights that it meets there; `[pixel][channel]`.
pub(crate) struct Delivery {
    pub(crate) map: usize,
    pub(crate) times: Vec<u32>,
    pub(crate) fanout: Fanout,
}

/// Whether each map holds levels, or sums of nothing else.
pub(crate) fn carrying(ops: &[Op]) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(ops.len());
    for op in ops {
        let passes = matches!(op.body, Body::Pool(_) | Body::Gather(_) | Body::Add(_) | Body::Byte(_));
        let sums = passes && op.sources().iter().all(|&source| found.get(source) == Some(&true));
        found.push(op.spec.kind == Kind::Level || sums);
    }
    found
}

/// The maps of levels whose spikes reach a weight layer that reads `source`, with what it says of the values of that.
pub(crate) fn deliveries(ops: &[Op], source: usize, fanout: Fanout) -> Result<Vec<Delivery>> {
    let mut waiting: Vec<Option<[Vec<u32>; 3]>> = vec![None; source + 1];
    let mut times = zeros(ops[source].spec.shape.size())?;
    times.fill(1);
    waiting[source] = Some([times, fanout.all, fanout.nonzero]);
    let mut found = Vec::new();
    for map in (0..=source).rev() {
        let Some(tables) = waiting[map].take() else { continue };
        if ops[map].spec.kind == Kind::Level {
            let [times, all, nonzero] = tables;
            found.push(Delivery { map, times, fanout: Fanout { all, nonzero } });
            continue;
        }
        for (before, tables) in before(ops, map, tables)? {
            match &mut waiting[before] {
                Some(sums) => sums.iter_mut().zip(&tables).for_each(|(sums, more)| add(sums, more)),
                empty => *empty = Some(tables),
            }
        }
    }
    Ok(found)
}

fn add(sums: &mut [u32], more: &[u32]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
}

/// What each source of an operation gets of the tables of its values.
type Before = Vec<(usize, [Vec<u32>; 3])>;

fn before(ops: &[Op], map: usize, tables: [Vec<u32>; 3]) -> Result<Before> {
    let shape = ops[map].spec.shape;
    Ok(match &ops[map].body {
        Body::Pool(pool) => {
            let source = ops[pool.source].spec.shape;
            let [a, b, c] = &tables;
            vec![(
                pool.source,
                [spread(pool, source, shape, a)?, spread(pool, source, shape, b)?, spread(pool, source, shape, c)?],
            )]
        }
        Body::Gather(gather) => moved_back(ops, gather, shape, &tables)?,
        Body::Add(terms) => terms.iter().map(|term| (term.source, tables.clone())).collect(),
        // Bytes are read one beside the other: a spike is delivered with the lowest one.
        Body::Byte(byte) if byte.shift == 0 => vec![(byte.source, tables)],
        _ => Vec::new(),
    })
}

/// Give each input the sum of what the windows have that it lies in.
fn spread(pool: &Pool, source: Shape, shape: Shape, table: &[u32]) -> Result<Vec<u32>> {
    let mut found = zeros(source.size())?;
    for (pixel, own) in table.chunks_exact(shape.channels).enumerate() {
        let down = pool.window.taps(0, pixel / shape.width, source.height);
        let across = pool.window.taps(1, pixel % shape.width, source.width);
        for row in down.position..down.position + down.count {
            for column in across.position..across.position + across.count {
                let begin = (row * source.width + column) * shape.channels;
                add(&mut found[begin..begin + shape.channels], own);
            }
        }
    }
    Ok(found)
}

/// Where a position in `(C, H, W)` order lies in `[pixel][channel]` order.
fn place(shape: Shape, position: usize) -> usize {
    let (channel, pixel) = (position / shape.pixels(), position % shape.pixels());
    pixel * shape.channels + channel
}

fn moved_back(ops: &[Op], gather: &Gather, shape: Shape, tables: &[Vec<u32>; 3]) -> Result<Before> {
    let mut found: Before = Vec::new();
    let mut begin = 0_usize;
    for &source in &gather.sources {
        let own = ops[source].spec.shape;
        let mut moved = [zeros(own.size())?, zeros(own.size())?, zeros(own.size())?];
        for (position, &index) in gather.index.iter().enumerate() {
            let from = usize::try_from(index).ok().and_then(|index| index.checked_sub(begin));
            if let Some(from) = from.filter(|&from| from < own.size()) {
                for (moved, table) in moved.iter_mut().zip(tables) {
                    let sum = &mut moved[place(own, from)];
                    *sum = sum.wrapping_add(table[place(shape, position)]);
                }
            }
        }
        begin += own.size();
        found.push((source, moved));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Coding, MapSpec, Window};

    fn op(kind: Kind, shape: Shape, body: Body) -> Op {
        let spec = MapSpec { shape, kind, is_static: false, max_count: 4 };
        Op { node: "a".into(), spec, body }
    }

    #[test]
    fn spikes_pass_pools_and_moves_as_often_as_these_read_them() {
        let [map, pixel] = [Shape::new(2, 2, 2), Shape::new(2, 1, 1)];
        let window = Window { kernel: [2; 2], stride: [2; 2], pads: [0; 4], dilation: [1; 2] };
        // The second channel's sum is read twice, the first one's never.
        let gather = Gather { sources: vec![1], index: vec![1, 1] };
        let ops = [
            op(Kind::Level, map, Body::Input(Coding::Constant)),
            op(Kind::Count, pixel, Body::Pool(Pool { source: 0, window, weight: 1.0 })),
            op(Kind::Count, pixel, Body::Gather(gather)),
        ];
        assert_eq!(carrying(&ops), [true; 3]);
        let fanout = Fanout { all: vec![3, 5], nonzero: vec![1, 4] };
        let found = deliveries(&ops, 2, fanout).unwrap();
        assert_eq!((found.len(), found[0].map), (1, 0));
        assert_eq!(found[0].times, [0, 2].repeat(4));
        assert_eq!(found[0].fanout, Fanout { all: [0, 8].repeat(4), nonzero: [0, 5].repeat(4) });
    }
}
