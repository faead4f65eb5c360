use super::*;

fn simd() -> Level {
    Level::named(None).unwrap()
}

fn clipped(current: &[f32], noise: &[f32], threshold: &[f32], levels: u32) -> Vec<f32> {
    let mut value = vec![9.0; current.len()];
    let clip = Clip { current, noise, value: &mut value, threshold, levels };
    clip.forward(simd(), 1, &mut |_| true).unwrap();
    value
}

#[test]
fn values_by_hand() {
    let current = [-1.0, 0.5, 1.25, 9.0];
    assert_eq!(clipped(&current, &[], &[2.0], 0), [0.0, 0.5, 1.25, 2.0]);
    // u = 0, .25, .625, 1 of four levels: 0, 1, 2.5 + .5, 4.
    assert_eq!(clipped(&current, &[], &[2.0], 4), [0.0, 0.5, 1.5, 2.0]);
    // 0 + .5 - .75 and 4 + .5 + .5 stay within the levels.
    assert_eq!(clipped(&current, &[-0.75, -0.75, -0.25, 0.5], &[2.0], 4), [0.0, 0.0, 1.0, 2.0]);
    assert_eq!(clipped(&current, &[], &[2.0, 0.25], 1), [0.0, 0.25, 2.0, 0.25]);
}

#[test]
fn gradients_by_hand() {
    let (current, arriving) = ([-1.0, 0.5, 1.25, 9.0], [1.0, 2.0, 4.0, 8.0]);
    for (levels, of_threshold) in [(0, 8.0), (4, 2.0 * 0.0 + 4.0 * 0.125 + 8.0)] {
        let value = clipped(&current, &[], &[2.0], levels);
        let mut leaving = [9.0; 4];
        let threshold = &[2.0][..];
        let backward = Backward {
            current: &current,
            value: &value,
            arriving: &arriving,
            leaving: &mut leaving,
            threshold,
            levelled: levels > 0,
        };
        assert_eq!(backward.derive(simd(), 1, &mut |_| true).unwrap(), [of_threshold]);
        assert_eq!(leaving, [0.0, 2.0, 4.0, 0.0]);
    }
}

fn values<T: Value>(count: usize, factor: usize) -> Vec<T> {
    (0..count).map(|i| T::rounded((i * factor % 1000) as f32 / 500.0 - 0.6)).collect()
}

/// One value at a time: the definition.
fn scalar<T: Value>(current: &[T], noise: &[T], arriving: &[T], th: &[f32], levels: u32) -> (Vec<T>, Vec<T>, Vec<f64>) {
    let (mut value, mut leaving, mut sums) = (Vec::new(), Vec::new(), vec![0.0; th.len()]);
    for (i, z) in current.iter().enumerate() {
        let (own, inverse) = (th[i % th.len()], 1.0 / th[i % th.len()]);
        let u = z.widened() * inverse;
        let mut level = u.clamp(0.0, 1.0);
        if levels > 0 {
            let noise = noise.get(i).map_or(0.0, |noise| noise.widened());
            level = (level * levels as f32 + 0.5 + noise).clamp(0.0, levels as f32).floor() / levels as f32;
        }
        value.push(T::rounded(level * own));
        let inside = u > 0.0 && u < 1.0;
        let dy = arriving[i].widened();
        leaving.push(T::rounded(if inside { dy } else { 0.0 }));
        let share = match (levels, inside) {
            (0, _) => f32::from(u8::from(u > 1.0)),
            (_, inside) => value[i].widened() * inverse - if inside { u } else { 0.0 },
        };
        sums[i % th.len()] += f64::from(dy * share);
    }
    (value, leaving, sums)
}

fn every_level_is_the_scalar_one<T: Value + std::fmt::Debug + PartialEq>() {
    for (channels, rows) in [(1, 5), (3, 21), (16, 700), (100, 130), (3, PART / 3 + 4)] {
        let threshold: Vec<f32> = (0..channels).map(|c| 0.5 + 0.1 * (c % 7) as f32).collect();
        let size = channels * rows;
        let (current, arriving): (Vec<T>, Vec<T>) = (values(size, 7919), values(size, 6007));
        for (levels, noise) in [(0, vec![]), (4, vec![]), (5, values::<T>(size, 4409))] {
            let (expected, gradient, sums) = scalar(&current, &noise, &arriving, &threshold, levels);
            let mut known: Option<Vec<f32>> = None;
            for level in Level::available() {
                for threads in [1, 3] {
                    let case = format!("{level:?} {channels} {rows} {levels} {threads}");
                    let mut value = vec![T::rounded(9.0); size];
                    let (current, threshold) = (&current[..], &threshold[..]);
                    let clip = Clip { current, noise: &noise, value: &mut value, threshold, levels };
                    clip.forward(level, threads, &mut |_| true).unwrap();
                    assert!(value == expected, "{case}");
                    let mut leaving = vec![T::rounded(9.0); size];
                    let (value, arriving, levelled) = (&value[..], &arriving[..], levels > 0);
                    let backward = Backward { current, value, arriving, leaving: &mut leaving, threshold, levelled };
                    let found = backward.derive(level, threads, &mut |_| true).unwrap();
                    assert!(leaving == gradient, "{case}");
                    for (found, sum) in found.iter().zip(&sums) {
                        assert!((f64::from(*found) - sum).abs() <= 1e-4 * (1.0 + sum.abs()), "{case}: {found} {sum}");
                    }
                    assert_eq!(*known.get_or_insert_with(|| found.clone()), found, "{case}");
                }
            }
        }
    }
}

#[test]
fn every_level_is_the_scalar_one_in_float32() {
    every_level_is_the_scalar_one::<f32>();
}

#[test]
fn every_level_is_the_scalar_one_in_bfloat16() {
    every_level_is_the_scalar_one::<u16>();
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    for (values, channels) in [(3, 1), (4, 3), (4, 0)] {
        let mut value = vec![0.0_f32; values];
        let threshold = vec![1.0; channels];
        let clip = Clip { current: &[0.0; 4], noise: &[], value: &mut value, threshold: &threshold, levels: 0 };
        let error = clip.forward(simd(), 1, &mut |_| true).unwrap_err();
        assert!(error.to_string().contains("4 currents, others"), "{error}");
    }
}
