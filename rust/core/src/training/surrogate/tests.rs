use super::*;

#[test]
fn a_neuron_by_hand() {
    // From .5: v = 1, fires, then 0 + .5 = .5, does not. Slopes 1 and .5.
    let mut leaving = [9.0_f32; 2];
    let backward = Backward {
        current: &[0.5, 0.5],
        threshold: &[1.0],
        first: &[0.5],
        arriving: &[2.0, 4.0],
        leaving: &mut leaving,
    };
    let found = backward.derive(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap();
    // Step 2: 4 arrives, the potential gets 2. Step 1: 2 - 2 = 0 arrives.
    assert_eq!(leaving, [2.0, 2.0]);
    assert_eq!(found, OfChannels { threshold: vec![4.0 * (0.0 - 0.25) + 0.0], first: vec![2.0] });
}

#[test]
fn a_current_that_holds_gets_the_sum_of_all_steps() {
    let mut leaving = [9.0_f32; 1];
    let backward =
        Backward { current: &[0.5], threshold: &[1.0], first: &[0.5], arriving: &[2.0, 4.0], leaving: &mut leaving };
    let found = backward.derive(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap();
    assert_eq!(leaving, [4.0]);
    assert_eq!(found.first, [2.0]);
}

/// One neuron at a time: the definition.
fn scalar<T: Value>(current: &[T], arriving: &[T], th: &[f32], first: &[f32], steps: usize) -> (Vec<T>, [Vec<f64>; 2]) {
    let size = arriving.len() / steps;
    let mut leaving = vec![T::rounded(0.0); current.len()];
    let mut sums = [vec![0.0; th.len()], vec![0.0; th.len()]];
    for i in 0..size {
        let own = th[i % th.len()];
        let (mut v, mut before) = (first[i % th.len()], Vec::new());
        for t in 0..steps {
            v += current[if current.len() == size { i } else { t * size + i }].widened();
            before.push(v);
            v -= if v >= own { own } else { 0.0 };
        }
        let (mut later, mut total) = (0.0_f32, 0.0_f32);
        for t in (0..steps).rev() {
            let u = before[t] * (1.0 / own);
            let slope = (1.0 - (u - 1.0).abs()).max(0.0);
            let given = arriving[t * size + i].widened() - later;
            later += given * slope;
            total += later;
            sums[0][i % th.len()] += f64::from(given * (f32::from(u8::from(before[t] >= own)) - u * slope));
            if current.len() != size {
                leaving[t * size + i] = T::rounded(later);
            }
        }
        if current.len() == size {
            leaving[i] = T::rounded(total);
        }
        sums[1][i % th.len()] += f64::from(later);
    }
    (leaving, sums)
}

fn values<T: Value>(count: usize, factor: usize) -> Vec<T> {
    (0..count).map(|i| T::rounded((i * factor % 1000) as f32 / 700.0 - 0.3)).collect()
}

fn every_level_is_the_scalar_one<T: Value + std::fmt::Debug + PartialEq>() {
    for (channels, pixels, steps) in
        [(1, 5, 4), (3, 1, 4), (3, 21, 1), (16, 700, 3), (100, 130, 2), (3, PART / 3 + 4, 3)]
    {
        let th: Vec<f32> = (0..channels).map(|c| 0.5 + 0.1 * (c % 7) as f32).collect();
        let first: Vec<f32> = (0..channels).map(|c| 0.2 + 0.05 * (c % 5) as f32).collect();
        let size = channels * pixels;
        let arriving: Vec<T> = values(size * steps, 6007);
        for constant in [false, true] {
            let current: Vec<T> = values(if constant { size } else { size * steps }, 7919);
            let (expected, sums) = scalar(&current, &arriving, &th, &first, steps);
            let mut known: Option<OfChannels> = None;
            for level in Level::available() {
                for threads in [1, 3] {
                    let mut leaving = vec![T::rounded(9.0); current.len()];
                    let backward = Backward {
                        current: &current,
                        threshold: &th,
                        first: &first,
                        arriving: &arriving,
                        leaving: &mut leaving,
                    };
                    let found = backward.derive(level, steps, threads, &mut |_| true).unwrap();
                    assert!(leaving == expected, "{level:?} {channels} {pixels} {steps} {constant} {threads}");
                    for (got, sum) in found.threshold.iter().chain(&found.first).zip(sums.iter().flatten()) {
                        assert!((f64::from(*got) - sum).abs() < 1e-6 * size as f64, "{got} {sum}");
                    }
                    assert!(known.is_none_or(|known| known == found), "{level:?} {threads}");
                    known = Some(found);
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
    let mut leaving = [0.0_f32; 3];
    let backward =
        Backward { current: &[0.0; 3], threshold: &[1.0], first: &[0.5], arriving: &[0.0; 4], leaving: &mut leaving };
    let error = backward.derive(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("1 channels through 2 steps, got 3 currents, 4 gradients"), "{error}");
}

#[test]
fn no_neurons_have_no_gradients() {
    let backward: Backward<'_, f32> =
        Backward { current: &[], threshold: &[1.0, 2.0], first: &[0.5, 1.0], arriving: &[], leaving: &mut [] };
    let found = backward.derive(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap();
    assert_eq!(found, OfChannels { threshold: vec![0.0; 2], first: vec![0.0; 2] });
}
