//! Scores as float32, by integer arithmetic: the few operations that they need, rounded to nearest, ties to even, as IEEE 754 has it.

/// A number: `mantissa * 2^exponent`, the mantissa with its highest bit at 63, or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Float {
    negative: bool,
    mantissa: u64,
    exponent: i32,
}

/// Bits of a float64's mantissa, and of a float32's.
const DOUBLE: u32 = 53;
const SINGLE: u32 = 24;

/// Round a mantissa, whose highest bit is at 63, to `bits`; `more`: there is something below it.
fn rounded(negative: bool, mantissa: u64, exponent: i32, [bits, more]: [u32; 2]) -> Float {
    let drop = 64 - bits;
    let (kept, rest) = if drop == 64 { (0, mantissa) } else { (mantissa >> drop, mantissa & ((1 << drop) - 1)) };
    let half = 1_u64 << (drop - 1);
    let up = rest > half || (rest == half && (more > 0 || kept & 1 == 1));
    let value = kept + u64::from(up);
    if value == 0 {
        return Float { negative, mantissa: 0, exponent: 0 };
    }
    let shift = value.leading_zeros();
    Float { negative, mantissa: value << shift, exponent: exponent + drop as i32 - shift as i32 }
}

impl Float {
    /// A whole number, as a float64 has it.
    pub(crate) fn double(value: i64) -> Self {
        Self::whole(value, DOUBLE)
    }

    /// The same as a float32.
    pub(crate) fn single(value: i64) -> Self {
        Self::whole(value, SINGLE)
    }

    fn whole(value: i64, bits: u32) -> Self {
        let (negative, size) = (value < 0, value.unsigned_abs());
        if size == 0 {
            return Self { negative: false, mantissa: 0, exponent: 0 };
        }
        let shift = size.leading_zeros();
        rounded(negative, size << shift, -(shift as i32), [bits, 0])
    }

    /// A float64 that is finite.
    pub(crate) fn of_bits(bits: u64) -> Self {
        let (negative, field, fraction) = (bits >> 63 == 1, (bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let mantissa = if field == 0 { fraction } else { fraction | 1 << 52 };
        if mantissa == 0 {
            return Self { negative, mantissa: 0, exponent: 0 };
        }
        let shift = mantissa.leading_zeros();
        Self { negative, mantissa: mantissa << shift, exponent: field.max(1) - 1075 - shift as i32 }
    }

    /// The float64 product.
    pub(crate) fn times(self, other: Self) -> Self {
        let negative = self.negative != other.negative;
        if self.mantissa == 0 || other.mantissa == 0 {
            return Self { negative, mantissa: 0, exponent: 0 };
        }
        // The upper half of the product, bit by bit, and whether there is anything below it; its highest bit is at 63 or 62.
        let (mut high, mut more) = (0_u64, false);
        for bit in 0..64 {
            let (sum, carry) = high.overflowing_add(if other.mantissa >> bit & 1 == 1 { self.mantissa } else { 0 });
            more |= sum & 1 == 1;
            high = sum >> 1 | u64::from(carry) << 63;
        }
        let shift = high.leading_zeros();
        let exponent = self.exponent + other.exponent + 64 - shift as i32;
        rounded(negative, high << shift, exponent, [DOUBLE, u32::from(more)])
    }

    /// The quotient by a positive number, of float64s.
    pub(crate) fn over(self, other: Self) -> Self {
        self.divided(other, DOUBLE)
    }

    /// The same of float32s.
    pub(crate) fn over_single(self, other: Self) -> Self {
        self.divided(other, SINGLE)
    }

    fn divided(self, other: Self, bits: u32) -> Self {
        if self.mantissa == 0 {
            return self;
        }
        // Both mantissas have their highest bit at 63, so the first bit of the quotient is that of 1 or of 1/2.
        let (mut rest, mut quotient) = (u128::from(self.mantissa), 0_u64);
        let divisor = u128::from(other.mantissa);
        let mut exponent = self.exponent - other.exponent - 63;
        if rest < divisor {
            rest <<= 1;
            exponent -= 1;
        }
        for _ in 0..64 {
            quotient <<= 1;
            if rest >= divisor {
                rest -= divisor;
                quotient |= 1;
            }
            rest <<= 1;
        }
        rounded(self.negative, quotient, exponent, [bits, u32::from(rest > 0)])
    }

    /// The nearest float32.
    pub(crate) fn to_f32(self) -> f32 {
        let sign = u32::from(self.negative) << 31;
        if self.mantissa == 0 {
            return f32::from_bits(sign);
        }
        // The exponent of the highest bit; below -126 there are fewer bits.
        let bits = (SINGLE as i32).min(self.exponent + 63 + 150);
        if bits < 0 {
            return f32::from_bits(sign);
        }
        let found = rounded(self.negative, self.mantissa, self.exponent, [bits as u32, 0]);
        let top = found.exponent + 63;
        if found.mantissa == 0 {
            return f32::from_bits(sign);
        }
        if top > 127 {
            return f32::from_bits(sign | 0x7f80_0000);
        }
        if top < -126 {
            return f32::from_bits(sign | (found.mantissa >> (-(found.exponent + 149)).clamp(0, 63)) as u32);
        }
        f32::from_bits(sign | ((top + 127) as u32) << 23 | ((found.mantissa >> 40) as u32 & 0x007f_ffff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_that_of_the_processor() {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed ^ (seed >> 29)
        };
        for round in 0..200_000 {
            let sum = (next() as i64) >> (next() % 64);
            let unit = f64::from_bits(((next() % 300 + 870) << 52) | (next() >> 12));
            let steps = 1 + (next() >> (24 + next() % 40));
            let bits = f64::to_bits(unit);
            let product = Float::double(sum).times(Float::of_bits(bits));
            assert_eq!(product.to_f32().to_bits(), ((sum as f64 * unit) as f32).to_bits(), "{round}: {sum} {unit}");
            let mean = product.over(Float::double(steps as i64)).to_f32();
            assert_eq!(mean.to_bits(), ((sum as f64 * unit / steps as f64) as f32).to_bits(), "{sum} {unit} {steps}");
            let mean = Float::single(sum).over_single(Float::single(steps as i64)).to_f32();
            assert_eq!(mean.to_bits(), (sum as f32 / steps as f32).to_bits(), "{sum} {steps}");
            assert_eq!(Float::single(sum).to_f32().to_bits(), (sum as f32).to_bits());
        }
    }
}
