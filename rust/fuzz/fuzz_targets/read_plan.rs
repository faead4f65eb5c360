//! Any bytes as a plan: no panic, no allocation beyond what they hold, and nothing accepted that would not be written. Most
//! mutations are sealed again, so that the fuzzer gets past the digest.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use pysnn_core::plan::Plan;
use pysnn_fuzz::seal_plan;

fuzz_target!(|data: &[u8]| {
    if let Ok(plan) = Plan::from_bytes(data) {
        let bytes = plan.to_bytes();
        // Files of the first version are written as newer ones, which are read as the same plan.
        assert!(bytes == data || data[8] == 1, "accepted, but it is not what would be written");
        assert_eq!(Plan::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 8 != 0 {
        seal_plan(&mut data[..size], seed % 2 == 0);
    }
    size
});
