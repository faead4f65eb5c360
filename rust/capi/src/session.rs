//! Sessions: one sample, from step to step.

use std::sync::Arc;

use pysnn_abi::{Status, Use};
use pysnn_core::clocked::{Input, Stream, check_potentials};
use pysnn_core::exported::{Encoding, Samples};

use crate::failure::{Failure, Outcome};
use crate::memory::Given;
use crate::model::Model;
use crate::state;

/// One sample.
#[derive(Debug)]
pub struct Session {
    model: Arc<Model>,
    wanted: Use,
    stream: Stream,
    /// What enters, `(C, H, W)`.
    input: Vec<f32>,
    /// The same of pictures of uint8, `(2 C, H, W)`.
    pixels: Vec<u8>,
    /// It has been set.
    ready: bool,
    /// A panic has gone through it.
    pub(crate) broken: bool,
}

fn go_on(_: usize) -> bool {
    true
}

impl Session {
    pub(crate) fn start(model: &Arc<Model>, wanted: Use) -> Outcome<Self> {
        let size = model.interface.shape.size();
        if wanted == Use::Stream && model.window {
            return Err(Failure::new(Status::Unsupported, "first-spike windows have no streams: PYSNN_RUNS alone"));
        }
        if wanted == Use::Runs && model.interface.about.encoding.is_by_step() {
            let what = "what enters differs from step to step: PYSNN_STREAM alone";
            return Err(Failure::new(Status::Unsupported, what));
        }
        let mut stream = Stream::new(Arc::clone(&model.program), 1, None)?;
        stream.make_room()?;
        let (input, pixels) = match model.interface.about.encoding {
            Encoding::Spikes | Encoding::Events => (Vec::new(), Vec::new()),
            Encoding::Pixels => (Vec::new(), vec![0; 2 * size]),
            _ => (vec![0.0; size], Vec::new()),
        };
        Ok(Self { model: Arc::clone(model), wanted, stream, input, pixels, ready: false, broken: false })
    }

    /// Where its memory comes from.
    pub(crate) fn allocator(&self) -> Option<Given> {
        self.model.allocator
    }

    pub(crate) fn reset(&mut self) -> Outcome<()> {
        Ok(self.stream.restart()?)
    }

    pub(crate) fn set(&mut self, samples: Samples<'_>, count: usize) -> Outcome<()> {
        let about = &self.model.interface.about;
        if about.encoding.is_events() {
            return Err(Failure::argument("events enter this network: pysnn_step_events"));
        }
        let shape = self.model.interface.shape;
        if count != shape.size() {
            return Err(Failure::argument(format!("{count} values; expected {}", shape.size())));
        }
        if about.encoding == Encoding::Pixels {
            let Samples::Bytes(picture) = samples else {
                return Err(Failure::argument("uint8 pixels enter this network: pysnn_input_u8"));
            };
            self.model.interface.input.write_map(picture, shape.pixels(), &mut self.pixels)?;
            self.ready = true;
            return Ok(());
        }
        self.ready = false;
        self.model.interface.input.write(samples, self.model.interface.shape.pixels(), &mut self.input)?;
        if about.encoding == Encoding::Poisson && !self.input.iter().all(|rate| (0.0..=1.0).contains(rate)) {
            return Err(Failure::new(Status::Data, "Poisson rates must be in 0..1"));
        }
        self.ready = true;
        Ok(())
    }

    pub(crate) fn steps(&mut self, steps: u32) -> Outcome<()> {
        let about = self.model.interface.about;
        if about.encoding.is_events() {
            return Err(Failure::argument("events enter this network: pysnn_step_events"));
        }
        if !self.ready {
            return Err(Failure::argument("no input has been set"));
        }
        if self.wanted == Use::Runs {
            check_potentials(self.model.program.ops(), steps as usize, None)?;
            self.stream.restart()?;
        }
        let input = match about.encoding {
            Encoding::Poisson => Input::Poisson { rates: &self.input, seed: about.seed, first_sample: 0 },
            Encoding::Frames => {
                let frame = Input::Frames(&self.input);
                return (0..steps).try_for_each(|_| Ok(self.stream.advance(frame, 1, &mut go_on)?));
            }
            Encoding::Pixels => Input::Pixels(&self.pixels),
            _ => Input::Constant(&self.input),
        };
        Ok(self.stream.advance(input, steps as usize, &mut go_on)?)
    }

    pub(crate) fn step_events(&mut self, inputs: &[u32]) -> Outcome<()> {
        if !self.model.interface.about.encoding.is_events() {
            return Err(Failure::argument("values enter this network: pysnn_steps"));
        }
        let size = self.model.interface.shape.size();
        if let Some(input) = inputs.iter().find(|&&input| input as usize >= size) {
            return Err(Failure::new(Status::Data, format!("an event at input {input}, but there are {size} inputs")));
        }
        let input = Input::Events { offsets: &[0, inputs.len() as i64], index: inputs };
        Ok(self.stream.advance(input, 1, &mut go_on)?)
    }

    pub(crate) fn steps_done(&self) -> u64 {
        self.stream.steps()
    }

    pub(crate) fn scores(&self, target: &mut [f32]) -> Outcome<()> {
        let scores = self.stream.scores();
        if target.len() != scores.len() {
            return Err(Failure::argument(format!("room for {} scores; expected {}", target.len(), scores.len())));
        }
        if self.stream.steps() == 0 {
            return Err(Failure::argument("no step has been taken"));
        }
        target.copy_from_slice(scores);
        Ok(())
    }

    pub(crate) fn save(&self, target: &mut [u8]) -> Outcome<()> {
        self.check_stream()?;
        let expected = state::bytes(self.model.program.ops());
        if target.len() < expected {
            return Err(Failure::argument(format!("room for {} bytes; a state takes {expected}", target.len())));
        }
        state::save(&self.model, &self.stream, target)
    }

    pub(crate) fn load(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.check_stream()?;
        self.stream = state::load(&self.model, bytes)?;
        Ok(self.stream.make_room()?)
    }

    fn check_stream(&self) -> Outcome<()> {
        if self.wanted == Use::Stream { Ok(()) } else { Err(Failure::argument("runs have no state: PYSNN_STREAM")) }
    }
}
