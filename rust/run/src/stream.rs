//! `pysnn-run stream`: what comes in, step by step or frame by frame, with memory that does not depend on time.
//!
//! Where events enter, a line has the inputs of one step; else it has the values of one frame, which is held for some steps.

use std::io::{self, BufRead, Read};

use pysnn_core::clocked::Stream;
use pysnn_core::exported::{Encoding, Entering, Exported, Preparation, Samples};

use crate::arguments::{Arguments, Raw};
use crate::fault::{Fault, Outcome};
use crate::json::{Object, score};
use crate::print;
use crate::session::Session;

/// Run it.
pub(crate) fn run(arguments: &Arguments, network: Exported) -> Outcome<()> {
    let session = Session::open(arguments, network)?;
    let about = &session.interface.about;
    let events = about.encoding.is_events();
    match arguments.raw {
        Some(Raw::Words) if !events => {
            return Err(Fault::Usage("--raw u32: frames of values enter this network: u8 or f32".into()));
        }
        Some(Raw::Bytes | Raw::Single) if events => {
            return Err(Fault::Usage("--raw: events enter this network: u32".into()));
        }
        _ => {}
    }
    let held = if about.encoding.is_by_step() { 1 } else { arguments.steps.or(about.steps).unwrap_or(1) };
    let mut feed = Feed { arguments, session: &session, held, stream: session.stream()?, frames: 0 };
    let mut reader = io::stdin().lock();
    if events { feed.events(&mut reader) } else { feed.frames(&mut reader) }
}

struct Feed<'a> {
    arguments: &'a Arguments,
    session: &'a Session,
    /// Steps of a frame.
    held: usize,
    stream: Stream,
    frames: u64,
}

