//! The edges of a sum: maps that are added to the currents of a pixel, in their order.

use crate::clocked::maps::buffers::{Element, Maps, Place, View};
use crate::clocked::synapses::current::{Current, TOGETHER, blocks, lanes};
use crate::error::{Error, Result};
use crate::plan::{Entry, Term};

/// Where one channel in so many changes, or fewer, values are taken one by one: each costs about three cycles, a vector of 16 seven.
const FEW: usize = 8;
/// Whether there are vectors: on 32-bit Arm all values are taken one by one.
const VECTORS: bool = !cfg!(target_arch = "arm");

/// The fixed-point multipliers of an edge.
#[derive(Debug)]
pub(crate) struct Ratio {
    multiplier: Vec<i32>,
    shift: Vec<i32>,
    /// Channels in which the multiplier is not 1, in their order. Where an edge gives the unit, they are those that are all but silent.
    changed: Vec<usize>,
}

impl Ratio {
    /// Those of an edge, if it has any.
    pub(crate) fn of(term: &Term) -> Option<Self> {
        let Entry::Ratio { multiplier, shift } = &term.entry else { return None };
        let is_one = |(multiplier, shift): (&i32, &i32)| i64::from(*multiplier) == 1 << shift;
        let changed =
            (0..).zip(multiplier.iter().zip(shift)).filter(|(_, own)| !is_one(*own)).map(|(channel, _)| channel);
        Some(Self { changed: changed.collect(), multiplier: blocks(multiplier, 0), shift: blocks(shift, 1) })
    }

    /// Multiply the currents of `N` channels from `begin` on.
    #[inline(always)]
    pub(crate) fn apply<A: Current, const N: usize, const P: usize>(&self, begin: usize, current: &mut [[[A; N]; P]]) {
        let own = self.changed_in(begin, N);
        if own.is_empty() {
            return;
        }
        if !VECTORS || own.len() * FEW <= N {
            return self.apply_to(own, begin, N, current.as_flattened_mut().as_flattened_mut());
        }
        let (multiplier, shift) = (lanes::<_, N>(&self.multiplier, begin), lanes::<_, N>(&self.shift, begin));
        for row in current {
            if let Some(row) = row.as_flattened_mut().first_chunk_mut::<TOGETHER>() {
                for lane in 0..TOGETHER {
                    row[lane] = row[lane].ratio(multiplier[lane], shift[lane]);
                }
            }
        }
    }

    /// Return which of `width` channels from `begin` on change. Not inlined, like the next: programs have `apply` in many forms.
    #[inline(never)]
    fn changed_in(&self, begin: usize, width: usize) -> &[usize] {
        let until = |end| self.changed.partition_point(|&channel| channel < end);
        &self.changed[until(begin)..until(begin + width)]
    }

    /// Multiply the currents of some channels, of `width` from `begin` on.
    #[inline(never)]
    fn apply_to<A: Current>(&self, changed: &[usize], begin: usize, width: usize, current: &mut [A]) {
        for &channel in changed {
            let (multiplier, shift) = (self.multiplier[channel], self.shift[channel]);
            for value in current.iter_mut().skip(channel - begin).step_by(width) {
                *value = value.ratio(multiplier, shift);
            }
        }
    }
}

/// How one edge enters a sum.
#[derive(Debug)]
enum Way<A> {
    Plain,
    Scale(Vec<A>),
    Ratio(Ratio),
}

/// One edge of a sum.
#[derive(Debug)]
pub(crate) struct Edge<A> {
    pub(crate) source: usize,
    way: Way<A>,
}

/// An edge with the map that it reads.
#[derive(Clone, Copy)]
pub(crate) enum Bound<'a, A> {
    Plain(View<'a, A>),
    Scale(View<'a, u8>, &'a [A]),
    Ratio(View<'a, A>, &'a Ratio),
}

/// Constants of a count edge, where the entry has them in this precision.
pub(crate) trait ScaleOf: Element {
    fn scale_of(entry: &Entry) -> Option<&[Self]>;
}

impl ScaleOf for f32 {
    fn scale_of(entry: &Entry) -> Option<&[f32]> {
        if let Entry::Scale(scale) = entry { Some(scale) } else { None }
    }
}

impl ScaleOf for i32 {
    fn scale_of(entry: &Entry) -> Option<&[i32]> {
        if let Entry::Constant(constant) = entry { Some(constant) } else { None }
    }
}

impl<A: Current + ScaleOf> Edge<A> {
    pub(crate) fn new(term: &Term) -> Result<Self> {
        let way = match (&term.entry, Ratio::of(term), A::scale_of(&term.entry)) {
            (Entry::Plain, ..) => Way::Plain,
            (_, Some(ratio), _) => Way::Ratio(ratio),
            (_, _, Some(scale)) => Way::Scale(blocks(scale, A::default())),
            _ => return Err(Error::internal(format!("map {} enters a sum of another precision", term.source))),
        };
        Ok(Self { source: term.source, way })
    }

    /// An edge that takes a map as it is.
    pub(crate) fn plain(source: usize) -> Self {
        Self { source, way: Way::Plain }
    }

