//! The order in which neurons take spikes: by time, and neurons ascending where times are equal.

/// Spikes for which comparing takes no longer.
const FEW: usize = 64;

/// Buckets, at most.
const MOST: usize = 1 << 14;

/// Spikes of a bucket that are put in order one by one.
const SMALL: usize = 12;

/// Memory for sorting.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    /// A spike's time and neuron, one number.
    keys: Vec<u64>,
    sorted: Vec<u64>,
    /// Where each bucket has its next free place.
    places: Vec<u32>,
}

impl Sorter {
    /// The spikes of a map in order: time and neuron of each.
    pub(super) fn sort(&mut self, times: &[f32]) -> impl Iterator<Item = (f32, u32)> {
        self.keys.clear();
        self.keys.resize(times.len(), 0);
        let (mut count, mut first, mut last) = (0, f32::INFINITY, 0.0_f32);
        for (neuron, &time) in times.iter().enumerate() {
            let fired = time < f32::INFINITY;
            // Times are not negative: their bits sort as they do. Adding 0 turns -0 into 0. Those of silent neurons are overwritten: no branch, which would often
            // be guessed wrong.
            self.keys[count] = u64::from((time + 0.0).to_bits()) << 32 | neuron as u64;
            count += usize::from(fired);
            first = first.min(time);
            last = last.max(if fired { time } else { 0.0 });
        }
        self.keys.truncate(count);
        if self.keys.len() < FEW {
            self.keys.sort_unstable();
            std::mem::swap(&mut self.keys, &mut self.sorted);
        } else {
            self.by_buckets(first, last - first);
        }
        self.sorted.iter().map(|&key| (time_of(key), key as u32))
    }

    /// Share spikes out to buckets of equal width, which leaves those of equal times in their order, and sort each.
    fn by_buckets(&mut self, first: f32, range: f32) {
        let buckets = self.keys.len().next_power_of_two().min(MOST);
        let scale = (buckets - 1) as f32 / range;
        // No later time has an earlier bucket, whatever is rounded; 0 / 0 is 0.
        let bucket = |key: u64| (((time_of(key) - first) * scale) as i32 as usize).min(buckets - 1);
        self.places.clear();
        self.places.resize(buckets + 1, 0);
        for &key in &self.keys {
            self.places[bucket(key) + 1] += 1;
        }
        for number in 0..buckets {
            self.places[number + 1] += self.places[number];
        }
        self.sorted.clear();
        self.sorted.resize(self.keys.len(), 0);
        for &key in &self.keys {
            let place = &mut self.places[bucket(key)];
            self.sorted[*place as usize] = key;
            *place += 1;
        }
        let mut begin = 0;
        for &end in &self.places[..buckets] {
            let bucket = &mut self.sorted[begin..end as usize];
            if bucket.len() > SMALL {
                bucket.sort_unstable();
            } else if bucket.len() > 1 {
                insert(bucket);
            }
            begin = end as usize;
        }
    }
}

fn time_of(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

/// Sort by insertion.
fn insert(keys: &mut [u64]) {
    for end in 1..keys.len() {
        let mut place = end;
        while place > 0 && keys[place - 1] > keys[place] {
            keys.swap(place - 1, place);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_in_order_however_their_times_lie() {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as u32
        };
        let mut sorter = Sorter::default();
        let draws: [&dyn Fn(u32) -> f32; 7] = [
            &|number| number as f32 / 4e9,
            &|number| (number % 7) as f32,
            &|number| f32::from_bits(number & 0x7f7f_ffff),
            &|number| f32::from_bits(number & 1023),
            &|number| 1.0 + f32::EPSILON * (number % 3) as f32,
            &|number| if number.is_multiple_of(97) { 3e38 } else { number as f32 },
            &|_| 0.25,
        ];
        for size in [1, 5, 63, 64, 65, 300, 5_000, 40_000] {
            for draw in draws {
                let times: Vec<f32> = (0..size)
                    .map(|_| match next() {
                        number if number.is_multiple_of(5) => f32::INFINITY,
                        number if number.is_multiple_of(31) => -0.0,
                        number => draw(number),
                    })
                    .collect();
                let mut expected: Vec<_> = (0..).zip(&times).map(|(neuron, time)| (*time + 0.0, neuron)).collect();
                expected.retain(|(time, _)| time.is_finite());
                expected.sort_by(|a, b| a.0.total_cmp(&b.0));
                assert_eq!(sorter.sort(&times).collect::<Vec<_>>(), expected);
            }
        }
    }
}
