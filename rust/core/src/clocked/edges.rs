//! The edges of a sum: maps that are added to the currents of a pixel, in their order.

use super::buffers::{Element, Maps, Place, View};
use super::current::Current;
use crate::plan::{Entry, Term};

/// How one edge enters a sum.
#[derive(Debug)]
enum Way<A> {
    Plain,
    Scale(Vec<A>),
    Ratio(Vec<i32>, Vec<i32>),
}

/// One edge of a sum.
#[derive(Debug)]
pub(super) struct Edge<A> {
    pub(super) source: usize,
    way: Way<A>,
}

/// An edge with the map that it reads.
pub(super) enum Bound<'a, A> {
    Plain(View<'a, A>),
    Scale(View<'a, u8>, &'a [A]),
    Ratio(View<'a, A>, &'a [i32], &'a [i32]),
}

/// Constants of a count edge, where the entry has them in this precision.
pub(super) trait ScaleOf: Element {
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
    pub(super) fn new(term: &Term) -> Self {
        let way = match &term.entry {
            Entry::Ratio { multiplier, shift } => Way::Ratio(multiplier.clone(), shift.clone()),
            entry => A::scale_of(entry).map_or(Way::Plain, |scale| Way::Scale(scale.to_vec())),
        };
        Self { source: term.source, way }
    }

    /// An edge that takes a map as it is.
    pub(super) fn plain(source: usize) -> Self {
        Self { source, way: Way::Plain }
    }

    /// Look its map up.
    pub(super) fn bind<'a>(&'a self, maps: &'a Maps, places: &[Place], steps: usize) -> Bound<'a, A> {
        let place = &places[self.source];
        match &self.way {
            Way::Plain => Bound::Plain(maps.view(place, steps)),
            Way::Scale(scale) => Bound::Scale(maps.view(place, steps), scale),
            Way::Ratio(multiplier, shift) => Bound::Ratio(maps.view(place, steps), multiplier, shift),
        }
    }
}

impl<A: Current> Bound<'_, A> {
    /// Add channels `begin..begin + width` of a pixel to its currents.
    #[inline(always)]
    pub(super) fn add<const N: usize>(&self, pixel: usize, [begin, width]: [usize; 2], current: &mut [[A; N]]) {
        let end = begin + width;
        for (step, row) in current.iter_mut().enumerate() {
            match self {
                Self::Plain(map) => {
                    let values = &map.at(pixel, step)[begin..end];
                    for (sum, &value) in row.iter_mut().zip(values) {
                        *sum = sum.plus(value);
                    }
                }
                Self::Scale(map, scale) => {
                    let values = map.at(pixel, step)[begin..end].iter().zip(&scale[begin..end]);
                    for (sum, (&count, &scale)) in row.iter_mut().zip(values) {
                        *sum = sum.plus(A::scale(count, scale));
                    }
                }
                Self::Ratio(map, multiplier, shift) => {
                    let ratios = multiplier[begin..end].iter().zip(&shift[begin..end]);
                    let values = map.at(pixel, step)[begin..end].iter().zip(ratios);
                    for (sum, (&value, (&multiplier, &shift))) in row.iter_mut().zip(values) {
                        *sum = sum.plus(value.ratio(multiplier, shift));
                    }
                }
            }
        }
    }
}
