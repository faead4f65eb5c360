//! Plans as bytes: there and back with the same bits, one file for each plan, and damage is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests need the rest of it")]
mod support;

use pysnn_core::error::Kind;
use pysnn_core::plan::{Body, Coding, Gather, Kind as MapKind, MapSpec, Op, Output, Plan, Readout, Shape};
use sha2::{Digest, Sha256};
use support::Rng;
use support::convs::layer;
use support::plans::plan;

/// Plans of every kind of operation, in both precisions.
fn plans() -> impl Iterator<Item = Plan> {
    (0..120).map(|seed| {
        let mut rng = Rng::new(seed);
        if seed % 3 == 0 { layer(&mut rng, seed % 2 == 0) } else { plan(&mut rng, seed % 2 == 0) }
    })
}

/// The bytes with a right digest.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[32..64].fill(0);
    let digest = Sha256::digest(&bytes);
    bytes[32..64].copy_from_slice(&digest);
    bytes
}

#[test]
fn there_and_back_is_the_same_plan() {
    let mut operations = 0;
    for plan in plans() {
        let bytes = plan.to_bytes();
        assert_eq!(bytes, sealed(bytes.clone()));
        let read = Plan::from_bytes(&bytes).unwrap();
        assert_eq!(format!("{read:?}"), format!("{plan:?}"));
        assert_eq!(read.to_bytes(), bytes);
        operations += plan.ops().len();
    }
    assert!(operations > 500);
}

#[test]
fn arrays_lie_at_multiples_of_64() {
    let plan = plan(&mut Rng::new(3), true);
    let bytes = plan.to_bytes();
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let [table, size, data] = [64 + 32, 64 + 40, 64 + 64].map(number);
    assert_eq!(data % 64, 0);
    assert!(size > 24);
    for entry in (table..table + size).step_by(24) {
        assert_eq!(number(entry + 8) % 64, 0);
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let bytes = plan(&mut Rng::new(5), true).to_bytes();
    for at in (0..bytes.len()).filter(|at| *at < 256 || at % 7 == 0) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(Plan::from_bytes(&changed).unwrap_err().kind(), Kind::FileFormat, "{at}");
    }
}

#[test]
fn what_is_accepted_with_a_right_digest_is_what_would_be_written() {
    let (mut accepted, mut refused) = (0, 0);
    for (number, plan) in plans().enumerate() {
        let (bytes, mut rng) = (plan.to_bytes(), Rng::new(number as u64));
        for _ in 0..200 {
            let mut changed = bytes.clone();
            for _ in 0..=rng.below(3) {
                let at = if rng.one_in(2) { rng.below(bytes.len()) } else { rng.below(bytes.len().min(2048)) };
                changed[at] = rng.below(256) as u8;
            }
            let changed = sealed(changed);
            match Plan::from_bytes(&changed) {
                Ok(plan) => {
                    assert!(plan.to_bytes() == changed || changed[8] == 1);
                    accepted += 1;
                }
                Err(error) => {
                    assert!([Kind::FileFormat, Kind::Plan, Kind::Capacity].contains(&error.kind()), "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} {refused}");
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let bytes = plan(&mut Rng::new(1), false).to_bytes();
    for size in [0, 7, 8, 63, 64, 191, 192, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(Plan::from_bytes(&bytes[..size]).unwrap_err().kind(), Kind::FileFormat, "{size}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Plan::from_bytes(&longer).unwrap_err().message().contains("trailing bytes"));
    let mut longer = sealed([&bytes[..], &[0; 64]].concat());
    longer[16..24].copy_from_slice(&(bytes.len() as u64 + 64).to_le_bytes());
    assert!(Plan::from_bytes(&sealed(longer)).unwrap_err().message().contains("expected"));
    let mut newer = bytes;
    newer[8] = 3;
    assert!(Plan::from_bytes(&sealed(newer)).unwrap_err().message().contains("version 3; expected 1 to 2"));
}

/// A table in every second value of a map of 8 x 8, as the versions of the format have it.
#[test]
fn tables_of_the_first_version_are_read_as_the_runs_of_the_second() {
    let spec = MapSpec { shape: Shape::new(1, 8, 8), kind: MapKind::Real, is_static: true, max_count: 0 };
    let small = MapSpec { shape: Shape::new(1, 4, 4), ..spec };
    let index = (0..16).map(|i| i / 4 * 16 + i % 4 * 2).collect();
    let op = |spec, body| Op { node: "a".into(), spec, body };
    let output = Output { source: 1, readout: Readout::MeanCurrent, unit: None };
    let ops = vec![
        op(spec, Body::Input(Coding::Constant)),
        op(small, Body::Gather(Gather { sources: vec![0], index })),
        op(small, Body::Output(output)),
    ];
    let plan = Plan::new(ops).unwrap();
    let bytes = plan.to_bytes();
    // Four runs of 12 bytes, where 16 values take 64.
    let mut old = bytes.clone();
    let at = old.len() - 48;
    old.truncate(at);
    old.extend((0..16_i32).flat_map(|i| (i / 4 * 16 + i % 4 * 2).to_le_bytes()));
    old[8] = 1;
    let table = u64::from_le_bytes(old[96..104].try_into().unwrap()) as usize;
    old[table] = 4;
    old[table + 16] = 16;
    let length = (old.len() as u64).to_le_bytes();
    old[16..24].copy_from_slice(&length);
    old[136..144].copy_from_slice(&64_u64.to_le_bytes());
    let old = sealed(old);
    assert_eq!(Plan::from_bytes(&old).unwrap().to_bytes(), bytes);
    let mut mixed = old;
    mixed[8] = 2;
    assert!(Plan::from_bytes(&sealed(mixed)).unwrap_err().message().contains("expected"));
    let mut mixed = bytes;
    mixed[8] = 1;
    assert!(Plan::from_bytes(&sealed(mixed)).unwrap_err().message().contains("expected"));
}
