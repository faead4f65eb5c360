//! AVX-VNNI: `vpdpbusd` on 256 bits multiplies four counts and four weights of 8 outputs and adds them, exactly, on processors without AVX-512.

/// The kernels of one encoding of the instruction.
macro_rules! kernels {
    ($name:ident, $features:literal, $dot:ident) => {
        pub(crate) mod $name {
            use std::arch::x86_64::{__m256i, _mm256_set1_epi32, _mm256_setzero_si256, $dot as dot};
            use std::mem::transmute;

            use crate::dot::field::{Field, Inputs, OUTPUTS, ROWS, Row, Run};

            /// Steps or pixels whose sums stay in registers.
            const TOGETHER: usize = 4;

            /// As two registers.
            #[inline(always)]
            fn vectors(lanes: [i32; OUTPUTS]) -> [__m256i; 2] {
                // SAFETY: both are 64 bytes, and any bits are a value of either.
                unsafe { transmute(lanes) }
            }

            /// As 16 sums.
            #[inline(always)]
            fn lanes(vectors: [__m256i; 2]) -> [i32; OUTPUTS] {
                // SAFETY: as above.
                unsafe { transmute(vectors) }
            }

            /// The sums of a pixel for up to `8 C` steps.
            #[target_feature(enable = $features)]
            pub(crate) fn tile<const C: usize, const V: usize, const P: usize>(
                field: &Field<'_, C, V>,
                pixel: usize,
                sums: &mut [[[[i32; OUTPUTS]; V]; P]],
            ) {
                for (number, sums) in sums.chunks_mut(TOGETHER).enumerate() {
                    let first = number * TOGETHER;
                    for v in 0..V {
                        let mut totals = [vectors(field.bias[v]); TOGETHER];
                        for segment in field.segments {
                            let (words, rows) = field.slices(segment);
                            for (row, word) in rows.iter().zip(words[first / ROWS]) {
                                let weights = vectors(row[v].0);
                                for (step, totals) in totals.iter_mut().enumerate() {
                                    let counts = _mm256_set1_epi32(word[first % ROWS + step] as i32);
                                    *totals = [dot(totals[0], counts, weights[0]), dot(totals[1], counts, weights[1])];
                                }
                            }
                        }
                        for (sums, totals) in sums.iter_mut().zip(totals) {
                            sums[pixel][v] = lanes(totals);
                        }
                    }
                }
            }

            /// The sums of some pixels at one step, as many at a time as stay in registers.
            #[target_feature(enable = $features)]
            pub(crate) fn pixels<const P: usize, const V: usize>(
                inputs: &Inputs<'_, V>,
                run: Run,
                sums: &mut [[[i32; OUTPUTS]; V]; P],
            ) {
                for (number, sums) in sums.chunks_mut(TOGETHER).enumerate() {
                    let run = Run { first: run.first + number * TOGETHER * run.step, ..run };
                    for v in 0..V {
                        match sums.len() {
                            TOGETHER => few::<TOGETHER, V>(inputs, run, v, sums),
                            2 => few::<2, V>(inputs, run, v, sums),
                            _ => few::<1, V>(inputs, run, v, sums),
                        }
                    }
                }
            }

            /// Sum some pixels and 16 outputs.
            #[inline]
            #[target_feature(enable = $features)]
            fn few<const P: usize, const V: usize>(
                inputs: &Inputs<'_, V>,
                run: Run,
                v: usize,
                sums: &mut [[[i32; OUTPUTS]; V]],
            ) {
                let mut totals = [[_mm256_setzero_si256(); 2]; P];
                for segment in inputs.segments {
                    let (words, rows) = inputs.slices::<P>(segment, run);
                    for (number, row) in rows.iter().enumerate() {
                        let Row(row) = row[v];
                        let weights = vectors(row);
                        for (pixel, totals) in totals.iter_mut().enumerate() {
                            let counts = _mm256_set1_epi32(words[pixel * run.step + number] as i32);
                            *totals = [dot(totals[0], counts, weights[0]), dot(totals[1], counts, weights[1])];
                        }
                    }
                }
                for (sums, totals) in sums.iter_mut().zip(totals) {
                    for ((sum, bias), total) in sums[v].iter_mut().zip(inputs.bias[v]).zip(lanes(totals)) {
                        *sum = bias.wrapping_add(total);
                    }
                }
            }
        }
    };
}

kernels!(vex, "avx2,avxvnni", _mm256_dpbusd_avx_epi32);

// The same instruction as AVX-512 encodes it: what is tested where processors have that one alone.
#[cfg(test)]
kernels!(evex, "avx2,avx512f,avx512vl,avx512vnni", _mm256_dpbusd_epi32);

/// Whether this machine has that one.
#[cfg(test)]
pub(crate) fn has_vnni_of_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512vl") && std::arch::is_x86_feature_detected!("avx512vnni")
}
