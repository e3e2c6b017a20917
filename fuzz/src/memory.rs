//! How much memory a piece of work has at once.

#![allow(unsafe_code, reason = "an allocator is an unsafe trait; each function hands on what it was given")]
#![allow(clippy::cast_possible_wrap, reason = "no allocation is larger than an isize")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted. It is beneath the sanitizer's checks and not beside them.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

// Of this thread and not of the process, because a test beside must not fail one. What another thread gives back counts
// on here, which a difference does not see. Nothing is made or dropped with these, so an allocator may use them.
thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn add(bytes: usize) {
    let now = NOW.get() + bytes as isize;
    NOW.set(now);
    PEAK.set(PEAK.get().max(now));
}

fn subtract(bytes: usize) {
    NOW.set(NOW.get() - bytes as isize);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Does the work; returns its result and the most bytes that it had at once, beyond those that
/// were there before.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    (result, (PEAK.get() - before).unsigned_abs())
}
