//! Models: a file, read and made ready.

use std::sync::Arc;

use pysnn_abi::{Info, Status};
use pysnn_core::clocked::{Options, Program};
use pysnn_core::exported::{Encoding, Exported, Golden, Interface, VERSION, other_version};
use pysnn_core::plan::{Body, Plan, Precision, Readout, window};
use pysnn_core::simd::Level;

use crate::failure::{Failure, Outcome};
use crate::memory::Given;
use crate::state;

/// A network, ready to run.
#[derive(Debug)]
pub struct Model {
    pub(crate) program: Arc<Program>,
    pub(crate) interface: Interface,
    pub(crate) digest: [u8; 32],
    pub(crate) window: bool,
    /// Where memory comes from; `None`: the system.
    pub(crate) allocator: Option<Given>,
    golden: Golden,
}

/// Read a file.
pub(crate) fn read(bytes: &[u8]) -> Outcome<Exported> {
    Exported::from_bytes(bytes).map_err(|fault| {
        let failure = Failure::from(fault);
        if other_version(bytes) { failure.with(Status::Version) } else { failure }
    })
}

/// What is in a file.
pub(crate) fn info(network: &Exported) -> Info {
    let (ops, interface) = (network.plan.ops(), &network.interface);
    let readout = match ops.last().map(|op| &op.body) {
        Some(Body::Output(output)) => output.readout,
        _ => Readout::MeanCurrent,
    };
    let window = window(ops).unwrap_or(0);
    Info {
        size: size_of::<Info>(),
        model_bytes: 0,
        runs_bytes: 0,
        stream_bytes: 0,
        state_bytes: if window == 0 { state::bytes(ops) } else { 0 },
        alignment: 1,
        format: VERSION,
        channels: interface.shape.channels as u32,
        height: interface.shape.height as u32,
        width: interface.shape.width as u32,
        outputs: outputs(&network.plan) as u32,
        steps: interface.about.steps.unwrap_or(0) as u32,
        coding: match interface.about.encoding {
            Encoding::Constant => 1,
            Encoding::Poisson => 2,
            Encoding::Spikes => 3,
            Encoding::Events => 4,
            Encoding::Frames => 5,
            Encoding::Pixels => 6,
        },
        precision: u32::from(network.plan.precision() == Precision::Int8),
        readout: readout as u32 + 1,
        window: window as u32,
    }
}

fn outputs(plan: &Plan) -> usize {
    plan.ops().last().map_or(0, |op| op.spec.shape.size())
}

impl Model {
    pub(crate) fn open(bytes: &[u8], allocator: Option<Given>) -> Outcome<Arc<Self>> {
        let Exported { plan, interface, golden, digest } = read(bytes)?;
        let window = window(plan.ops()).is_some();
        let options = Options { counts: false, ..Options::from(Level::named(None)?) };
        let program = Arc::new(Program::new(plan, options)?);
        Ok(Arc::new(Self { program, interface, digest, window, allocator, golden }))
    }

    /// Repeat the golden run.
    pub(crate) fn verify(&self) -> Outcome<()> {
        self.golden.verify(&self.program, &self.interface).map_err(|fault| Failure::from(fault).with(Status::Golden))
    }
}
