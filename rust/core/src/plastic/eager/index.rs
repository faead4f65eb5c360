//! Where the synapses of each target are.

use crate::pages::roomy;

/// How many synapses ahead the weights of a column are asked for.
pub(super) const AHEAD: usize = 64;

/// The synapses of each target, by source: the source, and the place of the weight.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    pub(super) col: Vec<u32>,
    pub(super) from: From,
    pub(super) place: Vec<u32>,
}

/// Numbers of sources, in 16 bits where they fit; some places more than synapses, so that none needs a look at the end.
#[derive(Debug, Clone)]
pub(super) enum From {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Default for From {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

/// The number of a source.
pub(super) trait Number: Copy + Default {
    fn new(source: usize) -> Self;
    fn get(self) -> usize;
}

impl Number for u16 {
    #[inline(always)]
    fn new(source: usize) -> Self {
        source as Self
    }

    #[inline(always)]
    fn get(self) -> usize {
        usize::from(self)
    }
}

impl Number for u32 {
    #[inline(always)]
    fn new(source: usize) -> Self {
        source as Self
    }

    #[inline(always)]
    fn get(self) -> usize {
        self as usize
    }
}

impl Columns {
    /// Order the synapses of rows by target.
    pub(crate) fn new(row: &[u32], to: &[u16], fan_in: &[u32]) -> Self {
        let mut col = vec![0u32; fan_in.len() + 1];
        for (j, &count) in fan_in.iter().enumerate() {
            col[j + 1] = col[j] + count;
        }
        if row.len() <= 1 << 16 {
            let (from, place) = sorted(row, to, &col);
            return Self { col, from: From::Narrow(from), place };
        }
        let (from, place) = sorted(row, to, &col);
        Self { col, from: From::Wide(from), place }
    }
}

/// Of each synapse by target: its source and its place.
fn sorted<I: Number>(row: &[u32], to: &[u16], col: &[u32]) -> (Vec<I>, Vec<u32>) {
    let (mut from, mut place) = (roomy::<I>(to.len() + AHEAD), roomy::<u32>(to.len() + AHEAD));
    from.resize(to.len() + AHEAD, I::default());
    place.resize(to.len() + AHEAD, 0);
    let mut next = col.to_vec();
    for (source, ends) in row.windows(2).enumerate() {
        for k in ends[0]..ends[1] {
            let slot = &mut next[to[k as usize] as usize];
            from[*slot as usize] = I::new(source);
            place[*slot as usize] = k;
            *slot += 1;
        }
    }
    (from, place)
}
