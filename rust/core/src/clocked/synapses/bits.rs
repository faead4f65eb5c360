//! Lists of the counts above a floor, found by their bits.

/// Entries that a reader may read past a slice's end.
pub(crate) const SLACK: usize = 16;
/// Bytes looked at together.
pub(crate) const CHUNK: usize = 64;

/// What counts must exceed to be listed.
pub(crate) trait Above: Copy {
    /// Counts of which those above it are left.
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N];
}

/// Zero.
#[derive(Clone, Copy)]
pub(crate) struct NoFloor;

/// More.
#[derive(Clone, Copy)]
pub(crate) struct Floor(pub(crate) u8);

impl Above for NoFloor {
    #[inline(always)]
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N] {
        *counts
    }
}

impl Above for Floor {
    #[inline(always)]
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N] {
        counts.map(|count| count.saturating_sub(self.0))
    }
}

/// Write `base + i` for each `counts[i]` above a floor behind `used` entries; the new number of entries.
#[inline(always)]
pub(crate) fn list_above(floor: impl Above, counts: &[u8], base: u32, entries: &mut [u32], mut used: usize) -> usize {
    let (chunks, rest) = counts.as_chunks::<CHUNK>();
    for (number, chunk) in chunks.iter().enumerate() {
        let chunk = &floor.left(chunk);
        if chunk.iter().fold(0, |all, count| all | count) != 0 {
            let mask = nonzero_mask(chunk);
            used = list_bits(mask, base + (number * CHUNK) as u32, entries, used);
        }
    }
    let base = base + (chunks.len() * CHUNK) as u32;
    let (words, rest) = rest.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        used = list_byte(byte_mask(floor.left(word)), base + 8 * number as u32, entries, used);
    }
    let base = base + (words.len() * 8) as u32;
    for (number, &count) in rest.iter().enumerate() {
        entries[used] = base + number as u32;
        used += usize::from(floor.left(&[count]) != [0]);
    }
    used
}

/// One bit for each of 64 bytes: is it not zero?
#[inline(always)]
pub(crate) fn nonzero_mask(chunk: &[u8; CHUNK]) -> u64 {
    let (words, _) = chunk.as_chunks::<8>();
    let mut mask = 0;
    for (number, word) in words.iter().enumerate() {
        mask |= u64::from(byte_mask(*word)) << (8 * number);
    }
    mask
}

/// One bit for each of 8 bytes, by arithmetic on the word that they make.
#[inline(always)]
fn byte_mask(bytes: [u8; 8]) -> u8 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let word = u64::from_le_bytes(bytes);
    let tops = (((word & LOW) + LOW) | word) & !LOW;
    // Byte i has its top bit at 8 i + 7; the product brings it to bit 56 + i, and no two meet on the way.
    ((tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Write `base + i` for each bit i, four at a time: entries behind the last one are overwritten by the next call, and
/// a loop that does not depend on every single bit is one that the processor predicts.
#[inline(always)]
fn list_bits(mut mask: u64, base: u32, entries: &mut [u32], used: usize) -> usize {
    let end = used + mask.count_ones() as usize;
    let mut at = used;
    while at < end {
        for entry in &mut entries[at..at + 4] {
            *entry = base + mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
        at += 4;
    }
    end
}

/// The bits of each byte, ascending, with zeros behind them.
static BITS: [[u32; 8]; 256] = bits();

const fn bits() -> [[u32; 8]; 256] {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut used) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][used] = bit;
                used += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// The same for few channels, where nothing could be predicted: always eight entries, most of them overwritten.
#[inline(always)]
fn list_byte(mask: u8, base: u32, entries: &mut [u32], used: usize) -> usize {
    if let Some(entries) = entries[used..].first_chunk_mut::<8>() {
        *entries = BITS[usize::from(mask)].map(|bit| base + bit);
    }
    used + mask.count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_lists_find_every_nonzero_byte() {
        for size in [0, 1, 7, 8, 9, 63, 64, 65, 130, 200] {
            for stride in [1, 2, 3, 5, 64] {
                let counts: Vec<u8> =
                    (0..size).map(|i| if i % stride == stride - 1 { 1 + (i * 37 % 255) as u8 } else { 0 }).collect();
                for floor in [0, 1, 100] {
                    let above = |&i: &u32| counts[i as usize] > floor;
                    let expected: Vec<u32> = (0..size as u32).filter(above).map(|i| i + 9).collect();
                    let mut entries = vec![0; size + SLACK + 2];
                    let used = match floor {
                        0 => list_above(NoFloor, &counts, 9, &mut entries, 2),
                        _ => list_above(Floor(floor), &counts, 9, &mut entries, 2),
                    };
                    assert_eq!(entries[2..used], expected, "{size} {stride} {floor}");
                }
            }
        }
    }
}
