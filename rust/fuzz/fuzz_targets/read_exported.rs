//! Any bytes as an exported network: no panic, no allocation beyond what they hold, and a status for all that is refused. Most
//! mutations are sealed again, the plan inside and the file around it, so that the fuzzer gets past both digests.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use pysnn_core::error::Kind;
use pysnn_core::exported::{Exported, other_version};
use pysnn_fuzz::seal_exported;

fuzz_target!(|data: &[u8]| {
    match Exported::from_bytes(data) {
        Ok(network) => {
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
