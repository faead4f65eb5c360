//! The order in which neurons take spikes: maps one behind the other, in each by time, and neurons ascending where times are equal.

use super::plan::MAX_MAP;

/// Maps that are sorted together, at most.
pub(super) const TOGETHER: usize = 64;

/// Bits of a key: the neuron's, behind them the time's, then the map's.
const NEURON: u32 = MAX_MAP.trailing_zeros();
const TIME: u32 = 31;
const MAP: u32 = TOGETHER.trailing_zeros();
const _: () = assert!(NEURON + TIME + MAP < u64::BITS);

/// What a pass of the sort looks at: the lowest bit, and how many.
const DIGITS: [(u32, u32); 4] = [(NEURON, 11), (NEURON + 11, 10), (NEURON + 21, 10), (NEURON + TIME, MAP)];

/// Values of a digit, at most.
const VALUES: usize = 1 << 11;

/// Spikes for which comparing takes no longer.
const FEW: usize = 500;

/// Memory for sorting.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    keys: Vec<u64>,
    other: Vec<u64>,
}

impl Sorter {
    /// Sort the spikes of up to [`TOGETHER`] maps of `size` neurons: map, time and neuron of each.
    pub(super) fn sorted(&mut self, times: &[f32], size: usize) -> impl Iterator<Item = (usize, f32, u32)> {
        self.keys.clear();
        for (map, times) in times.chunks_exact(size).enumerate() {
            let spiking = times.iter().enumerate().filter(|(_, time)| **time < f32::INFINITY);
            // Times are not negative: their bits sort as they do. Adding 0 turns -0 into 0.
            self.keys.extend(spiking.map(|(neuron, &time)| {
                (map as u64) << (NEURON + TIME) | u64::from((time + 0.0).to_bits()) << NEURON | neuron as u64
            }));
        }
        if self.keys.len() < FEW {
            self.keys.sort_unstable();
        } else {
            self.by_digits();
        }
        self.keys.iter().map(|&key| {
            let time = f32::from_bits((key >> NEURON) as u32 & (u32::MAX >> 1));
            ((key >> (NEURON + TIME)) as usize, time, (key as u32) & (MAX_MAP as u32 - 1))
        })
    }

    /// Sort digit by digit, the lowest first. Neurons are in order already, and each pass leaves equal ones as they are.
    fn by_digits(&mut self) {
        self.other.resize(self.keys.len(), 0);
        for (shift, bits) in DIGITS {
            let digit = |key: u64| (key >> shift) as usize & ((1 << bits) - 1);
            let mut places = [0_u32; VALUES];
            for &key in &self.keys {
                places[digit(key)] += 1;
            }
            if places.contains(&(self.keys.len() as u32)) {
                continue;
            }
            let mut place = 0;
            for count in &mut places {
                (*count, place) = (place, place + *count);
            }
            for &key in &self.keys {
                let place = &mut places[digit(key)];
                self.other[*place as usize] = key;
                *place += 1;
            }
            std::mem::swap(&mut self.keys, &mut self.other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_in_order_however_many_there_are() {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        let mut sorter = Sorter::default();
        for (maps, size, kinds) in
            [(1, 5, 3), (3, 40, 7), (16, 300, 4), (16, 300, 1 << 30), (64, 97, 250), (2, 4000, 1)]
        {
            let times: Vec<f32> = (0..maps * size)
                .map(|_| match next() % kinds {
                    0 => f32::INFINITY,
                    1 => -0.0,
                    number if number.is_multiple_of(5) => f32::from_bits(number as u32 >> 1),
                    number => number as f32 / 8.0,
                })
                .map(|time| if time.is_nan() { 1.0 } else { time })
                .collect();
            let spiking = times.iter().enumerate().filter(|(_, time)| time.is_finite());
            let mut expected: Vec<_> =
                spiking.map(|(place, time)| (place / size, *time + 0.0, (place % size) as u32)).collect();
            expected.sort_by_key(|spike| (spike.0, spike.2));
            expected.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            assert_eq!(sorter.sorted(&times, size).collect::<Vec<_>>(), expected);
        }
    }
}
