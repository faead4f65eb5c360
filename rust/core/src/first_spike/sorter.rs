//! A spike, and the order in which neurons take spikes: by time, then by row.

/// One spike that reaches a site.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spike {
    pub(super) time: f32,
    /// The row of weights that it meets; in a list of a whole map, the neuron.
    pub(super) row: u32,
}

/// Memory for sorting.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    keys: Vec<u64>,
    sorted: Vec<u64>,
}

/// Keys that are sorted digit by digit: never in programs for 32 bits, which are to be small.
const MANY: usize = if cfg!(target_pointer_width = "64") { 256 } else { usize::MAX };
const DIGITS: usize = 512;

impl Sorter {
    /// The neurons of a map that spike, ascending in (time, row).
    pub(super) fn spiking(&mut self, times: &[f32]) -> impl Iterator<Item = Spike> {
        self.keys.resize(times.len(), 0);
        let mut count = 0;
        for (row, &time) in times.iter().enumerate() {
            // That of a neuron that is silent is written over by the next.
            self.keys[count] = key(Spike { time, row: row as u32 });
            count += usize::from(time < f32::INFINITY);
        }
        self.keys.truncate(count);
        if self.keys.len() < MANY {
            self.keys.sort_unstable();
        } else {
            self.by_digits();
        }
        self.in_order()
    }

    /// Spikes, ascending in (time, row).
    pub(super) fn sorted(&mut self, spikes: impl Iterator<Item = Spike>) -> impl Iterator<Item = Spike> {
        self.keys.clear();
        self.keys.extend(spikes.map(key));
        self.keys.sort_unstable();
        self.in_order()
    }

    fn in_order(&self) -> impl Iterator<Item = Spike> {
        self.keys.iter().map(|&key| Spike { time: f32::from_bits(time_bits(key)), row: key as u32 })
    }

    /// Sort keys whose rows are ascending by their times' bits: digit by digit, the lowest first.
    fn by_digits(&mut self) {
        let bits = self.keys.iter().map(|&key| time_bits(key));
        let (first, last) = bits.fold((u32::MAX, 0), |(low, high), bits| (low.min(bits), high.max(bits)));
        self.sorted.resize(self.keys.len(), 0);
        let mut shift = 0;
        while shift < u32::BITS && (last - first) >> shift > 0 {
            let digit = |key: u64| ((time_bits(key) - first) >> shift) as usize % DIGITS;
            let mut places = [0; DIGITS];
            for &key in &self.keys {
                places[digit(key)] += 1;
            }
            let mut before = 0;
            for place in &mut places {
                (*place, before) = (before, before + *place);
            }
            for &key in &self.keys {
                let place = &mut places[digit(key)];
                self.sorted[*place] = key;
                *place += 1;
            }
            std::mem::swap(&mut self.keys, &mut self.sorted);
            shift += DIGITS.ilog2();
        }
    }
}

fn time_bits(key: u64) -> u32 {
    (key >> 32) as u32
}

/// What sorts as (time, row): times are not negative, and their bits sort as they do. Adding 0 turns -0 into 0.
fn key(spike: Spike) -> u64 {
    u64::from((spike.time + 0.0).to_bits()) << 32 | u64::from(spike.row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spikes_are_in_the_order_of_few() {
        for size in [256, 1000] {
            let time = |i: usize| match i % 7 {
                0 => f32::INFINITY,
                1 => 0.0,
                2 => f32::MAX / (i + 1) as f32,
                3 => f32::from_bits(i as u32),
                _ => (i * 7919 % 101) as f32,
            };
            let times: Vec<f32> = (0..2 * size).map(time).collect();
            let spiking = times.iter().enumerate().filter(|(_, time)| **time < f32::INFINITY);
            let spikes: Vec<Spike> = spiking.map(|(row, &time)| Spike { time, row: row as u32 }).collect();
            let (mut many, mut few) = (Sorter::default(), Sorter::default());
            assert!(many.spiking(&times).eq(few.sorted(spikes.into_iter())));
        }
    }
}
