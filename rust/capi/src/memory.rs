//! The heap: that of the system, or for a model that was opened with an allocator of the caller's, that one.
//!
//! While a function works for such a model, all that its thread takes comes from there; what is given back goes where it came from, whoever gives it
//! back, since behind each piece of memory is written whose it is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

use pysnn_abi::{Allocator, Status};

use crate::failure::{Failure, Outcome};

/// An allocator of the caller's, whose two functions are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given(Allocator);

// SAFETY: the header says that it may be used by all threads that use its model.
unsafe impl Send for Given {}
// SAFETY: as above.
unsafe impl Sync for Given {}

thread_local! {
    /// The allocator that this thread works with, and whether it had nothing left.
    static NOW: Cell<(Option<Given>, bool)> = const { Cell::new((None, false)) };
}

impl Given {
    pub(crate) fn new(allocator: &Allocator) -> Outcome<Self> {
        if allocator.allocate.is_none() || allocator.release.is_none() {
            return Err(Failure::argument("a function of the allocator is NULL"));
        }
        Ok(Self(*allocator))
    }
}

/// Goes back to the allocator before, also where a panic ends a body.
struct Back((Option<Given>, bool));

impl Drop for Back {
    fn drop(&mut self) {
        NOW.set(self.0);
    }
}

/// Run a body that takes its memory from an allocator, if there is one.
pub(crate) fn with<T>(allocator: Option<Given>, body: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let _back = Back(NOW.replace((allocator, false)));
    let outcome = body();
    // What it did not give came from the system, so that this could end in order.
    if NOW.get().1 { Err(Failure::new(Status::Memory, "the allocator has no memory left")) } else { outcome }
}

/// The process's allocator.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

/// A layout with room behind it for whose memory it is, and where that is.
fn marked(layout: Layout) -> Option<(Layout, usize)> {
    let (whole, at) = layout.extend(Layout::new::<Option<Given>>()).ok()?;
    Some((whole, at))
}

/// Where is written whose memory it is.
#[allow(clippy::cast_ptr_alignment, reason = "`Layout::extend` has aligned the place")]
fn mark(memory: *mut u8, at: usize) -> *mut Option<Given> {
    memory.wrapping_add(at).cast()
}

/// Take memory from the allocator of this thread, else from the system.
fn take(layout: Layout, system: impl FnOnce(Layout) -> *mut u8) -> *mut u8 {
    let Some((whole, at)) = marked(layout) else { return ptr::null_mut() };
    // What the caller's function takes itself comes from the system.
    let (now, failed) = NOW.replace((None, false));
    let mut owner = now;
    let mut memory: *mut u8 = match now {
        Some(Given(Allocator { context, allocate: Some(allocate), .. })) => {
            // SAFETY: the header says what the caller's function does.
            unsafe { allocate(context, whole.size(), whole.align()).cast() }
        }
        _ => ptr::null_mut(),
    };
    let nothing = memory.is_null();
    NOW.set((now, failed || (nothing && now.is_some())));
    if nothing {
        (owner, memory) = (None, system(whole));
    }
    if !memory.is_null() {
        // SAFETY: there is room for it at this place, which `Layout::extend` has aligned.
        unsafe { mark(memory, at).write(owner) };
    }
    memory
}

// SAFETY: memory comes from the system's allocator or from the caller's, as large and aligned as was asked for, and goes back there. Nothing here panics or
// takes memory itself: the cell has no destructor and is made when the program is compiled.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: a layout that was extended is not empty.
        take(layout, |whole| unsafe { System.alloc(whole) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let given = NOW.get().0.is_some();
        // SAFETY: as above.
        let memory = take(layout, |whole| unsafe { System.alloc_zeroed(whole) });
        if given && !memory.is_null() {
            // SAFETY: it is as large as that.
            unsafe { ptr::write_bytes(memory, 0, layout.size()) };
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let Some((whole, at)) = marked(layout) else { return };
        // SAFETY: `take` has written it there.
        let owner = unsafe { mark(memory, at).read() };
        match owner {
            Some(Given(Allocator { context, release: Some(release), .. })) => {
                // SAFETY: it came from there, with this size and alignment.
                unsafe { release(context, memory.cast(), whole.size(), whole.align()) };
            }
            // SAFETY: it came from there, with this layout.
            _ => unsafe { System.dealloc(memory, whole) },
        }
    }
}
