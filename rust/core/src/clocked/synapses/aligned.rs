//! Arrays that begin where a cache line does, so that rows of 64 bytes are one line each.

/// Bytes of a cache line.
pub(crate) const LINE: usize = 64;

/// Values that begin at a multiple of 64 bytes.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    values: Vec<T>,
    begin: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// This many zeros.
    pub(crate) fn zeros(size: usize) -> Self {
        let values = vec![T::default(); size + LINE / size_of::<T>()];
        let begin = values.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Self { values, begin }
    }

    /// Rows of `N` values.
    #[inline(always)]
    pub(crate) fn rows<const N: usize>(&self) -> &[[T; N]] {
        self.values[self.begin..].as_chunks().0
    }

    /// The same, to write.
    pub(crate) fn rows_mut<const N: usize>(&mut self) -> &mut [[T; N]] {
        self.values[self.begin..].as_chunks_mut().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_with_a_line() {
        for size in [0, 1, 63, 64, 1000] {
            let mut aligned = Aligned::<f32>::zeros(size * 16);
            assert!(aligned.rows::<16>().len() >= size);
            assert_eq!(aligned.rows::<16>().as_ptr().align_offset(LINE), 0);
            aligned.rows_mut::<16>().iter_mut().for_each(|row| *row = [1.0; 16]);
            assert!(Aligned::<i8>::zeros(size).rows::<1>().len() >= size);
        }
    }
}
