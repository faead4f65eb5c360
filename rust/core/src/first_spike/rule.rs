//! How times depend on weights, in the backward pass.

/// How times depend on weights, in gradients.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'a> {
    /// Ramp: slopes below it count as this one.
    pub min_slope: f32,
    /// Step: `dt_j/dw_ij` by `t_j - t_i + steps`, `2 * steps + 1` values.
    pub step_kernel: &'a [f32],
    /// Whether the gradient by the input times is wanted.
    pub inputs: bool,
}
