//! Exported networks of single spikes: golden runs, and files with right digests that are refused or run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests need the rest of it")]
mod support;

use pysnn_core::error::{Kind, Result};
use pysnn_core::exported::{Exported, ExportedFirstSpike, Network, other_version};
use pysnn_core::first_spike::Until;
use pysnn_core::simd::Level;
use sha2::{Digest, Sha256};
use support::Rng;

/// What `pysnn export` wrote: `tests/golden/make_exported.py`.
const RAMP: &[u8] = include_bytes!("../../../tests/golden/exported-ramp.plan");
const STEP: &[u8] = include_bytes!("../../../tests/golden/exported-step.plan");

/// Where the network begins, and a layer of it.
const NETWORK: usize = 192;
const LAYER: usize = 64;

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[32..64].fill(0);
    let digest = Sha256::digest(&bytes);
    bytes[32..64].copy_from_slice(&digest);
    bytes
}

fn read(bytes: &[u8]) -> Result<ExportedFirstSpike> {
    match Network::from_bytes(bytes)? {
        Network::FirstSpike(network) => Ok(*network),
        Network::Clocked(_) => panic!("a network of clocked neurons"),
    }
}

/// The file with other words (u32) at some bytes.
fn with(bytes: &[u8], words: &[(usize, u32)]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for &(at, word) in words {
        changed[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    sealed(changed)
}

/// Where a section begins.
fn section(bytes: &[u8], number: usize) -> usize {
    u64::from_le_bytes(bytes[64 + 16 * number..][..8].try_into().unwrap()) as usize
}

#[test]
fn golden_runs_are_equal_at_every_level() {
    for bytes in [RAMP, STEP] {
        let network = read(bytes).unwrap();
        for level in Level::available() {
            network.verify(&network.engine(level)).unwrap();
        }
    }
}

/// The scores and winners of a file are the times and decisions of its engine.
#[test]
fn a_forward_pass_has_the_golden_times() {
    for bytes in [RAMP, STEP] {
        let network = read(bytes).unwrap();
        let engine = network.engine(Level::named(None).unwrap());
        let times = network.times(&network.golden.input, 0).unwrap();
        let tape = engine.forward(&network.weights(), &times, 1, &mut |_| true).unwrap();
        let scores: Vec<f32> = tape.times(network.plan.layers.len() - 1).iter().map(|time| -time).collect();
        assert_eq!(scores, network.golden.scores);
        let decided = engine.run(&network.weights(), &times, Until::Decision, 1, &mut |_| true).unwrap();
        assert_eq!(decided[0].winner, i64::from(network.golden.winners[0]));
    }
}

#[test]
fn what_the_page_does_not_allow_is_refused_with_what_was_expected() {
    let (first, second) = (NETWORK + LAYER, NETWORK + 2 * LAYER);
    let about = section(RAMP, 1);
    let nan = f32::NAN.to_bits();
    for (words, sentence) in [
        (vec![(12, 3)], "kind 3 with 6 sections; expected kind 1 or 2"),
        (vec![(NETWORK, 3)], "neuron 3, comparison 0, 0 steps; expected 1, 0, 0"),
        (vec![(NETWORK + 4, 1)], "comparison 1"),
        (vec![(NETWORK + 8, 5)], "5 steps"),
        (vec![(NETWORK, 2)], "0 steps"),
        (vec![(NETWORK, 2), (NETWORK + 8, 65_537)], "65537 steps; expected"),
        (vec![(NETWORK + 12, 0)], "one layer at least"),
        (vec![(NETWORK + 12, 1 << 31)], "2147483648 layers"),
        (vec![(NETWORK + 60, 1)], "byte 60 is not 0"),
        (vec![(first, 4)], "layer 1: kind 4; expected 1 to 3"),
        (vec![(first, 1)], "layer 'dense1'"),
        (vec![(first + 4, 6)], "layer 'conv1'"),
        (vec![(first + 24, 1 << 30)], "layer 'conv1'"),
        (vec![(first + 36, 0)], "layer 'conv1'"),
        (vec![(first + 60, nan)], "threshold: expected 1e-6 to 1e6, got NaN"),
        (vec![(second + 60, 1)], "layer 'earliestpool2': a threshold; expected 0 for a pool"),
        (vec![(NETWORK + 4 * LAYER, nan)], "layer 'conv1': a weight of NaN; expected finite ones"),
        // Between the weights of the two layers: 18 x 4 of them end at byte 544 of the section.
        (vec![(NETWORK + 4 * LAYER + 288, 1)], "byte 544 is not 0"),
        (vec![(about, 1)], "coding 1; expected 7 to 9"),
        (vec![(about, 9)], "160 bytes of golden input for 1 samples; expected Some(80)"),
        (vec![(about + 4, 1)], "samples of 1 axes"),
        (vec![(about + 8, 5)], "byte 8 is not 0"),
        (vec![(about + 12, 0)], "0 samples; expected 1 or more"),
        (vec![(about + 12, u32::MAX)], "golden input for 4294967295 samples"),
        (vec![(about + 20, 2)], "golden input of type 2; expected 1"),
        (vec![(about + 24, 1)], "byte 24 is not 0"),
        (vec![(about + 100, 1)], "byte 100 is not 0"),
        (vec![(section(RAMP, 5), 1)], "golden spikes of operation 1; expected 0"),
    ] {
        let error = read(&with(RAMP, &words)).unwrap_err();
        assert!(matches!(error.kind(), Kind::FileFormat | Kind::Plan | Kind::Capacity), "{error}");
        assert!(error.message().contains(sentence), "{words:?}: {error}");
    }
}

/// A file of a few hundred bytes may not make an engine set up much more.
#[test]
fn small_files_with_large_maps_are_refused() {
    // A pool with windows of 4000 x 4000 over a padded map, and a convolution over one.
    for (layer, kernel, pad) in [(3_u32, 4000_u32, 3999_u32), (2, 1, 4000)] {
        let places = 1 + 2 * pad + 1 - kernel;
        let mut record = vec![layer, 1, 1, 1, places, places, 1, kernel, kernel, 1, 1, pad, pad, pad, pad];
        record.push(if layer == 3 { 0 } else { 1.0_f32.to_bits() });
        let mut words: Vec<_> =
            record.into_iter().enumerate().map(|(k, word)| (NETWORK + LAYER + 4 * k, word)).collect();
        words.push((NETWORK + 12, 1));
        let error = read(&with(RAMP, &words)).unwrap_err();
        assert_eq!(error.kind(), Kind::Capacity, "{error}");
        assert!(error.message().contains("expected at most 67108864 neurons up to here"), "{error}");
    }
}

#[test]
fn values_beyond_0_to_1_are_refused_when_they_run() {
    let network = read(&with(RAMP, &[(section(RAMP, 3), 2.0_f32.to_bits())])).unwrap();
    let error = network.verify(&network.engine(Level::named(None).unwrap())).unwrap_err();
    assert_eq!(error.kind(), Kind::Data);
    assert!(error.message().contains("from 0 to 1, got 2 in sample 0, value 0"), "{error}");
}

#[test]
fn readers_of_clocked_networks_say_what_it_is() {
    let error = Exported::from_bytes(RAMP).unwrap_err();
    assert_eq!(error.kind(), Kind::Plan);
    assert!(error.message().contains("single spikes"), "{error}");
    assert!(!other_version(RAMP));
}

#[test]
fn what_is_sealed_again_is_refused_or_runs_to_an_end() {
    let (mut refused, mut differed, mut equal) = (0, 0, 0);
    for (number, bytes) in [RAMP, STEP].into_iter().enumerate() {
        let mut rng = Rng::new(number as u64);
        for _ in 0..3000 {
            let mut changed = bytes.to_vec();
            for _ in 0..=rng.below(2) {
                let at = rng.below(bytes.len());
                changed[at] = rng.below(256) as u8;
            }
            match read(&sealed(changed)) {
                Err(_) => refused += 1,
                Ok(network) => {
                    let verified = network.verify(&network.engine(Level::named(None).unwrap()));
                    if verified.is_ok() { equal += 1 } else { differed += 1 }
                }
            }
        }
    }
    assert!(refused > 1000 && differed > 50 && equal > 5, "{refused} {differed} {equal}");
}
