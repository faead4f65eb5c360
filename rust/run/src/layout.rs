//! How samples lie in an array.

use pysnn_core::plan::Shape;

/// How the axes of a sample lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As the engine has them.
    Same,
    /// Channels last.
    Last,
}

/// Says how samples of one shape lie in an array `(samples, ...)`, if they do.
pub(crate) type LaidOut = fn(given: &[usize], wanted: &[usize]) -> Option<Order>;

/// How samples of a network of single spikes lie: in its shape, or flat; for a vector in any shape of as many values: `pysnn/first_spike/coding.py`.
pub(crate) fn single_laid_out(given: &[usize], wanted: &[usize]) -> Option<Order> {
    let sample = given.get(1..).filter(|sample| !sample.is_empty())?;
    let size = |shape: &[usize]| shape.iter().try_fold(1_usize, |size, &n| size.checked_mul(n));
    let flat = (wanted.len() == 1 || sample.len() == 1) && size(sample) == size(wanted);
    (sample == wanted || flat).then_some(Order::Same)
}

/// How samples of one shape lie in an array `(samples, ...)`, where there is one way to read them: `pysnn/encode/layout.py`.
pub(crate) fn laid_out(given: &[usize], wanted: &[usize]) -> Option<Order> {
    let sample = given.get(1..)?;
    if sample == wanted {
        return Some(Order::Same);
    }
    let large = |shape: &[usize]| shape.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    let (have, want) = (large(sample), large(wanted));
    let flat = have.len() == 1 && want.len() == 2 && have[0] == want[0] * want[1];
    let last = wanted.len() == 3 && *sample == [wanted[1], wanted[2], wanted[0]];
    if given.len() > 1 && (have == want || flat) {
        let ambiguous = last && wanted[0] > 1 && want.len() > 1;
        return (!ambiguous).then_some(Order::Same);
    }
    last.then_some(Order::Last)
}

/// Values with channels last, with channels first.
pub(crate) fn channels_first<T: Copy>(values: &[T], shape: Shape) -> Vec<T> {
    let (channels, pixels) = (shape.channels, shape.pixels());
    let mut found = Vec::with_capacity(values.len());
    for sample in values.chunks_exact(shape.size()) {
        for channel in 0..channels {
            found.extend((0..pixels).map(|pixel| sample[pixel * channels + channel]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_laid_out_as_in_python() {
        assert_eq!(laid_out(&[9, 28, 28], &[1, 28, 28]), Some(Order::Same));
        assert_eq!(laid_out(&[9, 784], &[1, 28, 28]), Some(Order::Same));
        assert_eq!(laid_out(&[9, 32, 32, 3], &[3, 32, 32]), Some(Order::Last));
        assert_eq!(laid_out(&[9, 3, 32, 32], &[3, 32, 32]), Some(Order::Same));
        assert_eq!(laid_out(&[9, 5], &[4]), None);
        assert_eq!(laid_out(&[9], &[4]), None);
        assert_eq!(laid_out(&[9], &[1]), None);
    }

    #[test]
    fn samples_of_single_spikes_have_their_shape_or_are_flat() {
        for (given, wanted, fits) in [
            (&[9, 1, 28, 28][..], &[1, 28, 28][..], true),
            (&[9, 784], &[1, 28, 28], true),
            (&[9, 28, 28], &[1, 28, 28], false),
            (&[9, 28, 28], &[784], true),
            (&[9, 783], &[784], false),
            (&[9, 32, 32, 3], &[3, 32, 32], false),
            (&[9], &[1], false),
            (&[], &[1], false),
        ] {
            assert_eq!(single_laid_out(given, wanted).is_some(), fits, "{given:?} {wanted:?}");
        }
    }

    #[test]
    fn channels_that_come_last_are_moved() {
        assert_eq!(channels_first(&[1, 2, 3, 4, 5, 6], Shape::new(3, 1, 2)), [1, 4, 2, 5, 3, 6]);
    }
}
