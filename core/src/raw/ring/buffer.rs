//! The memory of a ring: a head, and slots behind it in one allocation.
//!
//! Who may touch a slot, and when a buffer may be freed, is said in [the ring](super).

use std::alloc::Layout;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use crate::raw::spare;
use crate::sync::{AtomicU64, Ordering, SPINS, UnsafeCell, spin_loop};

/// In place of `index + 1`: the sender failed to make its message.
pub(super) const VOID: u64 = 1 << (u64::BITS - 1);

/// The head of a buffer; its slots follow in memory.
#[repr(C)]
pub(super) struct Buffer<T> {
    /// The first index that lies here.
    pub(super) start: u64,
    pub(super) mask: u64,
    /// The older one, while it lives.
    pub(super) prev: *mut Self,
    slots: [Slot<T>; 0],
}

pub(super) struct Slot<T> {
    /// `index + 1` of the message that lies here, 0 at first.
    pub(super) ready: AtomicU64,
    pub(super) value: UnsafeCell<MaybeUninit<T>>,
}

/// Looks again for a while: who claimed the place is about to fill it.
#[cold]
pub(super) fn spin_for<T>(slot: &Slot<T>, expected: u64) -> u64 {
    for _ in 0..SPINS {
        spin_loop();
        let ready = slot.ready.load(Ordering::Acquire);
        if ready & !VOID == expected {
            return ready;
        }
    }
    0
}

impl<T> Buffer<T> {
    fn layout(size: u64) -> Layout {
        let slots = usize::try_from(size).map(Layout::array::<Slot<T>>);
        match slots.map(|slots| slots.and_then(|slots| Layout::new::<Self>().extend(slots))) {
            Ok(Ok((layout, _))) => layout.pad_to_align(),
            _ => panic!("a mailbox of {size} messages is larger than the memory of any machine"),
        }
    }

    pub(super) fn allocate(start: u64, size: u64, prev: *mut Self) -> *mut Self {
        let layout = Self::layout(size);
        // A head and at least one slot: not of size 0.
        let buffer = spare::take(layout).cast::<Self>().as_ptr();
        // SAFETY: the memory is ours, and large and aligned enough for the head and `size` slots.
        unsafe {
            buffer.write(Self {
                start,
                mask: size - 1,
                prev,
                slots: [],
            });
            for number in 0..size {
                Self::place(buffer, number).write(Slot {
                    ready: AtomicU64::new(0),
                    value: UnsafeCell::new(MaybeUninit::uninit()),
                });
            }
        }
        buffer
    }

    /// Where slot `number` lies.
    ///
    /// # Safety
    /// The buffer is alive and has more than `number` slots.
    #[inline]
    unsafe fn place(buffer: *mut Self, number: u64) -> *mut Slot<T> {
        // SAFETY: the slots follow the head in one allocation, at the place of the field that stands for them.
        unsafe {
            (&raw mut (*buffer).slots)
                .cast::<Slot<T>>()
                .add(number as usize)
        }
    }

    /// The slot of an index.
    ///
    /// # Safety
    /// The buffer is alive for as long as the slot is used.
    #[inline]
    pub(super) unsafe fn slot<'a>(buffer: *mut Self, index: u64) -> &'a Slot<T> {
        // SAFETY: the mask keeps it within; every slot was written when it was allocated.
        unsafe { &*Self::place(buffer, index & (*buffer).mask) }
    }

    /// Frees it; values in it are not dropped.
    ///
    /// # Safety
    /// It came from [`allocate`](Self::allocate), and nobody uses it any more.
    pub(super) unsafe fn free(buffer: NonNull<Self>) {
        let buffer = buffer.as_ptr();
        // SAFETY: as the caller says.
        unsafe {
            let size = (*buffer).mask + 1;
            for number in 0..size {
                ptr::drop_in_place(Self::place(buffer, number));
            }
            spare::put(NonNull::new_unchecked(buffer).cast(), Self::layout(size));
        }
    }
}
