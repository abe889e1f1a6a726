//! The canonical ABI, as far as libc's imports need it: arguments come as numbers and addresses,
//! and what does not fit into one number goes where the caller says.
//!
//! [`Lower`] is how a value is laid out there. The layouts follow the rules of the component
//! model's "Canonical ABI": a record's fields at their alignments, a variant's payload after its
//! discriminant at the alignment of the widest case. Lists and strings are handed over in blocks
//! of libc's own allocator, and libc frees them.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "`Lower::lower` is called with an aligned address"
)]

use std::ffi::c_void;

unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// A value that can be handed to libc in memory.
pub(crate) trait Lower {
    /// How many bytes it takes.
    const SIZE: usize;
    /// What its address is a multiple of.
    const ALIGN: usize;

    /// Writes it.
    ///
    /// # Safety
    ///
    /// `SIZE` bytes can be written at `to`, which has the alignment.
    unsafe fn lower(self, to: *mut u8);
}

/// The place that libc gave for a result.
#[repr(transparent)]
pub(crate) struct Return(*mut u8);

impl Return {
    /// Hands over the result.
    pub(crate) fn write<T: Lower>(self, value: T) {
        // SAFETY: libc made room for a value of just this type: the type is in the function's
        // declaration in `system`, as it is in WASI's.
        unsafe { value.lower(self.0) }
    }
}

/// The bytes that libc passes by address and length.
///
/// # Safety
///
/// They must be there, and nobody may change them during the call.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// The `index`th handle of a list that libc passes by address.
///
/// # Safety
///
/// The list must have that many.
pub(crate) unsafe fn handle(list: *const u32, index: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { list.add(index).read_unaligned() }
}

/// Whether so many bytes can be had, and some more, so that Python can still say what went wrong.
/// Asked before anything here grows, for most of what grows would end the instance otherwise.
pub(crate) fn has_room(size: usize) -> bool {
    const SPARE: usize = 1 << 20;
    let Some(size) = size.checked_add(SPARE) else {
        return false;
    };
    // SAFETY: a block that nobody uses is allocated and freed. The compiler must not know that.
    unsafe {
        let block = std::hint::black_box(malloc(size));
        free(block);
        !block.is_null()
    }
}

/// A list of bytes, or a string, to be handed to libc.
pub(crate) struct Bytes {
    pointer: *mut u8,
    length: usize,
}

impl Bytes {
    pub(crate) const EMPTY: Self = Self {
        pointer: std::ptr::dangling_mut(),
        length: 0,
    };

    /// So many bytes, which `fill` is to write; they are 0 before. Nothing if there is no memory.
    pub(crate) fn make(length: usize, fill: impl FnOnce(&mut [u8])) -> Option<Self> {
        if length == 0 {
            return Some(Self::EMPTY);
        }
        // SAFETY: what `calloc` gives is null, or a block of `length` bytes that are 0.
        let pointer: *mut u8 = unsafe { calloc(length, 1) }.cast();
        if pointer.is_null() {
            return None;
        }
        // SAFETY: as above, and nobody else knows the block yet.
        fill(unsafe { std::slice::from_raw_parts_mut(pointer, length) });
        Some(Self { pointer, length })
    }

    /// A copy of some bytes.
    pub(crate) fn copy(bytes: &[u8]) -> Option<Self> {
        Self::make(bytes.len(), |copy| copy.copy_from_slice(bytes))
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// A list of any values. Without memory for it, libc is handed an empty one.
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: Lower> Lower for List<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    unsafe fn lower(self, to: *mut u8) {
        let mut list = Bytes::EMPTY;
        if let Some(size) = self.0.len().checked_mul(T::SIZE)
            && let Some(block) = Bytes::make(size, |_| {})
            && !block.is_empty()
        {
            list.pointer = block.pointer;
            list.length = self.0.len();
            for (index, value) in self.0.into_iter().enumerate() {
                // SAFETY: the block has room for all of them, aligned for any.
                unsafe { value.lower(list.pointer.add(index * T::SIZE)) }
            }
        }
        // SAFETY: the caller's promise.
        unsafe { list.lower(to) }
    }
}

impl Lower for Bytes {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    unsafe fn lower(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            to.cast::<*mut u8>().write(self.pointer);
            to.add(4).cast::<usize>().write(self.length);
        }
    }
}

macro_rules! lower_number {
    ($($number:ident)+) => { $(
        impl Lower for $number {
            const SIZE: usize = size_of::<Self>();
            const ALIGN: usize = size_of::<Self>();

            unsafe fn lower(self, to: *mut u8) {
                // SAFETY: the caller's promise.
                unsafe { to.cast::<Self>().write(self) }
            }
        }
    )+ };
}

