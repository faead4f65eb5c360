//! Data, batch by batch, as the engine takes them: `pysnn/encode` and `pysnn/simulation/encoded.py`, to the bit.

use std::fs::File;
use std::io::{self, BufReader, Read};

use pysnn_core::exported::{Encoding, Entering, Interface, Samples};
use pysnn_core::plan::Shape;

use crate::arguments::{Raw, Source};
use crate::fault::{Fault, Outcome};
use crate::layout::{LaidOut, Order, channels_first};
use crate::npy::{Dtype, Header, Values, read_header};

/// Slots of (step, sample) in one batch of given spikes, at most, where there are several samples.
const MOST_SLOTS: usize = 1 << 24;
/// Bytes that are read at a time, at most, where a batch has several samples.
const MOST_BYTES: usize = 1 << 28;
/// The largest count of one input in one step.
const MOST_AT_ONCE: f64 = 255.0;

/// Data of a file.
pub(crate) struct Batches {
    name: String,
    reader: Box<dyn Read>,
    dtype: Dtype,
    order: Order,
    laid_out: LaidOut,
    shape: Shape,
    encoding: Encoding,
    seed: u64,
    /// Samples in all; without a header as many as there come.
    samples: Option<usize>,
    done: usize,
    by_step: Option<ByStep>,
}

/// Data `(steps, samples, ...)`, all of them.
struct ByStep {
    steps: usize,
    /// Of given spikes.
    counts: Vec<u8>,
    /// Of frames, as they enter.
    frames: Vec<f32>,
}

/// What enters for some samples.
pub(crate) struct Batch {
    pub(crate) samples: usize,
    pub(crate) entering: Entering,
}

impl Batches {
    /// Open data, of which `laid_out` says whether they fit.
    pub(crate) fn open(source: &Source, raw: Option<Raw>, network: &Interface, laid_out: LaidOut) -> Outcome<Self> {
        let (name, mut reader): (String, Box<dyn Read>) = match source {
            Source::Stdin => ("stdin".into(), Box::new(io::stdin().lock())),
            Source::File(path) => {
                let file = File::open(path).map_err(|error| Fault::file(path, error))?;
                (format!("'{}'", path.display()), Box::new(BufReader::with_capacity(1 << 16, file)))
            }
        };
        let encoding = network.about.encoding;
        let mut found = Self {
            name,
            reader: Box::new(io::empty()),
            dtype: Dtype::U8,
            order: Order::Same,
            laid_out,
            shape: network.shape,
            encoding,
            seed: network.about.seed,
            samples: None,
            done: 0,
            by_step: None,
        };
        match raw {
            Some(_) if encoding.is_by_step() => {
                return Err(found.wrong("data of several steps have a header (.npy)"));
            }
            Some(Raw::Words) => return Err(Fault::Usage("--raw u32: for streams of events".into())),
            Some(Raw::Bytes) => found.dtype = Dtype::U8,
            Some(Raw::Single) => found.dtype = Dtype::F32,
            None => {
                let header = read_header(&mut *reader).map_err(|what| found.wrong(&what))?;
                found.reader = reader;
                found.take(header, network)?;
                return Ok(found);
            }
        }
        found.reader = reader;
        Ok(found)
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::Failed(format!("{}: {what}", self.name))
    }

