//! Philox4x32-10, the counter-based generator: the same bits on any thread, in any order.
//!
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// The four words of `L` counters at a time; `counter[i][lane]` is word `i` of a counter.
#[inline(always)]
#[must_use]
pub fn philox<const L: usize>(mut key: [u32; 2], mut counter: [[u32; L]; 4]) -> [[u32; L]; 4] {
    for _ in 0..ROUNDS {
        let mut next = [[0; L]; 4];
        for lane in 0..L {
            let a = u64::from(MULTIPLIERS[0]) * u64::from(counter[0][lane]);
            let b = u64::from(MULTIPLIERS[1]) * u64::from(counter[2][lane]);
            next[0][lane] = (b >> 32) as u32 ^ counter[1][lane] ^ key[0];
            next[1][lane] = b as u32;
            next[2][lane] = (a >> 32) as u32 ^ counter[3][lane] ^ key[1];
            next[3][lane] = a as u32;
        }
        counter = next;
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One counter by the definition, written apart from the code above: Feistel words by name, 128-bit products.
    fn by_definition(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
        let (mut l0, mut r0, mut l1, mut r1) = (counter[1], counter[0], counter[3], counter[2]);
        for round in 0..10u128 {
            let k0 = ((u128::from(key[0]) + round * 0x9E37_79B9) & 0xFFFF_FFFF) as u32;
            let k1 = ((u128::from(key[1]) + round * 0xBB67_AE85) & 0xFFFF_FFFF) as u32;
            let p0 = u128::from(r0) * 0xD251_1F53;
            let p1 = u128::from(r1) * 0xCD9E_8D57;
            let (new_r0, new_r1) = ((p1 / (1 << 32)) as u32 ^ l0 ^ k0, (p0 / (1 << 32)) as u32 ^ l1 ^ k1);
            (l0, l1) = ((p1 % (1 << 32)) as u32, (p0 % (1 << 32)) as u32);
            (r0, r1) = (new_r0, new_r1);
        }
        [r0, l0, r1, l1]
    }

    #[test]
    fn known_answers() {
        let zero = philox([0, 0], [[0], [0], [0], [0]]);
        assert_eq!(zero.map(|[word]| word), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(by_definition([u32::MAX; 2], [u32::MAX; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let ones = philox([u32::MAX; 2], [[u32::MAX]; 4]);
        assert_eq!(ones.map(|[word]| word), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = philox([0xa409_3822, 0x299f_31d0], [[0x243f_6a88], [0x85a3_08d3], [0x1319_8a2e], [0x0370_7344]]);
        assert_eq!(pi.map(|[word]| word), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn lanes_agree_with_the_definition() {
        let key = [0x1234_5678, 0xdead_beef];
        let counter: [[u32; 5]; 4] = [[1, 2, 3, 4, 5], [7; 5], [9, 8, 7, 6, u32::MAX], [0; 5]];
        let words = philox(key, counter);
        for lane in 0..5 {
            assert_eq!(words.map(|w| w[lane]), by_definition(key, counter.map(|w| w[lane])));
        }
    }
}
