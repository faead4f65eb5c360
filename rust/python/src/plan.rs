//! Plans: the operations of `pysnn/plan/ops.py` as those of the core.

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pysnn_core::plan::{
    Body, Clamp, Coding, Conv, Dynamics, Entry, Gather, Kind, Leak, MapSpec, MaxPool, Neuron, Op, Output, Parameters,
    Plan, Pool, Readout, Round, Shape, Step, Synapse, Term, Weights, Window,
};

use crate::arrays::Origin;
use crate::call::raise;

/// Read and check a `pysnn.plan.ops.Plan`.
pub(crate) fn read_plan(plan: &Bound<'_, PyAny>) -> PyResult<Plan> {
    let origin = Origin { error: "PlanError", owner: "plan" };
    let given: Vec<Bound<'_, PyAny>> = origin.field(plan, "ops")?;
    let mut ops: Vec<Op> = Vec::with_capacity(given.len());
    for op in &given {
        let node: String = origin.field(op, "node")?;
        let owner = format!("node '{node}'");
        let reader = Reader { origin: Origin { error: "PlanError", owner: &owner }, op, earlier: &ops };
        let (spec, body) = reader.read()?;
        ops.push(Op { node, spec, body });
    }
    Plan::new(ops).map_err(|error| raise(plan.py(), &error))
}

/// One operation and those before it.
struct Reader<'a, 'py> {
    origin: Origin<'a>,
    op: &'a Bound<'py, PyAny>,
    earlier: &'a [Op],
}