    fn take(&mut self, header: Header, network: &Interface) -> Outcome<()> {
        let Header { dtype, shape: given } = header;
        self.dtype = dtype;
        let wanted = if network.about.axes == 1 {
            vec![self.shape.channels]
        } else {
            vec![self.shape.channels, self.shape.height, self.shape.width]
        };
        let sizes: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let sizes = sizes.join(", ");
        if self.encoding.is_by_step() {
            let fits = given.len() == wanted.len() + 2 && given[2..] == wanted[..];
            if !fits || given[0] == 0 || given[1] == 0 {
                return Err(self.wrong(&format!("expected (steps, samples, {sizes}), got {given:?}")));
            }
            self.samples = Some(given[1]);
            let rows = given[0] * given[1];
            self.by_step = Some(if self.encoding == Encoding::Frames {
                let bytes = self.read_all(rows)?;
                let values = self.dtype.values(bytes).map_err(|what| self.wrong(&what))?;
                ByStep { steps: given[0], counts: Vec::new(), frames: self.values(network, &values)? }
            } else {
                ByStep { steps: given[0], counts: self.read_counts(rows)?, frames: Vec::new() }
            });
            return Ok(());
        }
        let Some(order) = (self.laid_out)(&given, &wanted) else {
            return Err(self.wrong(&format!("expected (samples, {sizes}), got {given:?}")));
        };
        if given[0] == 0 {
            return Err(self.wrong("expected at least one sample, got none"));
        }
        self.order = order;
        self.samples = Some(given[0]);
        Ok(())
    }

    /// All given spikes, as bytes.
    fn read_counts(&mut self, rows: usize) -> Outcome<Vec<u8>> {
        let bytes = self.read_all(rows)?;
        let values = match self.dtype.values(bytes).map_err(|what| self.wrong(&what))? {
            Values::Bytes(counts) => return Ok(counts),
            Values::Single(values) => values.into_iter().map(f64::from).collect(),
            Values::Double(values) => values,
        };
        let good = |value: f64| (0.0..=MOST_AT_ONCE).contains(&value) && value.fract() == 0.0;
        match values.iter().find(|&&value| !good(value)) {
            None => Ok(values.into_iter().map(|value| value as u8).collect()),
            Some(value) => Err(self.wrong(&format!("expected counts of spikes, whole and in 0..255, got {value}"))),
        }
    }

    /// The bytes of so many rows of a sample's size.
    fn read_all(&mut self, rows: usize) -> Outcome<Vec<u8>> {
        let bytes = self.read(rows)?;
        if bytes.len() < rows * self.shape.size() * self.dtype.size() {
            return Err(self.wrong("truncated"));
        }
        Ok(bytes)
    }

    /// The bytes of some rows of a sample's size: fewer where the data end.
    fn read(&mut self, rows: usize) -> Outcome<Vec<u8>> {
        let size = rows * self.shape.size() * self.dtype.size();
        let mut bytes = Vec::new();
        (&mut self.reader)
            .take(size as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| Fault::Failed(format!("{}: {error}", self.name)))?;
        Ok(bytes)
    }

    /// The next samples, `most` at most; `None` where there are no more.
    pub(crate) fn next(&mut self, network: &Interface, most: usize, steps: usize) -> Outcome<Option<Batch>> {
        if let Some(ByStep { steps: given, .. }) = self.by_step {
            if self.encoding != Encoding::Frames {
                return self.next_spikes(most, steps);
            }
            if given != steps {
                return Err(self.wrong(&format!("expected a frame for each of {steps} steps, got {given}")));
            }
            return Ok(self.next_frames(most));
        }
        let sample = self.shape.size() * self.dtype.size();
        let most = most.min((MOST_BYTES / sample).max(1));
        let wanted = self.samples.map_or(most, |samples| most.min(samples - self.done));
        if wanted == 0 {
            return Ok(None);
        }
        let bytes = self.read(wanted)?;
        let short = self.samples.is_some() && bytes.len() < wanted * sample;
        if short || !bytes.len().is_multiple_of(sample) {
            return Err(self.wrong("truncated"));
        }
        if bytes.is_empty() {
            return if self.done == 0 { Err(self.wrong("expected at least one sample, got none")) } else { Ok(None) };
        }
        let samples = bytes.len() / sample;
        let values = self.dtype.values(bytes).map_err(|what| self.wrong(&what))?;
        let values = self.ordered(values);
        let mut entering = Entering::new(self.encoding, self.seed);
        entering.first_sample = self.done as u64;
        if self.encoding == Encoding::Pixels {
            entering.pixels = self.map_of(network, &values)?;
        } else {
            entering.values = self.values(network, &values)?;
        }
        self.done += samples;
        Ok(Some(Batch { samples, entering }))
    }

