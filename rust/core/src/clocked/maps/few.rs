//! A few values on the stack.

use crate::error::Result;

/// Values that the stack has room for.
const ROOM: usize = 8;

/// Some values: up to eight of them take nothing from the heap.
pub(crate) enum Few<T> {
    Here([T; ROOM], usize),
    There(Vec<T>),
}

impl<T: Copy> Few<T> {
    /// All of some values; `blank` fills the room behind them.
    pub(crate) fn collect(blank: T, values: impl ExactSizeIterator<Item = Result<T>>) -> Result<Self> {
        if values.len() > ROOM {
            return values.collect::<Result<_>>().map(Self::There);
        }
        let (mut here, count) = ([blank; ROOM], values.len());
        for (place, value) in here.iter_mut().zip(values) {
            *place = value?;
        }
        Ok(Self::Here(here, count))
    }

    /// The values.
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Self::Here(values, count) => &values[..*count],
            Self::There(values) => values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn all_values_are_kept_and_the_first_error_is_given() {
        for count in [0, 1, 8, 9, 20] {
            let few = Few::collect(0, (0..count).map(Ok)).unwrap();
            assert_eq!(few.as_slice(), (0..count).collect::<Vec<_>>());
            let failing = (0..count).map(|n| if n == 3 { Err(Error::cancelled()) } else { Ok(n) });
            assert_eq!(Few::collect(0, failing).is_err(), count > 3);
        }
    }
}