    /// Look its map up.
    pub(crate) fn bind<'a>(&'a self, maps: &'a Maps, places: &[Place], steps: usize) -> Result<Bound<'a, A>> {
        let place = &places[self.source];
        Ok(match &self.way {
            Way::Plain => Bound::Plain(maps.view(place, steps)?),
            Way::Scale(scale) => Bound::Scale(maps.view(place, steps)?, scale),
            Way::Ratio(ratio) => Bound::Ratio(maps.view(place, steps)?, ratio),
        })
    }
}

/// Where the rows of some currents are: each is the same pixels at another step, or at the only step other pixels.
#[derive(Clone, Copy)]
pub(crate) enum Along {
    /// So many pixels from the first one on.
    Steps { first: usize, pixels: usize },
    /// As many as rows hold, `pixels` in all.
    Pixels { first: usize, pixels: usize },
}

impl<A: Current> Bound<'_, A> {
    /// Add channels `begin..begin + width` of some pixels; `begin` is a multiple of `N`.
    #[inline(always)]
    pub(crate) fn add<const N: usize, const P: usize>(
        &self,
        along: Along,
        [begin, width]: [usize; 2],
        current: &mut [[[A; N]; P]],
    ) {
        let range = [begin, width];
        match self {
            Self::Plain(map) => each(map, along, range, current, |_, sum, value| sum.plus(value)),
            Self::Scale(map, scale) => {
                let scale = lanes::<_, N>(scale, begin);
                each(map, along, range, current, |lane, sum, count| sum.plus(A::scale(count, scale[lane])));
            }
            Self::Ratio(map, ratio) => {
                let (multiplier, shift) = (lanes::<_, N>(&ratio.multiplier, begin), lanes::<_, N>(&ratio.shift, begin));
                each(map, along, range, current, |lane, sum, value| {
                    sum.plus(value.ratio(multiplier[lane], shift[lane]))
                });
            }
        }
    }
}

/// Add values of a map to the currents.
///
/// All 64 lanes are one loop, which is long enough for the compiler to make vectors of; shorter ones it takes apart.
#[inline(always)]
fn each<A: Current, T: Copy + Default, const N: usize, const P: usize>(
    map: &View<'_, T>,
    along: Along,
    [begin, width]: [usize; 2],
    current: &mut [[[A; N]; P]],
    add: impl Fn(usize, A, T) -> A,
) {
    let mut values = [[T::default(); N]; P];
    // A map that is the same at every step is read once.
    let fixed = map.rows == 1 && matches!(along, Along::Steps { .. });
    for (number, row) in current.iter_mut().enumerate() {
        let (first, own, step) = match along {
            Along::Steps { first, pixels } => (first, pixels, number),
            Along::Pixels { first, pixels } => (first + number * P, P.min(pixels - number * P), 0),
        };
        let own = if fixed && number > 0 { 0 } else { own };
        for (pixel, values) in values[..own].iter_mut().enumerate() {
            let from = &map.at(first + pixel, step)[begin..begin + width];
            match from.first_chunk() {
                Some(from) => *values = *from,
                None => values[..width].copy_from_slice(from),
            }
        }
        let (values, row) = (values.as_flattened(), row.as_flattened_mut());
        if let (Some(values), Some(row)) = (values.first_chunk::<TOGETHER>(), row.first_chunk_mut::<TOGETHER>()) {
            for lane in 0..TOGETHER {
                row[lane] = add(lane, row[lane], values[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ratio;
    use crate::clocked::synapses::current::Current;
    use crate::plan::{Entry, Term};

    /// A ratio that is 1 but in some channels, applied to two steps of `P` pixels from a channel on, beside what each value becomes by itself.
    fn check<const N: usize, const P: usize>(changed: &[usize], begin: usize) {
        let (mut multiplier, mut shift) = (vec![1 << 30; 128], vec![30; 128]);
        for &channel in changed {
            (multiplier[channel], shift[channel]) = ((1 << 29) + 12_345 * channel as i32, 37 + channel as i32 % 3);
        }
        let entry = Entry::Ratio { multiplier: multiplier.clone(), shift: shift.clone() };
        let ratio = Ratio::of(&Term { source: 0, entry }).unwrap();
        assert_eq!(ratio.changed, changed);
        let value = |k: usize| (k as i32).wrapping_mul(0x9e37_79b9_u32 as i32) >> 3;
        let mut current = [[[0; N]; P]; 2];
        for (k, own) in current.as_flattened_mut().as_flattened_mut().iter_mut().enumerate() {
            *own = value(k);
        }
        ratio.apply(begin, &mut current);
        for (k, &own) in current.as_flattened().as_flattened().iter().enumerate() {
            let channel = begin + k % N;
            assert_eq!(own, value(k).ratio(multiplier[channel], shift[channel]), "{changed:?} {begin} {k}");
        }
    }

    #[test]
    fn channels_whose_multiplier_is_one_stay() {
        for changed in [&[][..], &[5], &[3, 64, 70, 127], &[0, 15, 16, 17, 18, 19, 63, 64]] {
            check::<16, 4>(changed, 0);
            check::<16, 4>(changed, 16);
            check::<32, 2>(changed, 64);
            check::<64, 1>(changed, 0);
            check::<64, 1>(changed, 64);
        }
    }
}