    fn ordered(&self, values: Values) -> Values {
        if self.order == Order::Same {
            return values;
        }
        let shape = self.shape;
        match values {
            Values::Bytes(values) => Values::Bytes(channels_first(&values, shape)),
            Values::Single(values) => Values::Single(channels_first(&values, shape)),
            Values::Double(values) => Values::Double(channels_first(&values, shape)),
        }
    }

    /// The map of pictures.
    fn map_of(&self, network: &Interface, values: &Values) -> Outcome<Vec<u8>> {
        let Values::Bytes(pictures) = values else {
            return Err(self.wrong("first_layer 'int8' reads uint8 pixels, got other data"));
        };
        let mut map = vec![0; 2 * pictures.len()];
        let done = network.input.write_map(pictures, self.shape.pixels(), &mut map);
        done.map_err(|error| self.wrong(error.message()))?;
        Ok(map)
    }

    fn values(&self, network: &Interface, values: &Values) -> Outcome<Vec<f32>> {
        let pixels = self.shape.pixels();
        let (samples, finite) = match values {
            Values::Bytes(values) => (Samples::Bytes(values), None),
            Values::Single(values) => (Samples::Single(values), values.iter().position(|value| !value.is_finite())),
            Values::Double(values) => (Samples::Double(values), values.iter().position(|value| !value.is_finite())),
        };
        if let Some(at) = finite {
            let (sample, at) = (self.done + at / self.shape.size(), at % self.shape.size());
            return Err(self.wrong(&format!("expected finite values, got another in sample {sample}, value {at}")));
        }
        let found = network.input.values(samples, pixels).map_err(|error| self.wrong(error.message()))?;
        if self.encoding == Encoding::Poisson
            && let Some(rate) = found.iter().find(|rate| !(0.0..=1.0).contains(*rate))
        {
            return Err(self.wrong(&format!("Poisson rates must be in 0..1, got {rate}")));
        }
        Ok(found)
    }

    fn next_frames(&mut self, most: usize) -> Option<Batch> {
        let ByStep { frames, .. } = self.by_step.as_ref()?;
        let (size, samples, first) = (self.shape.size(), self.samples.unwrap_or(0), self.done);
        let last = samples.min(first + most);
        let steps = frames.chunks_exact(samples * size);
        let values = steps.flat_map(|step| &step[first * size..last * size]).copied().collect();
        let entering = Entering { values, ..Entering::new(self.encoding, self.seed) };
        self.done = last;
        (last > first).then_some(Batch { samples: last - first, entering })
    }

    fn next_spikes(&mut self, most: usize, steps: usize) -> Outcome<Option<Batch>> {
        let Some(ByStep { steps: given, counts, .. }) = &self.by_step else { return Ok(None) };
        let (size, samples) = (self.shape.size(), self.samples.unwrap_or(0));
        let row = |step: usize, sample: usize| &counts[(step * samples + sample) * size..][..size];
        let late = (steps..*given).find(|&step| (0..samples).any(|sample| row(step, sample).iter().any(|&n| n > 0)));
        if let Some(step) = late {
            return Err(self.wrong(&format!("a spike in step {step} is beyond the {steps} steps of the run")));
        }
        let first = self.done;
        let last = samples.min(first + most.min((MOST_SLOTS / steps).max(1)));
        if first == last {
            return Ok(None);
        }
        let mut entering = Entering::new(self.encoding, self.seed);
        for sample in first..last {
            for step in 0..steps {
                entering.push_counts(if step < *given { row(step, sample) } else { &[] });
            }
        }
        self.done = last;
        Ok(Some(Batch { samples: last - first, entering }))
    }
}