lower_number! { bool u8 u16 u32 u64 }

impl Lower for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;

    unsafe fn lower(self, _to: *mut u8) {}
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: usize = <Result<(), T> as Lower>::SIZE;
    const ALIGN: usize = T::ALIGN;

    unsafe fn lower(self, to: *mut u8) {
        // An option is laid out like a result: nothing is case 0, something is case 1.
        // SAFETY: the caller's promise.
        unsafe { self.map_or(Ok(()), Err).lower(to) }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: usize = aligned(
        aligned(1, Self::ALIGN) + greater(T::SIZE, E::SIZE),
        Self::ALIGN,
    );
    const ALIGN: usize = greater(T::ALIGN, E::ALIGN);

    unsafe fn lower(self, to: *mut u8) {
        // SAFETY: the caller's promise, and the layout that `SIZE` describes.
        unsafe {
            to.write(u8::from(self.is_err()));
            let payload = to.add(aligned(1, Self::ALIGN));
            match self {
                Ok(value) => value.lower(payload),
                Err(error) => error.lower(payload),
            }
        }
    }
}

macro_rules! lower_record {
    ($($field:ident)+) => {
        impl<$($field: Lower),+> Lower for ($($field,)+) {
            const SIZE: usize = {
                let mut size = 0;
                $( size = aligned(size, $field::ALIGN) + $field::SIZE; )+
                aligned(size, Self::ALIGN)
            };
            const ALIGN: usize = {
                let mut align = 1;
                $( align = greater(align, $field::ALIGN); )+
                align
            };

            #[expect(non_snake_case, reason = "a field's name is its type's")]
            unsafe fn lower(self, to: *mut u8) {
                let ($($field,)+) = self;
                let mut end = 0;
                $(
                    let start = aligned(end, $field::ALIGN);
                    end = start + $field::SIZE;
                    // SAFETY: the caller's promise, and the layout that `SIZE` describes.
                    unsafe { $field.lower(to.add(start)) }
                )+
                debug_assert!(end <= Self::SIZE);
            }
        }
    };
}

lower_record! { A B }
lower_record! { A B C }
lower_record! { A B C D }
lower_record! { A B C D E }
lower_record! { A B C D E F }

const fn aligned(size: usize, align: usize) -> usize {
    size.next_multiple_of(align)
}

const fn greater(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// Defines functions that libc calls, in the form of their WASI declarations.
///
/// `&[u8]` stands for a string or a list of bytes. A result after `->` is handed back as a number,
/// one after `=>` is [lowered](Lower) to where libc wants it.
macro_rules! answers {
    ($( $(#[$attribute:meta])* fn $function:ident($($parameters:tt)*)
        $(-> $number:ty)? $(=> $lowered:ty)? $body:block )*) => {
        $( $crate::system::abi::answer! {
            [$function] [] [] [$($parameters)*] $(-> $number,)? $(=> $lowered,)? $body
        } )*
    };
}

/// One function of [`answers`]: its name, its parameters on the wire, the statements that make
/// arguments of them, and the parameters that are yet to come.
macro_rules! answer {
    ($function:tt [$($wire:tt)*] [$($lift:tt)*]
        [$parameter:ident: &[u8] $(, $($rest:tt)*)?] $($tail:tt)*) => {
        $crate::system::abi::answer! {
            $function
            [$($wire)* pointer: *const u8, length: usize,]
            [$($lift)*
                // SAFETY: libc passes bytes that stay as they are until the call returns.
                let $parameter = unsafe { $crate::system::abi::bytes(pointer, length) };
            ]
            [$($($rest)*)?] $($tail)*
        }
    };
    ($function:tt [$($wire:tt)*] $lift:tt
        [$parameter:ident: $type:ty $(, $($rest:tt)*)?] $($tail:tt)*) => {
        $crate::system::abi::answer! {
            $function [$($wire)* $parameter: $type,] $lift [$($($rest)*)?] $($tail)*
        }
    };
    ([$function:ident] [$($wire:tt)*] [$($lift:tt)*] [] => $lowered:ty, $body:block) => {
        #[unsafe(no_mangle)]
        extern "C" fn $function($($wire)* result: $crate::system::abi::Return) {
            $($lift)*
            let answer = || -> $lowered { $body };
            result.write(answer());
        }
    };
    ([$function:ident] [$($wire:tt)*] [$($lift:tt)*] [] $(-> $number:ty,)? $body:block) => {
        #[unsafe(no_mangle)]
        extern "C" fn $function($($wire)*) $(-> $number)? {
            $($lift)*
            $body
        }
    };
}

pub(crate) use {answer, answers};
