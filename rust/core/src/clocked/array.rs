//! Arrays of a state: what a run starts from and what it gives.

/// A state that a run starts from.
#[derive(Debug, Clone, Copy)]
pub enum StateView<'a> {
    /// float32.
    Real(&'a [f32]),
    /// int32.
    Integer(&'a [i32]),
    /// int64.
    Long(&'a [i64]),
    /// uint8.
    Bytes(&'a [u8]),
}

/// An array that a run gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// float32.
    Real(Vec<f32>),
    /// int32.
    Integer(Vec<i32>),
    /// int64.
    Long(Vec<i64>),
    /// uint8.
    Bytes(Vec<u8>),
}

impl Array {
    /// The same, to read.
    #[must_use]
    pub fn view(&self) -> StateView<'_> {
        match self {
            Self::Real(values) => StateView::Real(values),
            Self::Integer(values) => StateView::Integer(values),
            Self::Long(values) => StateView::Long(values),
            Self::Bytes(values) => StateView::Bytes(values),
        }
    }
}

impl StateView<'_> {
    pub(crate) fn kind(&self) -> StateKind {
        match self {
            Self::Real(_) => StateKind::Real,
            Self::Integer(_) => StateKind::Integer,
            Self::Long(_) => StateKind::Long,
            Self::Bytes(_) => StateKind::Bytes,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Real(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Long(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }
}

/// The element type of an operation's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateKind {
    Real,
    Integer,
    Long,
    Bytes,
}

impl StateKind {
    /// Bytes of a value.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Real | Self::Integer => 4,
            Self::Long => 8,
            Self::Bytes => 1,
        }
    }
}
