//! Exported networks: damage is refused, and nothing makes the reader panic or take memory that the bytes do not hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests need the rest of it")]
mod support;

use std::sync::Arc;

use pysnn_core::clocked::{Input, Program, Stream, check_potentials};
use pysnn_core::error::Kind;
use pysnn_core::exported::{Exported, Network};
use pysnn_core::simd::Level;
use sha2::{Digest, Sha256};
use support::Rng;

/// What `pysnn export` wrote of small networks: `tests/golden/make_exported.py`.
const FILES: [&[u8]; 5] = [
    include_bytes!("../../../tests/golden/exported-constant.plan"),
    include_bytes!("../../../tests/golden/exported-spikes.plan"),
    include_bytes!("../../../tests/golden/exported-scaling.plan"),
    include_bytes!("../../../tests/golden/exported-pixels.plan"),
    include_bytes!("../../../tests/golden/exported-window.plan"),
];

/// The same of single spikes.
const SINGLE_SPIKES: [&[u8]; 2] = [
    include_bytes!("../../../tests/golden/exported-ramp.plan"),
    include_bytes!("../../../tests/golden/exported-step.plan"),
];

/// The bytes with right digests: of the plan inside, if there is one, which begins at byte 192, and of all.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.get(72..80).map_or(0, |length| u64::from_le_bytes(length.try_into().unwrap()));
    if let Some(end) = usize::try_from(length).ok().and_then(|length| length.checked_add(192))
        && let Some(plan) = bytes.get_mut(192..end).filter(|plan| plan.starts_with(b"PYSNNPLN") && plan.len() > 64)
    {
        plan[32..64].fill(0);
        let digest = Sha256::digest(&*plan);
        plan[32..64].copy_from_slice(&digest);
    }
    bytes[32..64].fill(0);
    let digest = Sha256::digest(&bytes);
    bytes[32..64].copy_from_slice(&digest);
    bytes
}

#[test]
fn golden_runs_are_equal_at_every_level() {
    for bytes in FILES {
        let network = Exported::from_bytes(bytes).unwrap();
        for level in Level::available() {
            let program = Program::new(network.plan.clone(), level).unwrap();
            network.golden.verify(&program, &network.interface).unwrap();
        }
    }
}

/// A network with the tables of the first version of the plan, whose golden run is that of the file of now.
#[test]
fn old_files_are_read() {
    let old = include_bytes!("../../../tests/golden/exported-version-1.plan");
    assert_eq!([old[192 + 8], FILES[0][192 + 8]], [1, 2]);
    let network = Exported::from_bytes(old).unwrap();
    let same = Exported::from_bytes(FILES[0]).unwrap();
    assert_eq!(network.plan.to_bytes(), same.plan.to_bytes());
    let program = Program::new(network.plan.clone(), Level::named(None).unwrap()).unwrap();
    network.golden.verify(&program, &network.interface).unwrap();
}

#[test]
fn every_changed_byte_is_refused() {
    for bytes in FILES.into_iter().chain(SINGLE_SPIKES) {
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(Network::from_bytes(&changed).unwrap_err().kind(), Kind::FileFormat, "{at}");
        }
        for length in [0, 7, 8, 191, 192, bytes.len() - 1] {
            assert_eq!(Network::from_bytes(&bytes[..length]).unwrap_err().kind(), Kind::FileFormat, "{length}");
        }
    }
}

#[test]
fn what_is_sealed_again_is_refused_or_runs_to_an_end() {
    let (mut refused, mut differed, mut equal) = (0, 0, 0);
    for (number, bytes) in FILES.into_iter().enumerate() {
        let mut rng = Rng::new(number as u64);
        for _ in 0..1500 {
            let mut changed = bytes.to_vec();
            for _ in 0..=rng.below(2) {
                let at = rng.below(bytes.len());
                changed[at] = rng.below(256) as u8;
            }
            match Exported::from_bytes(&sealed(changed)) {
                Err(_) => refused += 1,
                // Golden runs of many steps take long, and are no more hostile.
                Ok(network) if network.golden.steps > 64 => {}
                Ok(network) => {
                    let verified = Program::new(network.plan, Level::named(None).unwrap())
                        .and_then(|program| network.golden.verify(&program, &network.interface));
                    if verified.is_ok() { equal += 1 } else { differed += 1 }
                }
            }
        }
    }
    assert!(refused > 1000 && differed > 50 && equal > 5, "{refused} {differed} {equal}");
}

#[test]
fn a_stream_outlasts_the_longest_proof_and_refuses_what_a_single_run_refuses() {
    let network = Exported::from_bytes(FILES[0]).unwrap();
    let input = vec![0.0; network.plan.ops()[0].spec.shape.size()];
    let program = Arc::new(Program::new(network.plan, Level::named(None).unwrap()).unwrap());
    // The longest run that is proven at once.
    let (mut most, mut beyond) = (1, 1 << 26);
    while beyond - most > 1 {
        let middle = usize::midpoint(most, beyond);
        if check_potentials(program.ops(), middle, None).is_ok() { most = middle } else { beyond = middle }
    }
    assert!((1000..1 << 24).contains(&most), "{most}");
    let mut stream = Stream::new(Arc::clone(&program), 1, None).unwrap();
    let refused = stream.advance(Input::Constant(&input), beyond, &mut |_| true).unwrap_err();
    assert_eq!((refused.kind(), refused), (Kind::Range, check_potentials(program.ops(), beyond, None).unwrap_err()));
    for steps in [1, most / 2, most, 3] {
        stream.advance(Input::Constant(&input), steps, &mut |_| true).unwrap();
    }
    assert_eq!(stream.steps() as usize, 4 + most / 2 + most);
}
