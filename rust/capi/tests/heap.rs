//! The functions of a session take nothing from the heap, but for a state's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::c_void;
use std::ptr::null_mut;

use pysnn::{
    pysnn_close, pysnn_end, pysnn_input_f32, pysnn_input_u8, pysnn_open_with, pysnn_reset, pysnn_save, pysnn_scores,
    pysnn_start, pysnn_step_events, pysnn_steps, pysnn_verify,
};
use pysnn_abi::{Allocator, Status};

/// What an allocator has been asked for, and how often it still gives something.
#[derive(Debug, Default)]
struct Asked {
    taken: usize,
    held: usize,
    left: Option<usize>,
}

unsafe extern "C" fn allocate(asked: *mut c_void, bytes: usize, alignment: usize) -> *mut c_void {
    // SAFETY: the context of the allocators below, and a layout that is not empty.
    unsafe {
        let asked = &mut *asked.cast::<Asked>();
        if asked.left.is_some_and(|left| asked.taken >= left) {
            return null_mut();
        }
        asked.taken += 1;
        asked.held += bytes;
        alloc(Layout::from_size_align(bytes, alignment).unwrap()).cast()
    }
}

unsafe extern "C" fn release(asked: *mut c_void, memory: *mut c_void, bytes: usize, alignment: usize) {
    // SAFETY: as above; the memory comes from there.
    unsafe {
        let asked = &mut *asked.cast::<Asked>();
        asked.held -= bytes;
        dealloc(memory.cast(), Layout::from_size_align(bytes, alignment).unwrap());
    }
}

fn allocator(asked: *mut Asked) -> Allocator {
    Allocator { context: asked.cast(), allocate: Some(allocate), release: Some(release) }
}

/// Allocations of a function that must succeed.
fn count(asked: *const Asked, function: impl FnOnce() -> Status) -> usize {
    // SAFETY: nothing else looks at it meanwhile.
    let taken = || unsafe { (*asked).taken };
    let before = taken();
    assert_eq!(function(), Status::Ok);
    taken() - before
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
    let asked = &raw mut *Box::leak(Box::new(Asked::default()));
    let count = |function: &mut dyn FnMut() -> Status| count(asked, function);
    // SAFETY: the pointers are those of values above, or what the functions have made.
    unsafe {
        let own = allocator(asked);
        let mut open = || pysnn_open_with(file.as_ptr(), file.len(), &raw const own, &raw mut model, null_mut());
        assert!(count(&mut open) > 10);
        for wanted in [0, 1] {
            if events && wanted == 0 {
                continue;
            }
            let mut start = || pysnn_start(model, wanted, null_mut(), 0, &raw mut session, null_mut());
            assert!(count(&mut start) > 0);
            for round in 0..3 {
                values.fill(100 * round);
                let mut steps = || {
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
                    assert_eq!(count(&mut steps), 0);
                }
                assert_eq!(count(&mut || pysnn_scores(session, scores.as_mut_ptr(), outputs, null_mut())), 0);
            }
            assert_eq!(count(&mut || pysnn_reset(session, null_mut())), 0);
            pysnn_end(session);
        }
        assert!(count(&mut || pysnn_verify(model, null_mut(), 0, null_mut())) > 0);
        pysnn_close(model);
        assert_eq!((*asked).held, 0);
        drop(Box::from_raw(asked));
    }
}

#[test]
fn steps_take_nothing_from_the_heap() {
    sessions(include_bytes!("../../../tests/golden/exported-constant.plan"), [32, 3], Entering::Values);
    sessions(include_bytes!("../../../tests/golden/exported-pixels.plan"), [32, 3], Entering::Pixels);
    sessions(include_bytes!("../../../tests/golden/exported-spikes.plan"), [6, 3], Entering::Events);
    sessions(include_bytes!("../../../tests/golden/exported-scaling.plan"), [3, 2], Entering::Values);
}

#[test]
fn an_allocator_that_has_nothing_left_is_a_status() {
    let file = include_bytes!("../../../tests/golden/exported-spikes.plan");
    let (mut model, mut session) = (null_mut(), null_mut());
    let mut asked = Asked::default();
    let asked = &raw mut asked;
    let own = allocator(asked);
    let place = &raw mut model;
    // SAFETY: the pointers are those of values above, or what the functions have made.
    unsafe {
        let open = || pysnn_open_with(file.as_ptr(), file.len(), &raw const own, place, null_mut());
        assert_eq!(open(), Status::Ok);
        pysnn_close(*place);
        let needed = (*asked).taken;
        for left in 0..needed {
            ((*asked).taken, (*asked).left) = (0, Some(left));
            assert_eq!(open(), Status::Memory, "{left}");
            assert_eq!((*asked).held, 0, "{left}");
        }
        ((*asked).taken, (*asked).left) = (0, None);
        assert_eq!(open(), Status::Ok);
        assert_eq!(pysnn_start(*place, 1, null_mut(), 0, &raw mut session, null_mut()), Status::Ok);
        let mut state = vec![0_u8; 56 + 4 * 1000];
        assert_eq!(pysnn_save(session, state.as_mut_ptr(), state.len(), null_mut()), Status::Ok);
        pysnn_end(session);
        (*asked).left = Some((*asked).taken);
        assert_eq!(pysnn_start(*place, 1, null_mut(), 0, &raw mut session, null_mut()), Status::Memory);
        assert!(session.is_null());
        pysnn_close(*place);
    }
}

#[test]
fn an_allocator_without_a_function_is_refused() {
    let file = include_bytes!("../../../tests/golden/exported-spikes.plan");
    let mut model = null_mut();
    let mut asked = Asked::default();
    let own = Allocator { release: None, ..allocator(&raw mut asked) };
    // SAFETY: the pointers are those of values above, or null.
    unsafe {
        let mut open = |own| pysnn_open_with(file.as_ptr(), file.len(), own, &raw mut model, null_mut());
        assert_eq!([open(&raw const own), open(std::ptr::null())], [Status::Argument; 2]);
    }
}
