//! SHA-256 (FIPS 180-4), small rather than quick.

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const ROUNDS: [u32; 64] = constants();

const fn constants() -> [u32; 64] {
    let mut found = [0; 64];
    let (mut number, mut used) = (2_u64, 0);
    while used < 64 {
        let (mut divisor, mut prime) = (2, true);
        while divisor * divisor <= number {
            if number.is_multiple_of(divisor) {
                prime = false;
            }
            divisor += 1;
        }
        if prime {
            found[used] = cube_root(number);
            used += 1;
        }
        number += 1;
    }
    found
}

/// The fractional part of a cube root, times 2^32.
const fn cube_root(number: u64) -> u32 {
    let wanted = (number as u128) << 96;
    let (mut root, mut bit) = (0_u128, 1_u128 << 36);
    while bit > 0 {
        let next = root | bit;
        if next * next * next <= wanted {
            root = next;
        }
        bit >>= 1;
    }
    root as u32
}

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

pub(crate) struct Sha256 {
    state: [u32; 8],
    block: [u8; 64],
    length: u64,
}

impl Sha256 {
    /// That of a file, whose bytes 32 to 63 count as 0.
    pub(crate) fn of_file(bytes: &[u8]) -> [u8; 32] {
        let mut hash = Self::new();
        for (at, &byte) in bytes.iter().enumerate() {
            hash.push(if (32..64).contains(&at) { 0 } else { byte });
        }
        hash.finish()
    }

    fn new() -> Self {
        Self { state: START, block: [0; 64], length: 0 }
    }

    fn push(&mut self, byte: u8) {
        self.block[(self.length % 64) as usize] = byte;
        self.length += 1;
        if self.length.is_multiple_of(64) {
            self.compress();
        }
    }

    fn finish(mut self) -> [u8; 32] {
        let bits = 8 * self.length;
        self.push(0x80);
        while self.length % 64 != 56 {
            self.push(0);
        }
        bits.to_be_bytes().iter().for_each(|&byte| self.push(byte));
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    fn compress(&mut self) {
        let mut w = [0_u32; 64];
        for (word, bytes) in w.iter_mut().zip(self.block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for t in 16..64 {
            let (near, far) = (w[t - 15], w[t - 2]);
            let small = near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3);
            let large = far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10);
            w[t] = w[t - 16].wrapping_add(small).wrapping_add(w[t - 7]).wrapping_add(large);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.state;
        for (constant, word) in ROUNDS.iter().zip(w) {
            let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let first = h.wrapping_add(sum).wrapping_add(choice).wrapping_add(*constant).wrapping_add(word);
            let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = sum.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (old, new) in self.state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *old = old.wrapping_add(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_the_standard() {
        let digest = |parts: &[&[u8]]| {
            let mut hash = Sha256::new();
            for part in parts {
                part.iter().for_each(|&byte| hash.push(byte));
            }
            hash.finish()
        };
        assert_eq!(digest(&[])[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(digest(&[b"abc"])[..4], [0xba, 0x78, 0x16, 0xbf]);
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(digest(&[&long[..20], &long[20..]])[..4], [0x24, 0x8d, 0x6a, 0x61]);
        assert_eq!((ROUNDS[0], ROUNDS[63]), (0x428a_2f98, 0xc671_78f2));
    }
}