impl Feed<'_> {
    fn frames(&mut self, reader: &mut impl BufRead) -> Outcome<()> {
        while let Some(entering) = self.next_frame(reader)? {
            if self.arguments.reset {
                self.stream.restart()?;
            }
            self.stream.advance(entering.input(), self.held, &mut |_| true)?;
            self.frames += 1;
            if self.frames.is_multiple_of(self.arguments.every as u64) {
                self.say()?;
            }
        }
        Ok(())
    }

    fn events(&mut self, reader: &mut impl BufRead) -> Outcome<()> {
        let about = &self.session.interface.about;
        loop {
            let mut entering = Entering::new(about.encoding, about.seed);
            let mut steps = 0;
            while steps < self.arguments.every && self.next_step(reader, &mut entering.index)? {
                entering.end_step();
                steps += 1;
            }
            if steps == 0 {
                return Ok(());
            }
            if self.arguments.reset {
                self.stream.restart()?;
            }
            self.stream.advance(entering.input(), steps, &mut |_| true)?;
            self.frames += steps as u64;
            self.say()?;
        }
    }

    /// The values of the next frame, as they enter.
    fn next_frame(&self, reader: &mut impl BufRead) -> Outcome<Option<Entering>> {
        let about = &self.session.interface.about;
        if about.encoding == Encoding::Pixels {
            return self.next_picture(reader);
        }
        let shape = self.session.interface.shape;
        let (size, input) = (shape.size(), &self.session.interface.input);
        let frame = self.frames + 1;
        let wrong = |what: String| Fault::Failed(format!("frame {frame}: {what}"));
        let prepared = match self.arguments.raw {
            None => {
                let Some(line) = next_line(reader)? else { return Ok(None) };
                let wide = matches!(input, Preparation::Scaling(_));
                let (mut single, mut double) = (Vec::new(), Vec::new());
                for word in words(&line) {
                    let parsed = if wide {
                        word.parse().map(|x| double.push(x)).ok()
                    } else {
                        word.parse().map(|x| single.push(x)).ok()
                    };
                    parsed.ok_or_else(|| wrong(format!("expected numbers, got '{word:.40}'")))?;
                }
                let count = single.len() + double.len();
                if count != size {
                    return Err(wrong(format!("expected {size} values, got {count}")));
                }
                input.values(if wide { Samples::Double(&double) } else { Samples::Single(&single) }, shape.pixels())
            }
            Some(Raw::Single) => {
                let Some(bytes) = next_bytes(reader, 4 * size)? else { return Ok(None) };
                let values: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                input.values(Samples::Single(&values), shape.pixels())
            }
            Some(Raw::Bytes | Raw::Words) => {
                let Some(bytes) = next_bytes(reader, size)? else { return Ok(None) };
                input.values(Samples::Bytes(&bytes), shape.pixels())
            }
        };
        let values = prepared.map_err(|error| wrong(error.to_string()))?;
        if about.encoding == Encoding::Poisson
            && let Some(rate) = values.iter().find(|rate| !(0.0..=1.0).contains(*rate))
        {
            return Err(wrong(format!("Poisson rates must be in 0..1, got {rate}")));
        }
        Ok(Some(Entering { values, ..Entering::new(about.encoding, about.seed) }))
    }

    /// The next picture of uint8, as it enters.
    fn next_picture(&self, reader: &mut impl BufRead) -> Outcome<Option<Entering>> {
        let network = &self.session.interface;
        let (size, frame) = (network.shape.size(), self.frames + 1);
        let wrong = |what: String| Fault::Failed(format!("frame {frame}: {what}"));
        let bytes = match self.arguments.raw {
            Some(Raw::Single | Raw::Words) => {
                return Err(wrong("first_layer 'int8' reads uint8 pixels: --raw u8".into()));
            }
            Some(Raw::Bytes) => next_bytes(reader, size)?,
            None => match next_line(reader)? {
                None => None,
                Some(line) => {
                    let pixel = |word: &str| {
                        word.parse().map_err(|_| wrong(format!("expected uint8 pixels, 0 to 255, got '{word:.40}'")))
                    };
                    Some(words(&line).map(pixel).collect::<Outcome<Vec<u8>>>()?)
                }
            },
        };
        let Some(picture) = bytes else { return Ok(None) };
        if picture.len() != size {
            return Err(wrong(format!("expected {size} values, got {}", picture.len())));
        }
        let mut entering = Entering::new(network.about.encoding, network.about.seed);
        entering.pixels = vec![0; 2 * size];
        network.input.write_map(&picture, network.shape.pixels(), &mut entering.pixels)?;
        Ok(Some(entering))
    }

    /// Add the inputs of the next step's events, ascending; `false` behind the last one.
    fn next_step(&self, reader: &mut impl BufRead, index: &mut Vec<u32>) -> Outcome<bool> {
        let size = self.session.interface.shape.size() as u32;
        let begin = index.len();
        if self.arguments.raw.is_some() {
            let Some(count) = next_bytes(reader, 4)? else { return Ok(false) };
            let count = count.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
            for _ in 0..count {
                let bytes = next_bytes(reader, 4)?.ok_or_else(|| Fault::Failed("stdin: truncated".into()))?;
                index.push(bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)));
            }
        } else {
            let Some(line) = next_line(reader)? else { return Ok(false) };
            for word in words(&line) {
                let input = word.parse();
                index.push(input.map_err(|_| self.late(&format!("expected numbers of inputs, got '{word:.40}'")))?);
            }
        }
        let step = &mut index[begin..];
        step.sort_unstable();
        match step.last() {
            Some(&last) if last >= size => Err(self.late(&format!("input {last}; expected 0 to {}", size - 1))),
            _ => Ok(true),
        }
    }

    fn late(&self, what: &str) -> Fault {
        Fault::Failed(format!("behind step {}: {what}", self.frames))
    }

    fn say(&self) -> Outcome<()> {
        let scores = self.stream.scores();
        let object = Object::new()
            .value("step", self.stream.steps())
            .value("class", self.session.prediction(scores))
            .list("scores", scores.iter().map(|&value| score(value)));
        print(&object.line())
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| character.is_whitespace() || character == ',').filter(|word| !word.is_empty())
}

fn next_line(reader: &mut impl BufRead) -> Outcome<Option<String>> {
    let mut line = String::new();
    let read = reader.read_line(&mut line).map_err(|error| Fault::Failed(format!("stdin: {error}")))?;
    Ok((read > 0).then_some(line))
}

/// So many bytes; `None` where nothing comes any more.
fn next_bytes(reader: &mut impl Read, count: usize) -> Outcome<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = reader.take(count as u64).read_to_end(&mut bytes);
    match read.map_err(|error| Fault::Failed(format!("stdin: {error}")))? {
        0 if count > 0 => Ok(None),
        read if read == count => Ok(Some(bytes)),
        _ => Err(Fault::Failed("stdin: truncated".into())),
    }
}
