//! A plan that has passed its checks.

use super::check::check;
use super::map::Kind;
use super::ops::Op;
use crate::error::Result;

/// A checked list of operations: sizes, ranges and kinds fit together, so that kernels need no checks.
#[derive(Debug, Clone)]
pub struct Plan {
    precision: Precision,
    ops: Vec<Op>,
}

/// What the weights of a plan are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// float32 throughout.
    Float32,
    /// int8 on spikes, with int32 currents.
    Int8,
}

impl Plan {
    /// Check operations and make a plan of them.
    ///
    /// # Errors
    ///
    /// Anything that does not fit, named by its node.
    pub fn new(ops: Vec<Op>) -> Result<Self> {
        let integer = ops.iter().any(|op| op.spec.kind == Kind::Current);
        Self::labelled(if integer { Precision::Int8 } else { Precision::Float32 }, ops)
    }

    /// The same, of a precision that says itself: a plan without currents may be of either.
    pub(crate) fn labelled(precision: Precision, ops: Vec<Op>) -> Result<Self> {
        check(&ops)?;
        Ok(Self { precision, ops })
    }

    /// What its weights are.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Its operations.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Its operations, to take apart.
    #[must_use]
    pub fn into_ops(self) -> Vec<Op> {
        self.ops
    }
}
