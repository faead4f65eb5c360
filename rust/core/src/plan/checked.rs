//! A plan that has passed its checks.

use super::check::check;
use super::ops::Op;
use crate::error::Result;

/// A checked list of operations: sizes, ranges and kinds fit together, so that kernels need no checks.
#[derive(Debug, Clone)]
pub struct Plan {
    ops: Vec<Op>,
}

impl Plan {
    /// Check operations and make a plan of them.
    ///
    /// # Errors
    ///
    /// Anything that does not fit, named by its node.
    pub fn new(ops: Vec<Op>) -> Result<Self> {
        check(&ops)?;
        Ok(Self { ops })
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
