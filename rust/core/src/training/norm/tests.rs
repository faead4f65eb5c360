use super::*;

fn level() -> Level {
    Level::named(None).unwrap()
}

#[test]
fn two_values_by_hand() {
    // x = 1, 3: mean 2, variance 1, normalised -1 and 1. dy = 1, 5: mean 3, mean of dy n 2.
    let mut leaving = [9.0_f32; 2];
    let norm = Norm {
        input: &[1.0, 3.0],
        arriving: &[1.0, 5.0],
        leaving: &mut leaving,
        mean: &[2.0],
        inverse: &[1.0],
        weight: &[2.0],
        frozen: false,
    };
    let found = norm.derive(level(), 1, &mut |_| true).unwrap();
    assert_eq!(found, OfNorm { weight: vec![4.0], bias: vec![6.0] });
    // 2 (1 - 3 + 2), 2 (5 - 3 - 2): two values normalised are what they are.
    assert_eq!(leaving, [0.0, 0.0]);
}

#[test]
fn frozen_values_are_scaled() {
    let mut leaving = [9.0_f32; 4];
    let norm = Norm {
        input: &[1.0, 3.0, 2.0, 4.0],
        arriving: &[1.0, 5.0, 2.0, 1.0],
        leaving: &mut leaving,
        mean: &[2.0, 3.0],
        inverse: &[0.5, 2.0],
        weight: &[2.0, 1.0],
        frozen: true,
    };
    let found = norm.derive(level(), 1, &mut |_| true).unwrap();
    assert_eq!(found, OfNorm { weight: vec![-0.5, 2.0], bias: vec![3.0, 6.0] });
    assert_eq!(leaving, [1.0, 10.0, 2.0, 2.0]);
}

fn values<T: Value>(count: usize, factor: usize) -> Vec<T> {
    (0..count).map(|i| T::rounded((i * factor % 1000) as f32 / 700.0 - 0.3)).collect()
}

/// One channel at a time, in float64: the definition.
fn scalar<T: Value>(norm: &Norm<'_, T>) -> (Vec<f64>, [Vec<f64>; 2]) {
    let channels = norm.mean.len();
    let mut leaving = vec![0.0; norm.input.len()];
    let mut sums = [Vec::new(), Vec::new()];
    for c in 0..channels {
        let own = || (c..norm.input.len()).step_by(channels);
        let dy = |i: usize| f64::from(norm.arriving[i].widened());
        let n = |i: usize| f64::from(norm.input[i].widened() - norm.mean[c]) * f64::from(norm.inverse[c]);
        let bias: f64 = own().map(dy).sum();
        let weight: f64 = own().map(|i| dy(i) * n(i)).sum();
        let count = own().count() as f64;
        for i in own() {
            let moved = if norm.frozen { 0.0 } else { (bias + n(i) * weight) / count };
            leaving[i] = f64::from(norm.weight[c] * norm.inverse[c]) * (dy(i) - moved);
        }
        sums[0].push(weight);
        sums[1].push(bias);
    }
    (leaving, sums)
}

fn close(found: &[f32], expected: &[f64], tolerance: f64) {
    for (found, expected) in found.iter().zip(expected) {
        let bound = tolerance * (1.0 + expected.abs());
        assert!((f64::from(*found) - expected).abs() <= bound, "{found} {expected}");
    }
}

fn every_level_is_the_scalar_one<T: Value + std::fmt::Debug + PartialEq>(tolerance: f64) {
    for (channels, rows) in [(1, 5), (3, 21), (16, 700), (64, 300), (100, 130), (3, PART / 3 + 4)] {
        let of = |from: f32, step: f32| -> Vec<f32> { (0..channels).map(|c| from + step * (c % 7) as f32).collect() };
        let (mean, inverse, weight) = (of(0.3, 0.1), of(0.8, 0.2), of(-1.0, 0.4));
        let (input, arriving): (Vec<T>, Vec<T>) = (values(channels * rows, 7919), values(channels * rows, 6007));
        for frozen in [false, true] {
            let mut known: Option<(OfNorm, Vec<T>)> = None;
            for level in Level::available() {
                for threads in [1, 3] {
                    let mut leaving = vec![T::rounded(9.0); input.len()];
                    let norm = Norm {
                        input: &input,
                        arriving: &arriving,
                        leaving: &mut leaving,
                        mean: &mean,
                        inverse: &inverse,
                        weight: &weight,
                        frozen,
                    };
                    let (expected, sums) = scalar(&norm);
                    let found = norm.derive(level, threads, &mut |_| true).unwrap();
                    let widened: Vec<f32> = leaving.iter().map(|value| value.widened()).collect();
                    close(&widened, &expected, tolerance);
                    close(&found.weight, &sums[0], 1e-5);
                    close(&found.bias, &sums[1], 1e-5);
                    let known = known.get_or_insert((found.clone(), leaving.clone()));
                    assert!(*known == (found, leaving), "{level:?} {channels} {rows} {frozen} {threads}");
                }
            }
        }
    }
}

#[test]
fn every_level_is_the_scalar_one_in_float32() {
    every_level_is_the_scalar_one::<f32>(1e-5);
}

#[test]
fn every_level_is_the_scalar_one_in_bfloat16() {
    every_level_is_the_scalar_one::<u16>(1.0 / 256.0);
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let norm = Norm {
        input: &[0.0_f32; 3],
        arriving: &[0.0; 3],
        leaving: &mut [0.0; 3],
        mean: &[0.0; 2],
        inverse: &[1.0; 2],
        weight: &[1.0; 2],
        frozen: false,
    };
    let error = norm.derive(level(), 1, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("expected values of 2 channels"), "{error}");
}
