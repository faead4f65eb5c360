//! Maps in memory: `[y][x][step][channel]`, static ones without the step.

use crate::error::{Error, Result};
use crate::plan::{Kind, Shape};

/// The values of one map, by its kind.
#[derive(Debug)]
pub(super) enum Buffer {
    Count(Vec<u8>),
    Real(Vec<f32>),
    Current(Vec<i32>),
}

/// A type that a map can hold.
pub(super) trait Element: Copy + Default + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The values; none where the buffer holds another kind, which a checked plan rules out.
    fn of(buffer: &Buffer) -> &[Self];
    /// The same, to write.
    fn of_mut(buffer: &mut Buffer) -> &mut [Self];
}

macro_rules! element {
    ($type:ty, $kind:ident) => {
        impl Element for $type {
            fn of(buffer: &Buffer) -> &[Self] {
                if let Buffer::$kind(values) = buffer { values } else { &[] }
            }
            fn of_mut(buffer: &mut Buffer) -> &mut [Self] {
                if let Buffer::$kind(values) = buffer { values } else { &mut [] }
            }
        }
    };
}

element!(u8, Count);
element!(f32, Real);
element!(i32, Current);

impl Buffer {
    /// An empty buffer of a kind.
    pub(super) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Count => Self::Count(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
            Kind::Current => Self::Current(Vec::new()),
        }
    }

    /// Make room for at least `size` values.
    pub(super) fn grow(&mut self, size: usize) -> Result<()> {
        match self {
            Self::Count(values) => grow(values, size),
            Self::Real(values) => grow(values, size),
            Self::Current(values) => grow(values, size),
        }
    }
}

/// Lengthen `values` to at least `size`, or say that there is no memory for it.
pub(super) fn grow<T: Copy + Default>(values: &mut Vec<T>, size: usize) -> Result<()> {
    if values.len() < size {
        let more = size - values.len();
        values.try_reserve_exact(more).map_err(|_| {
            let bytes = size.saturating_mul(size_of::<T>());
            Error::capacity(format!("a run needs {bytes} bytes for one array, which the system does not give"))
        })?;
        values.resize(size, T::default());
    }
    Ok(())
}

/// `size` zeros.
pub(super) fn zeros<T: Copy + Default>(size: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    grow(&mut values, size)?;
    Ok(values)
}

/// A map to read: `rows` steps a pixel (one where it is static).
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a, T> {
    values: &'a [T],
    pub(super) channels: usize,
    pub(super) rows: usize,
}

impl<'a, T: Copy> View<'a, T> {
    pub(super) fn new(values: &'a [T], channels: usize, rows: usize) -> Self {
        Self { values, channels, rows }
    }

    /// All of them.
    #[inline(always)]
    pub(super) fn values(&self) -> &'a [T] {
        self.values
    }

    /// All steps and channels of a pixel.
    #[inline(always)]
    pub(super) fn pixel(&self, pixel: usize) -> &'a [T] {
        let size = self.rows * self.channels;
        &self.values[pixel * size..(pixel + 1) * size]
    }

    /// All channels of a pixel at a step.
    #[inline(always)]
    pub(super) fn at(&self, pixel: usize, step: usize) -> &'a [T] {
        let row = pixel * self.rows + if self.rows == 1 { 0 } else { step };
        &self.values[row * self.channels..(row + 1) * self.channels]
    }
}

/// Where each map is: slots that maps share when their lives do not overlap.
#[derive(Debug, Default)]
pub(super) struct Maps {
    slots: Vec<Buffer>,
}

/// Where one map is, and how it is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) slot: usize,
    pub(super) shape: Shape,
    pub(super) is_static: bool,
}

impl Place {
    /// Steps a pixel holds in a block of `steps`.
    pub(super) fn rows(&self, steps: usize) -> usize {
        if self.is_static { 1 } else { steps }
    }
}

impl Maps {
    pub(super) fn new(kinds: impl Iterator<Item = Kind>) -> Self {
        Self { slots: kinds.map(Buffer::empty).collect() }
    }

    /// Make room in a slot.
    pub(super) fn grow(&mut self, slot: usize, size: usize) -> Result<()> {
        self.slots[slot].grow(size)
    }

    /// A map of the current block.
    pub(super) fn view<T: Element>(&self, place: &Place, steps: usize) -> View<'_, T> {
        let rows = place.rows(steps);
        let size = rows * place.shape.size();
        View::new(&T::of(&self.slots[place.slot])[..size], place.shape.channels, rows)
    }

    /// Take a slot's buffer out, to write it while others are read.
    pub(super) fn take(&mut self, slot: usize) -> Buffer {
        std::mem::replace(&mut self.slots[slot], Buffer::Count(Vec::new()))
    }

    /// Put it back.
    pub(super) fn put(&mut self, slot: usize, buffer: Buffer) {
        self.slots[slot] = buffer;
    }
}