impl<'py> Reader<'_, 'py> {
    fn read(&self) -> PyResult<(MapSpec, Body)> {
        let spec = self.spec()?;
        let kinds = ["input", "conv", "pool", "maxpool", "gather", "clamp", "round", "add", "neuron", "output"];
        let body = match self.origin.word(self.op, "kind", &kinds)? {
            "input" => Body::Input(match self.origin.word(self.op, "coding", &["constant", "poisson", "events"])? {
                "constant" => Coding::Constant,
                "poisson" => Coding::Poisson,
                _ => Coding::Events,
            }),
            "conv" => Body::Conv(self.conv(&spec)?),
            "pool" => {
                let weight: f64 = self.field("weight")?;
                Body::Pool(Pool { source: self.field("source")?, window: self.window()?, weight: weight as f32 })
            }
            "maxpool" => Body::MaxPool(MaxPool { source: self.field("source")?, window: self.window()? }),
            "gather" => Body::Gather(Gather {
                sources: self.field("sources")?,
                index: self.origin.values(self.op, "index", Some(&dimensions(spec.shape)))?,
            }),
            "clamp" => {
                let free = self.origin.is_none(self.op, "high")?;
                let high = if free { None } else { Some(self.channels(self.op, "high", &spec)?) };
                Body::Clamp(Clamp { source: self.field("source")?, high })
            }
            "round" => {
                Body::Round(Round { source: self.field("source")?, unit: self.channels(self.op, "unit", &spec)? })
            }
            "add" => Body::Add(self.terms(&spec)?),
            "neuron" => Body::Neuron(self.neuron(&spec)?),
            _ => Body::Output(self.output(&spec)?),
        };
        Ok((spec, body))
    }

    fn field<T>(&self, field: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        self.origin.field(self.op, field)
    }

    fn attribute(&self, field: &str) -> PyResult<Bound<'py, PyAny>> {
        self.field(field)
    }

    /// One value a channel.
    fn channels<T>(&self, object: &Bound<'py, PyAny>, field: &str, spec: &MapSpec) -> PyResult<Vec<T>>
    where
        T: numpy::Element + Copy,
    {
        self.origin.values(object, field, Some(&[spec.shape.channels]))
    }

    fn spec(&self) -> PyResult<MapSpec> {
        let spec = self.attribute("spec")?;
        let (channels, height, width): (usize, usize, usize) = self.origin.field(&spec, "shape")?;
        let kind = match self.origin.word(&spec, "kind", &["real", "count", "current"])? {
            "real" => Kind::Real,
            "count" => Kind::Count,
            _ => Kind::Current,
        };
        Ok(MapSpec {
            shape: Shape::new(channels, height, width),
            kind,
            is_static: self.origin.field(&spec, "static")?,
            max_count: self.origin.field(&spec, "max_count")?,
        })
    }

    fn window(&self) -> PyResult<Window> {
        Ok(Window {
            kernel: self.field("kernel")?,
            stride: self.field("stride")?,
            pads: self.field("pads")?,
            dilation: [1, 1],
        })
    }

    fn is_type<T: numpy::Element>(&self, field: &str) -> PyResult<bool> {
        let array = self.attribute(field)?;
        let array = array.cast::<PyUntypedArray>();
        Ok(array.is_ok_and(|array| {
            numpy::PyArrayDescrMethods::is_equiv_to(&array.dtype(), &numpy::dtype::<T>(self.op.py()))
        }))
    }

    fn conv(&self, spec: &MapSpec) -> PyResult<Conv> {
        let source: usize = self.field("source")?;
        let groups: usize = self.field("groups")?;
        let weight = self.attribute("weight")?;
        let given = weight.cast::<PyUntypedArray>().map(|array| array.shape().to_vec()).unwrap_or_default();
        let inputs = self.earlier.get(source).map_or(0, |op| op.spec.shape.channels);
        let kernel = [given.first().copied().unwrap_or(0), given.get(1).copied().unwrap_or(0)];
        let shape = [kernel[0], kernel[1], inputs.checked_div(groups).unwrap_or(0), spec.shape.channels];
        let weights = if self.is_type::<i8>("weight")? {
            Weights::Integer(
                self.origin.values(self.op, "weight", Some(&shape))?,
                self.channels(self.op, "bias", spec)?,
            )
        } else {
            Weights::Real(self.origin.values(self.op, "weight", Some(&shape))?, self.channels(self.op, "bias", spec)?)
        };
        Ok(Conv {
            source,
            window: Window {
                kernel,
                stride: self.field("stride")?,
                pads: self.field("pads")?,
                dilation: self.field("dilation")?,
            },
            groups,
            weights,
        })
    }

    fn terms(&self, spec: &MapSpec) -> PyResult<Vec<Term>> {
        let terms: Vec<Bound<'py, PyAny>> = self.field("terms")?;
        terms.iter().map(|term| self.term(term, spec)).collect()
    }

    fn term(&self, term: &Bound<'py, PyAny>, spec: &MapSpec) -> PyResult<Term> {
        let given = |field| Ok::<bool, PyErr>(!self.origin.is_none(term, field)?);
        let entry = match (given("scale")?, given("constant")?, given("multiplier")?, given("shift")?) {
            (false, false, false, false) => Entry::Plain,
            (true, false, false, false) => Entry::Scale(self.channels(term, "scale", spec)?),
            (false, true, false, false) => Entry::Constant(self.channels(term, "constant", spec)?),
            (false, false, true, true) => Entry::Ratio {
                multiplier: self.channels(term, "multiplier", spec)?,
                shift: self.channels(term, "shift", spec)?,
            },
            _ => {
                let what = "expected at most one of scale, constant, multiplier with shift";
                return Err(self.origin.error(self.op.py(), "terms", what));
            }
        };
        Ok(Term { source: self.origin.field(term, "source")?, entry })
    }

    fn neuron(&self, spec: &MapSpec) -> PyResult<Neuron> {
        let dynamics = if self.is_type::<i32>("threshold")? {
            Dynamics::Integer(self.parameters(spec)?)
        } else {
            Dynamics::Real(self.parameters(spec)?)
        };
        Ok(Neuron {
            source: self.field("source")?,
            dynamics,
            subtract: self.origin.word(self.op, "reset", &["subtract", "zero"])? == "subtract",
            strict: self.origin.word(self.op, "compare", &[">=", ">"])? == ">",
            unit: self.channels(self.op, "unit", spec)?,
            max_current: self.field("max_current")?,
        })
    }

    fn parameters<T: numpy::Element + Copy>(&self, spec: &MapSpec) -> PyResult<Parameters<T>> {
        let step = match self.origin.word(self.op, "step", &["if", "lif", "cuba_lif"])? {
            "if" => Step::If,
            "lif" => Step::Lif(self.leak(spec)?),
            _ => {
                let [decay, gain] = ["syn_decay", "syn_gain"].map(|name| self.channels(self.op, name, spec));
                Step::CubaLif(self.leak(spec)?, Synapse { decay: decay?, gain: gain? })
            }
        };
        Ok(Parameters {
            threshold: self.channels(self.op, "threshold", spec)?,
            v_init: self.channels(self.op, "v_init", spec)?,
            v_reset: self.channels(self.op, "v_reset", spec)?,
            step,
        })
    }

    fn leak<T: numpy::Element + Copy>(&self, spec: &MapSpec) -> PyResult<Leak<T>> {
        let gain =
            if self.origin.is_none(self.op, "gain")? { Vec::new() } else { self.channels(self.op, "gain", spec)? };
        Ok(Leak { decay: self.channels(self.op, "decay", spec)?, gain, drive: self.channels(self.op, "drive", spec)? })
    }

    fn output(&self, spec: &MapSpec) -> PyResult<Output> {
        let readouts = ["mean_current", "potential", "count", "first_spike"];
        let readout = match self.origin.word(self.op, "readout", &readouts)? {
            "mean_current" => Readout::MeanCurrent,
            "potential" => Readout::Potential,
            "count" => Readout::Count,
            _ => Readout::FirstSpike,
        };
        let unit =
            if self.origin.is_none(self.op, "unit")? { None } else { Some(self.channels(self.op, "unit", spec)?) };
        Ok(Output { source: self.field("source")?, readout, unit })
    }
}

fn dimensions(shape: Shape) -> [usize; 3] {
    [shape.channels, shape.height, shape.width]
}
