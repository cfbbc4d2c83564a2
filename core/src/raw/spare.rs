//! Memory of buffers that was given back, for the next mailbox that grows.
//!
//! A busy mailbox empties and fills again many times a second. It holds its larger buffers only while they are used, and
//! this little store keeps that from being an allocation each time. It is bounded, and one for the process.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError, TryLockError};

/// How many bytes are kept.
const BYTES: usize = 256 * 1024;
/// How many pieces are kept.
const PIECES: usize = 32;

static STORE: Mutex<Store> = Mutex::new(Store {
    bytes: 0,
    pieces: Vec::new(),
});

struct Store {
    bytes: usize,
    pieces: Vec<Piece>,
}

struct Piece {
    layout: Layout,
    memory: NonNull<u8>,
}

// SAFETY: a piece owns its memory.
unsafe impl Send for Piece {}

/// Uninitialized memory of this layout, which must not be of size 0.
pub(super) fn take(layout: Layout) -> NonNull<u8> {
    debug_assert_ne!(layout.size(), 0);
    // Whoever finds the store in use allocates: nobody waits for it.
    let kept = match STORE.try_lock() {
        Ok(mut store) => store.take(layout),
        Err(TryLockError::Poisoned(store)) => store.into_inner().take(layout),
        Err(TryLockError::WouldBlock) => None,
    };
    kept.unwrap_or_else(|| {
        // SAFETY: the layout is not of size 0.
        NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
    })
}

/// Gives memory back.
///
/// # Safety
/// It came from [`take`] with the same layout, and nobody uses it any more.
pub(super) unsafe fn put(memory: NonNull<u8>, layout: Layout) {
    let kept = STORE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .put(memory, layout);
    if !kept {
        // SAFETY: as the caller says, and the store has not kept it.
        unsafe { dealloc(memory.as_ptr(), layout) };
    }
}

impl Store {
    fn take(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let at = self
            .pieces
            .iter()
            .rposition(|piece| piece.layout == layout)?;
        self.bytes -= layout.size();
        Some(self.pieces.swap_remove(at).memory)
    }

    fn put(&mut self, memory: NonNull<u8>, layout: Layout) -> bool {
        let fits = self.pieces.len() < PIECES && self.bytes + layout.size() <= BYTES;
        if fits {
            self.bytes += layout.size();
            self.pieces.push(Piece { layout, memory });
        }
        fits
    }
}
