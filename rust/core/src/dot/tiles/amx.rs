//! AMX: `tdpbusd` multiplies a tile of counts by a tile of weights and adds all to a tile of sums, exactly.
//!
//! The instructions are written out, because the compiler's own names for them are not stable yet. What Intel's manual says of them: volume 1,
//! chapter 18, and volume 2, `LDTILECFG`, `TDPBUSD`.

use std::arch::asm;

use super::{BYTES, OUTPUTS, Operands, STEPS};

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    first_row: u8,
    nothing: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

/// Configure this thread's tiles for some steps: of sums (0 to 3), of counts (4 and 5), of weights (6 and 7).
///
/// # Safety
///
/// The machine has tiles, which this process may use, and there are 1 to 16 steps.
pub(super) unsafe fn configure(steps: usize) {
    let mut wanted = Configuration { palette: 1, first_row: 0, nothing: [0; 14], bytes: [0; 16], rows: [0; 16] };
    wanted.bytes[..8].fill(BYTES as u16);
    wanted.rows[..6].fill(steps as u8);
    wanted.rows[6..8].fill(STEPS as u8);
    // SAFETY: the machine has such tiles.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const wanted, options(nostack, preserves_flags)) };
}

/// Let the system forget this thread's tiles.
///
/// # Safety
///
/// The machine has tiles, which this process may use.
pub(super) unsafe fn release() {
    // SAFETY: the machine has tiles.
    unsafe { asm!("tilerelease", options(nomem, nostack, preserves_flags)) };
}

/// The loop over the tiles of a window: `loads` fill the four tiles of sums with the bias, `products` add the products of a tile of inputs, whose
/// counts begin at `at`, and `bytes` is what its weights take.
macro_rules! window {
    ($operands:expr, $counts:expr, $weights:expr, $sums:expr, loads: [$($load:literal)*], products: [$($product:literal)*], bytes: $bytes:literal) => {
        asm!(
            "xor {at:e}, {at:e}",
            $($load,)*
            "2:",
            "mov {at}, [{begins}]",
            "add {at}, {counts}",
            $($product,)*
            concat!("add {weights}, ", $bytes),
            "add {begins}, 8",
            "dec {left}",
            "jnz 2b",
            "mov {at:e}, 256",
            "tilestored [{sums} + {at} * 1], tmm0",
            "tilestored [{sums} + {at} * 1 + 64], tmm1",
            "tilestored [{sums} + {at} * 1 + 128], tmm2",
            "tilestored [{sums} + {at} * 1 + 192], tmm3",
            at = out(reg) _,
            bias = in(reg) $operands.bias.as_ptr(),
            begins = inout(reg) $operands.begins.all.as_ptr() => _,
            counts = in(reg) $counts.as_ptr(),
            weights = inout(reg) $weights.as_ptr() => _,
            line = in(reg) BYTES,
            step = in(reg) $operands.step,
            pixel = in(reg) $operands.pixel,
            left = inout(reg) $operands.begins.all.len() => _,
            sums = in(reg) $sums.as_mut_ptr(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _, out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        )
    };
}

/// See [`super::sums`].
///
/// # Safety
///
/// This thread's tiles are configured for `sums.len()` steps.
#[inline]
pub(super) unsafe fn sums<const V: usize, const P: usize>(
    operands: &Operands<'_, V>,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    const { assert!(P * V == 4 && (V == 1 || V == 2)) };
    let Operands { counts, begins, step, pixel, weights, bias } = *operands;
    if begins.all.is_empty() {
        return sums.fill([*bias; P]);
    }
    let steps = sums.len();
    // What the instructions read.
    let counts = &counts[..begins.last + (P - 1) * pixel + (steps - 1) * step + BYTES];
    let weights = &weights[..begins.all.len()];
    // SAFETY: tiles of sums are `steps` rows of 64 bytes, 256 apart, from one of the four beginnings of `sums[0]`; those of counts `steps` rows
    // of 64, which the last of all tiles, pixels and steps has inside `counts`; those of weights 16 rows of 64 side by side, one `Weights`
    // after the other; and all rows of the first sums are the bias.
    unsafe {
        if V == 1 {
            window!(operands, counts, weights, sums,
                loads: [
                    "tileloadd tmm0, [{bias} + {at} * 1]"
                    "tileloadd tmm1, [{bias} + {at} * 1]"
                    "tileloadd tmm2, [{bias} + {at} * 1]"
                    "tileloadd tmm3, [{bias} + {at} * 1]"
                ],
                products: [
                    "tileloadd tmm6, [{weights} + {line} * 1]"
                    "tileloadd tmm4, [{at} + {step} * 1]"
                    "add {at}, {pixel}"
                    "tdpbusd tmm0, tmm4, tmm6"
                    "tileloadd tmm5, [{at} + {step} * 1]"
                    "add {at}, {pixel}"
                    "tdpbusd tmm1, tmm5, tmm6"
                    "tileloadd tmm4, [{at} + {step} * 1]"
                    "add {at}, {pixel}"
                    "tdpbusd tmm2, tmm4, tmm6"
                    "tileloadd tmm5, [{at} + {step} * 1]"
                    "tdpbusd tmm3, tmm5, tmm6"
                ],
                bytes: 1024
            );
        } else {
            window!(operands, counts, weights, sums,
                loads: [
                    "tileloadd tmm0, [{bias} + {at} * 1]"
                    "tileloadd tmm1, [{bias} + {at} * 1 + 64]"
                    "tileloadd tmm2, [{bias} + {at} * 1]"
                    "tileloadd tmm3, [{bias} + {at} * 1 + 64]"
                ],
                products: [
                    "tileloadd tmm6, [{weights} + {line} * 1]"
                    "tileloadd tmm4, [{at} + {step} * 1]"
                    "add {at}, {pixel}"
                    "tdpbusd tmm0, tmm4, tmm6"
                    "tileloadd tmm7, [{weights} + {line} * 1 + 1024]"
                    "tdpbusd tmm1, tmm4, tmm7"
                    "tileloadd tmm5, [{at} + {step} * 1]"
                    "tdpbusd tmm2, tmm5, tmm6"
                    "tdpbusd tmm3, tmm5, tmm7"
                ],
                bytes: 2048
            );
        }
    }
}
