//! Any bytes as an exported network: no panic, no allocation beyond what they hold, and a status for all that is refused. Most
//! mutations are sealed again, the plan inside and the file around it, so that the fuzzer gets past both digests.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use pysnn_core::error::Kind;
use pysnn_core::exported::{Network, other_version};
use pysnn_fuzz::seal_exported;

fuzz_target!(|data: &[u8]| {
    match Network::from_bytes(data) {
        Ok(Network::FirstSpike(network)) => {
            assert!(!other_version(data));
            // Values beyond 0 to 1 are refused, and nothing else.
            let _ = network.times(&network.golden.input, 0);
        }
        Ok(Network::Clocked(network)) => {
            assert!(!other_version(data));
            // Values that leave float32 are refused, and nothing else.
            let _ = network.golden.entering(&network.interface);
        }
        Err(error) => assert!(matches!(error.kind(), Kind::FileFormat | Kind::Plan | Kind::Capacity | Kind::Data)),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 8 != 0 {
        seal_exported(&mut data[..size], seed % 2 == 0);
    }
    size
});
