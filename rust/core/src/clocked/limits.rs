//! Proofs that no integer potential and no cumulative count leaves int32 within a number of steps.

use crate::clocked::array::StateView;
use crate::clocked::request::MAX_STEPS;
use crate::error::{Error, Kind as Fault, Result};
use crate::neuron::model::{Constant, ResetTime};
use crate::plan::{Body, Dynamics, Kind, Neuron, Op, Parameters};

const INT32: u64 = i32::MAX as u64;
/// A decay of 1, in units of 2^-30.
const WHOLE: u64 = 1 << 30;

/// Refuse a run of so many more steps in which an int32 potential, or a max-pool's cumulative count, could leave its range.
///
/// `state` is where it starts from, by the number of the operation; `None`: from the start. The twin of
/// `check_potentials` in `pysnn/plan/limits.py`, with the same sentences.
///
/// # Errors
///
/// The first node that could leave int32, by name.
pub fn check_potentials(ops: &[Op], steps: usize, state: Option<&[(usize, StateView<'_>)]>) -> Result<()> {
    check_from(ops, steps, &|number| {
        state.map(|state| state.iter().find(|(of, _)| *of == number).map_or(0, |(_, view)| magnitude(view)))
    })
}

/// The same from the largest magnitude of what each operation remembers; `None`: from its start.
fn check_from(ops: &[Op], steps: usize, given: &dyn Fn(usize) -> Option<u64>) -> Result<()> {
    let Some(Beyond { op, most }) = first_beyond(ops, steps, given) else { return Ok(()) };
    let (what, advice) =
        if let Body::MaxPool(_) = op.body { ("count", "") } else { ("potential", ", or precision 'float32'") };
    Err(Error::new(
        Fault::Range,
        format!("'{}': after {steps} steps an int32 {what} could reach {most}; take fewer steps{advice}", op.node),
    ))
}

/// An operation that could leave int32, and how far it could go.
struct Beyond<'a> {
    op: &'a Op,
    most: u64,
}

fn first_beyond<'a>(ops: &'a [Op], steps: usize, given: &dyn Fn(usize) -> Option<u64>) -> Option<Beyond<'a>> {
    let steps = steps as u64;
    ops.iter().enumerate().find_map(|(number, op)| {
        let given = given(number);
        let most = match &op.body {
            Body::Neuron(neuron @ Neuron { dynamics: Dynamics::Integer(parameters), .. }) => {
                let start = given.unwrap_or_else(|| largest(&parameters.v_init));
                start.saturating_add(reach(neuron, parameters, steps))
            }
            Body::MaxPool(_) if op.spec.kind == Kind::Count => {
                given.unwrap_or(0).saturating_add(steps * u64::from(op.spec.max_count))
            }
            _ => 0,
        };
        (most > INT32).then_some(Beyond { op, most })
    })
}

/// What is proven of a run that goes on: for how many more steps nothing can leave int32.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Proof {
    left: usize,
}

impl Proof {
    /// Prove it for `steps` more steps, and for as many as can be; `given` is the largest magnitude of what each operation remembers.
    ///
    /// # Errors
    ///
    /// The first node that could leave int32 in these steps, by name.
    pub(crate) fn new(ops: &[Op], steps: usize, given: &dyn Fn(usize) -> Option<u64>) -> Result<Self> {
        check_from(ops, steps, given)?;
        // The longest proof, by halves.
        let (mut known, mut beyond) = (steps, steps.max(MAX_STEPS) + 1);
        while beyond - known > known / 8 + 1 {
            let middle = known + (beyond - known) / 2;
            if first_beyond(ops, middle, given).is_none() { known = middle } else { beyond = middle }
        }
        Ok(Self { left: known })
    }

    /// Take some steps of it; `false` where it holds for fewer.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let holds = self.left >= steps;
        self.left -= if holds { steps } else { 0 };
        holds
    }
}

/// How far a potential can go from where it starts, thresholds and resets included.
fn reach(neuron: &Neuron, parameters: &Parameters<i32>, steps: u64) -> u64 {
    let edge = largest(&parameters.threshold).max(largest(&parameters.v_reset));
    let current = u64::from(neuron.max_current);
    let constant = |name: Constant| {
        let at = neuron.model.each_constant(true).position(|found| found == name);
        at.and_then(|at| parameters.constants.get(at)).map(|values| largest(values))
    };
    let Some(slowest) = constant(Constant::Decay) else { return edge.saturating_add(steps.saturating_mul(current)) };
    // A reset that comes late is no part of what the leak takes away.
    let late = if neuron.model.reset_time == ResetTime::Now { 0 } else { edge };
    let inflow = current + constant(Constant::Drive).unwrap_or(0) + late + 1;
    let longest = match WHOLE.saturating_sub(slowest) {
        0 => steps,
        leaks => steps.min(WHOLE.div_ceil(leaks)),
    };
    edge.saturating_add(longest.saturating_mul(inflow))
}

/// The largest magnitude of some values.
pub(crate) fn largest(values: &[i32]) -> u64 {
    values.iter().map(|value| u64::from(value.unsigned_abs())).max().unwrap_or(0)
}

fn magnitude(view: &StateView<'_>) -> u64 {
    match view {
        StateView::Integer(values) => largest(values),
        StateView::Real(_) | StateView::Long(_) | StateView::Bytes(_) => 0,
    }
}
