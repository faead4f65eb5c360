//! The functions of a session take nothing from the heap, but for a state's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../core/tests/support/allocations.rs"]
mod allocations;

use std::ptr::null_mut;

use pysnn::{
    pysnn_close, pysnn_end, pysnn_input_f32, pysnn_input_u8, pysnn_open, pysnn_reset, pysnn_scores, pysnn_start,
    pysnn_step_events, pysnn_steps,
};
use pysnn_abi::Status;

/// Allocations of a function that must succeed.
fn count(function: impl FnOnce() -> Status) -> usize {
    let (status, found) = allocations::counted(function);
    assert_eq!(status, Status::Ok);
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Entering {
    Values,
    Pixels,
    Events,
}

/// A file, the values that enter and the scores that come out.
fn sessions(file: &[u8], [inputs, outputs]: [usize; 2], entering: Entering) {
    let events = entering == Entering::Events;
    let (mut model, mut session) = (null_mut(), null_mut());
    let (mut values, mut scores) = (vec![200_u8; inputs], vec![0.0_f32; outputs]);
    let reals = vec![0.5_f32; inputs];
    let all: Vec<u32> = (0..inputs as u32).collect();
    // SAFETY: the pointers are those of values above, or what the functions have made.
    unsafe {
        let open = || pysnn_open(file.as_ptr(), file.len(), null_mut(), 0, &raw mut model, null_mut());
        assert!(count(open) > 0);
        for wanted in [0, 1] {
            if events && wanted == 0 {
                continue;
            }
            let start = || pysnn_start(model, wanted, null_mut(), 0, &raw mut session, null_mut());
            assert!(count(start) > 0);
            for round in 0..3 {
                values.fill(100 * round);
                let steps = || {
                    if events {
                        return pysnn_step_events(session, all.as_ptr(), all.len() * usize::from(round), null_mut());
                    }
                    if entering == Entering::Values {
                        assert_eq!(pysnn_input_f32(session, reals.as_ptr(), inputs, null_mut()), Status::Ok);
                    }
                    assert_eq!(pysnn_input_u8(session, values.as_ptr(), inputs, null_mut()), Status::Ok);
                    pysnn_steps(session, 1 + 20 * u32::from(round), null_mut())
                };
                if !(events && round > 1) {
                    assert_eq!(count(steps), 0);
                }
                assert_eq!(count(|| pysnn_scores(session, scores.as_mut_ptr(), outputs, null_mut())), 0);
            }
            assert_eq!(count(|| pysnn_reset(session, null_mut())), 0);
            pysnn_end(session);
        }
        pysnn_close(model);
    }
}

#[test]
fn steps_take_nothing_from_the_heap() {
    sessions(include_bytes!("../../../tests/golden/exported-constant.plan"), [32, 3], Entering::Values);
    sessions(include_bytes!("../../../tests/golden/exported-pixels.plan"), [32, 3], Entering::Pixels);
    sessions(include_bytes!("../../../tests/golden/exported-spikes.plan"), [6, 3], Entering::Events);
    sessions(include_bytes!("../../../tests/golden/exported-scaling.plan"), [3, 2], Entering::Values);
}
