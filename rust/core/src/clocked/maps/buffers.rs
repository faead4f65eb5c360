//! Maps in memory: `[y][x][step][channel]`, static ones without the step.

use crate::error::{Error, Result};
use crate::plan::{Kind, Shape};

/// The values of one map, by its kind.
#[derive(Debug)]
pub(crate) enum Buffer {
    Count(Vec<u8>),
    Real(Vec<f32>),
    Current(Vec<i32>),
}

/// A type that a map can hold.
pub(crate) trait Element: Copy + Default + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The values; an internal error where the buffer holds another kind, which a checked plan rules out.
    fn of(buffer: &Buffer) -> Result<&[Self]>;
    /// The same, to write.
    fn of_mut(buffer: &mut Buffer) -> Result<&mut [Self]>;
}

macro_rules! element {
    ($type:ty, $kind:ident) => {
        impl Element for $type {
            fn of(buffer: &Buffer) -> Result<&[Self]> {
                if let Buffer::$kind(values) = buffer { Ok(values) } else { Err(buffer.unlike(Kind::$kind)) }
            }
            fn of_mut(buffer: &mut Buffer) -> Result<&mut [Self]> {
                match buffer {
                    Buffer::$kind(values) => Ok(values),
                    other => Err(other.unlike(Kind::$kind)),
                }
            }
        }
    };
}

element!(u8, Count);
element!(f32, Real);
element!(i32, Current);

impl Buffer {
    /// An empty buffer of a kind.
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Count | Kind::Level => Self::Count(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
            Kind::Current => Self::Current(Vec::new()),
        }
    }

    /// The kind that it holds.
    fn kind(&self) -> Kind {
        match self {
            Self::Count(_) => Kind::Count,
            Self::Real(_) => Kind::Real,
            Self::Current(_) => Kind::Current,
        }
    }

    /// What it means that another kind was looked for.
    #[cold]
    fn unlike(&self, kind: Kind) -> Error {
        Error::internal(format!("a {kind:?} map was looked for where a {:?} map is", self.kind()))
    }

    /// Make room for at least `size` values.
    pub(crate) fn grow(&mut self, size: usize) -> Result<()> {
        match self {
            Self::Count(values) => grow(values, size),
            Self::Real(values) => grow(values, size),
            Self::Current(values) => grow(values, size),
        }
    }
}

/// Lengthen `values` to at least `size`, or say that there is no memory for it.
pub(crate) fn grow<T: Copy + Default>(values: &mut Vec<T>, size: usize) -> Result<()> {
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
pub(crate) fn zeros<T: Copy + Default>(size: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    grow(&mut values, size)?;
    Ok(values)
}

/// A map to read: `rows` steps a pixel (one where it is static).
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a, T> {
    values: &'a [T],
    pub(crate) channels: usize,
    pub(crate) rows: usize,
}

impl<'a, T: Copy> View<'a, T> {
    pub(crate) fn new(values: &'a [T], channels: usize, rows: usize) -> Self {
        Self { values, channels, rows }
    }

    /// All of them.
    #[inline(always)]
    pub(crate) fn values(&self) -> &'a [T] {
        self.values
    }

    /// All steps and channels of a pixel.
    #[inline(always)]
    pub(crate) fn pixel(&self, pixel: usize) -> &'a [T] {
        let size = self.rows * self.channels;
        &self.values[pixel * size..(pixel + 1) * size]
    }

    /// All channels of a pixel at a step.
    #[inline(always)]
    pub(crate) fn at(&self, pixel: usize, step: usize) -> &'a [T] {
        let row = pixel * self.rows + if self.rows == 1 { 0 } else { step };
        &self.values[row * self.channels..(row + 1) * self.channels]
    }
}

/// Where each map is: slots that maps share when their lives do not overlap.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    slots: Vec<Buffer>,
}

/// Where one map is, and how it is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) slot: usize,
    pub(crate) shape: Shape,
    pub(crate) is_static: bool,
}

impl Place {
    /// Steps a pixel holds in a block of `steps`.
    pub(crate) fn rows(&self, steps: usize) -> usize {
        if self.is_static { 1 } else { steps }
    }
}

impl Maps {
    pub(crate) fn new(kinds: impl Iterator<Item = Kind>) -> Self {
        Self { slots: kinds.map(Buffer::empty).collect() }
    }

    /// Make room in a slot.
    pub(crate) fn grow(&mut self, slot: usize, size: usize) -> Result<()> {
        self.slots[slot].grow(size)
    }

    /// A map of the current block.
    pub(crate) fn view<T: Element>(&self, place: &Place, steps: usize) -> Result<View<'_, T>> {
        let rows = place.rows(steps);
        let size = rows * place.shape.size();
        Ok(View::new(&T::of(&self.slots[place.slot])?[..size], place.shape.channels, rows))
    }

    /// Take a slot's buffer out, to write it while others are read.
    pub(crate) fn take(&mut self, slot: usize) -> Buffer {
        std::mem::replace(&mut self.slots[slot], Buffer::Count(Vec::new()))
    }

    /// Put it back.
    pub(crate) fn put(&mut self, slot: usize, buffer: Buffer) {
        self.slots[slot] = buffer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind as Fault;

    #[test]
    fn a_map_of_another_kind_is_an_internal_error() {
        let mut buffer = Buffer::empty(Kind::Count);
        buffer.grow(3).unwrap();
        assert_eq!(u8::of(&buffer).unwrap(), [0; 3]);
        for error in [f32::of(&buffer).unwrap_err(), i32::of_mut(&mut buffer).unwrap_err()] {
            assert_eq!(error.kind(), Fault::Internal);
            assert!(error.message().contains("please report it"), "{error}");
        }
        let mut maps = Maps::new([Kind::Real].into_iter());
        maps.grow(0, 4).unwrap();
        let place = Place { slot: 0, shape: Shape::new(2, 1, 1), is_static: false };
        assert_eq!(maps.view::<f32>(&place, 2).unwrap().values(), [0.0; 4]);
        assert_eq!(maps.view::<u8>(&place, 2).unwrap_err().kind(), Fault::Internal);
    }
}
