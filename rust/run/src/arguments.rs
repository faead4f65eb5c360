//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use pysnn_core::plan::MAX_BLOCK;

use crate::fault::{Fault, Outcome};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Version,
    Info,
    Check,
    Infer,
    Stream,
    Bench,
}

/// Values without a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw {
    Bytes,
    Single,
    /// Events: how many, then their inputs.
    Words,
}

/// Where data come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) network: PathBuf,
    pub(crate) input: Option<Source>,
    pub(crate) raw: Option<Raw>,
    pub(crate) steps: Option<usize>,
    pub(crate) scores: Option<PathBuf>,
    pub(crate) predictions: Option<PathBuf>,
    pub(crate) every: usize,
    pub(crate) reset: bool,
    pub(crate) verify: bool,
    pub(crate) threads: Option<usize>,
    pub(crate) batch: usize,
    /// Steps at a time.
    pub(crate) block: Option<usize>,
    pub(crate) simd: Option<String>,
}

const MOST_THREADS: usize = 1024;
const MOST: usize = 1 << 24;

impl Arguments {
    /// Read the words behind the program's name.
    pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Outcome<Self> {
        let mut words = words.peekable();
        let command = match words.next() {
            None => Command::Help,
            Some(word) => match word.to_str() {
                Some("--help" | "-h" | "help") => Command::Help,
                Some("--version") => Command::Version,
                Some("info") => Command::Info,
                Some("check") => Command::Check,
                Some("infer") => Command::Infer,
                Some("stream") => Command::Stream,
                Some("bench") => Command::Bench,
                _ => return Err(Fault::Usage(format!("expected a command, got '{}'", word.display()))),
            },
        };
        let mut found = Self {
            command,
            network: PathBuf::new(),
            input: None,
            raw: None,
            steps: None,
            scores: None,
            predictions: None,
            every: 1,
            reset: false,
            verify: false,
            threads: None,
            batch: 256,
            block: None,
            simd: None,
        };
        if matches!(command, Command::Help | Command::Version) {
            return Ok(found);
        }
        let mut network = None;
        while let Some(word) = words.next() {
            let Some(name) = word.to_str().filter(|name| name.starts_with('-')) else {
                if network.is_some() {
                    return Err(Fault::Usage(format!("expected one network, got '{}' too", word.display())));
                }
                network = Some(PathBuf::from(word));
                continue;
            };
            if matches!(name, "--help" | "-h") {
                found.command = Command::Help;
                return Ok(found);
            }
            found.option(name, &mut words)?;
        }
        found.network = network.ok_or_else(|| Fault::Usage("expected the name of a network's file".into()))?;
        Ok(found)
    }

    fn option(&mut self, name: &str, words: &mut impl Iterator<Item = OsString>) -> Outcome<()> {
        let mut value = || words.next().ok_or_else(|| Fault::Usage(format!("{name}: expected a value, got nothing")));
        match name {
            "--input" => {
                let value = value()?;
                self.input = Some(if value == "-" { Source::Stdin } else { Source::File(value.into()) });
            }
            "--raw" => {
                let value = value()?;
                self.raw = Some(match value.to_str() {
                    Some("u8") => Raw::Bytes,
                    Some("f32") => Raw::Single,
                    Some("u32") => Raw::Words,
                    _ => {
                        return Err(Fault::Usage(format!("--raw: expected u8, f32 or u32, got '{}'", value.display())));
                    }
                });
            }
            "--steps" => self.steps = Some(number(name, &value()?, MOST)?),
            "--scores" => self.scores = Some(value()?.into()),
            "--predictions" => self.predictions = Some(value()?.into()),
            "--every" => self.every = number(name, &value()?, MOST)?,
            "--threads" => self.threads = Some(number(name, &value()?, MOST_THREADS)?),
            "--batch" => self.batch = number(name, &value()?, MOST)?,
            "--block" => self.block = Some(number(name, &value()?, MAX_BLOCK)?),
            "--simd" => self.simd = Some(value()?.to_string_lossy().into_owned()),
            "--reset" => self.reset = true,
            "--verify" => self.verify = true,
            _ => return Err(Fault::Usage(format!("no option '{name}'"))),
        }
        Ok(())
    }
}

fn number(name: &str, value: &OsString, most: usize) -> Outcome<usize> {
    let found = value.to_str().and_then(|text| text.parse().ok()).filter(|number| (1..=most).contains(number));
    found.ok_or_else(|| {
        Fault::Usage(format!("{name}: expected a whole number from 1 to {most}, got '{}'", value.display()))
    })
}
