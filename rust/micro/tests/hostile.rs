//! Files with some bytes changed and their digests made right again: each is refused, or runs without a panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pysnn_abi::Status;
use pysnn_micro::{Model, Result, Session};
use sha2::{Digest, Sha256};

const FILES: [&[u8]; 5] = [
    include_bytes!("../../../tests/golden/exported-pixels.plan"),
    include_bytes!("../../../tests/golden/exported-spikes.plan"),
    include_bytes!("../../../tests/golden/exported-events.plan"),
    include_bytes!("../../../tests/golden/exported-window.plan"),
    include_bytes!("../../../tests/golden/exported-levels.plan"),
];

/// Bytes that a run of a changed file may take: others are not tried.
const MOST: usize = 1 << 20;

fn sealed(bytes: &mut [u8]) {
    bytes[32..64].fill(0);
    let digest = Sha256::digest(&*bytes);
    bytes[32..64].copy_from_slice(&digest);
}

/// A small generator (`SplitMix64`).
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// A model that has been checked.
fn open(bytes: &[u8]) -> Result<Model<'_>> {
    let model = Model::find(bytes)?;
    model.check().map(|()| model)
}

/// Run what a file holds; whether there was anything to run.
fn run(bytes: &[u8]) -> bool {
    let Ok(model) = open(bytes) else { return false };
    let uses: &[bool] = if model.info().window > 0 { &[false] } else { &[true, false] };
    let mut ran = false;
    for &goes_on in uses {
        let [words, counts] = Session::room(&model, goes_on);
        if 4 * words + counts > MOST {
            continue;
        }
        let (mut words, mut counts) = (vec![0; words], vec![0; counts]);
        match Session::start(&model, goes_on, &mut words, &mut counts) {
            Ok(mut session) => go(&mut session, &model, bytes, goes_on),
            Err(_) => continue,
        }
        ran = true;
    }
    ran
}

/// Let pictures or events enter a session.
fn go(session: &mut Session<'_, '_>, model: &Model<'_>, bytes: &[u8], goes_on: bool) {
    let info = model.info();
    let all: Vec<u32> = (0..info.channels * info.height * info.width).collect();
    let mut scores = vec![0.0; info.outputs as usize];
    let steps = if info.window > 0 { 1 } else { 3 };
    if session.picture(&vec![200; all.len()]).is_ok() && session.run(steps).is_ok() {
        session.scores(&mut scores).unwrap();
    }
    for step in 0..4 {
        if session.step(&all[..all.len() * (step % 2)]).is_ok() {
            session.scores(&mut scores).unwrap();
        }
    }
    if goes_on {
        let mut state = vec![0; info.state_bytes];
        session.save(&mut state).unwrap();
        session.load(&state).unwrap();
        assert_eq!(session.load(&state[1..]).unwrap_err().status(), Status::Data);
    }
    // Golden runs of many steps take long, and each step is like the one before.
    let about = u64::from_le_bytes(bytes[80..88].try_into().unwrap()) as usize;
    let golden = |at: usize| u32::from_le_bytes(bytes[about + at..about + at + 4].try_into().unwrap());
    if golden(12).saturating_mul(golden(16)) < 100 {
        let _ = session.verify();
    }
}

#[test]
fn whole_files_run() {
    for bytes in FILES {
        assert!(run(bytes));
        let model = open(bytes).unwrap();
        for goes_on in [true, false] {
            let [words, counts] = Session::room(&model, goes_on);
            let (mut words, mut counts) = (vec![0; words], vec![0; counts]);
            match Session::start(&model, goes_on, &mut words, &mut counts) {
                Ok(mut session) => session.verify().unwrap(),
                Err(fault) => {
                    let expected = (Status::Unsupported, model.info().window > 0);
                    assert_eq!((fault.status(), goes_on), expected);
                }
            }
        }
    }
}

#[test]
fn changed_files_are_refused_or_run() {
    let (mut rng, mut ran, mut refused) = (Rng(1), 0, 0);
    for bytes in FILES {
        for _ in 0..8_000 {
            let mut changed = bytes.to_vec();
            for _ in 0..=rng.below(3) {
                // Most changes are to a word of an operation, a source, an array's entry or the section about the run.
                let anywhere = rng.below(4) == 0;
                let at = 4 * rng.below(if anywhere { bytes.len() } else { bytes.len().min(2600) }.div_euclid(4));
                let value = match rng.below(4) {
                    0 => rng.below(12) as u32,
                    1 => u32::MAX - rng.below(3) as u32,
                    2 => 1 << rng.below(32),
                    _ => u32::from_le_bytes(changed[at..at + 4].try_into().unwrap()) ^ (1 << rng.below(32)),
                };
                changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
            let end = 192 + usize::try_from(u64::from_le_bytes(bytes[72..80].try_into().unwrap())).unwrap();
            sealed(&mut changed[192..end]);
            sealed(&mut changed);
            if run(&changed) { ran += 1 } else { refused += 1 }
        }
    }
    assert!(ran > 300 && refused > 1000, "{ran} {refused}");
}

#[test]
fn truncated_files_are_refused() {
    for bytes in FILES {
        for length in 0..bytes.len() {
            assert_eq!(open(&bytes[..length]).unwrap_err().status(), Status::Format, "{length}");
        }
    }
}

#[test]
fn single_spikes_are_refused_by_name() {
    for bytes in [
        &include_bytes!("../../../tests/golden/exported-ramp.plan")[..],
        include_bytes!("../../../tests/golden/exported-step.plan"),
    ] {
        let fault = open(bytes).unwrap_err();
        let error = fault.error(None);
        assert!(String::from_utf8_lossy(&error.message).contains("single spikes"));
        assert_eq!(error.status, Status::Unsupported);
    }
}
