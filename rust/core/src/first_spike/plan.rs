//! The geometry of a first-spike network, checked once.

use crate::error::{Error, Result};
use crate::plan::Window;

/// Neurons in one map, and weights in one layer, at most.
pub const MAX_MAP: usize = 1 << 26;
/// Time-steps of the step kernel, at most.
pub const MAX_STEPS: usize = 1 << 16;

/// How neurons integrate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Neuron {
    /// Rectified linear postsynaptic potentials, exact event times.
    Ramp,
    /// Integrate-and-fire at times `0 .. steps`.
    Step {
        /// Fire above the threshold only.
        strict: bool,
        /// The number of time-steps, which is also the time of a silent neuron in gradients.
        steps: usize,
    },
}

/// A layer's windows: maps are `(height, width, channels)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// For errors.
    pub name: String,
    /// Shape of the map before it.
    pub input: [usize; 3],
    /// Shape of its map.
    pub output: [usize; 3],
    /// Windows on the input.
    pub window: Window,
    /// The threshold of its neurons, or `None` for a pool.
    pub threshold: Option<f32>,
}

/// A checked network.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How neurons integrate.
    pub neuron: Neuron,
    /// In order.
    pub layers: Vec<Layer>,
}

impl Layer {
    /// Windows, which are places of output neurons.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Neurons at one site.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.output[2]
    }

    /// Inputs of one window.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.window.kernel[0] * self.window.kernel[1] * self.input[2]
    }

    /// Neurons before it.
    #[must_use]
    pub fn in_size(&self) -> usize {
        self.input.iter().product()
    }

    /// Its neurons.
    #[must_use]
    pub fn out_size(&self) -> usize {
        self.output.iter().product()
    }

    /// Whether its one window is the whole map, so that a row is an input.
    pub(super) fn is_dense(&self) -> bool {
        self.window.kernel == [self.input[0], self.input[1]] && self.sites() == 1 && self.window.pads == [0; 4]
    }

    fn check(&self) -> Result<()> {
        let failed = |what: String| Error::plan(format!("layer '{}': {what}", self.name));
        for shape in [self.input, self.output] {
            let size = shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n));
            if !size.is_some_and(|size| (1..=MAX_MAP).contains(&size)) {
                return Err(Error::capacity(format!(
                    "layer '{}': a map of {shape:?} neurons; expected 1 to {MAX_MAP}",
                    self.name
                )));
            }
        }
        let windows = self.window.output(self.input[0], self.input[1]);
        if windows != Some([self.output[0], self.output[1]]) {
            return Err(failed(format!("{windows:?} windows on {:?} do not make {:?}", self.input, self.output)));
        }
        if self.window.dilation != [1, 1] {
            return Err(failed("first-spike layers have no dilation".into()));
        }
        let Some(threshold) = self.threshold else {
            let same = self.input[2] == self.output[2];
            return if same { Ok(()) } else { Err(failed("a pool keeps its channels".into())) };
        };
        if !(1e-6..=1e6).contains(&threshold) {
            return Err(failed(format!("threshold: expected 1e-6 to 1e6, got {threshold}")));
        }
        let [kh, kw] = self.window.kernel;
        let weights = [kh, kw, self.input[2], self.output[2]].iter().try_fold(1usize, |n, &m| n.checked_mul(m));
        if weights.is_none_or(|weights| weights > MAX_MAP) {
            return Err(Error::capacity(format!("layer '{}': more than {MAX_MAP} weights", self.name)));
        }
        Ok(())
    }
}

impl Plan {
    /// Check a network.
    ///
    /// # Errors
    ///
    /// A size is out of bounds, or layers do not fit each other.
    pub fn new(neuron: Neuron, layers: Vec<Layer>) -> Result<Self> {
        if let Neuron::Step { steps, .. } = neuron
            && !(1..=MAX_STEPS).contains(&steps)
        {
            return Err(Error::plan(format!("steps: expected 1 to {MAX_STEPS}, got {steps}")));
        }
        if layers.is_empty() {
            return Err(Error::plan("a first-spike network has one layer at least"));
        }
        for layer in &layers {
            layer.check()?;
        }
        for (before, after) in layers.iter().zip(layers.iter().skip(1)) {
            if before.output != after.input {
                let (name, expected, got) = (&after.name, before.output, after.input);
                return Err(Error::plan(format!("layer '{name}': expected input {expected:?}, got {got:?}")));
            }
        }
        Ok(Self { neuron, layers })
    }

    /// Input neurons.
    #[must_use]
    pub fn in_size(&self) -> usize {
        self.layers.first().map_or(0, Layer::in_size)
    }

    /// Output neurons.
    #[must_use]
    pub fn out_size(&self) -> usize {
        self.layers.last().map_or(0, Layer::out_size)
    }
}
