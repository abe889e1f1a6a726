//! The canonical ABI, as far as libc's imports need it. Arguments arrive as numbers and addresses.
//! A result that does not fit into one number is written to an address that the caller passes.
//!
//! [`Lower`] defines the layout of such a result. It follows the component model's "Canonical ABI":
//! a record's fields lie at their alignments, a variant's payload follows its discriminant at the
//! alignment of the widest case. Lists and strings are passed in blocks of libc's own allocator,
//! and libc frees them.
#![expect(
    clippy::cast_ptr_alignment,
    reason = "`Lower::lower` is called with an aligned address"
)]

use std::ffi::c_void;

unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
}

/// A value that can be passed to libc in memory.
pub(crate) trait Lower {
    /// Its size in bytes.
    const SIZE: usize;
    /// Its alignment in bytes.
    const ALIGN: usize;

    /// Writes the value to an address.
    ///
    /// # Safety
    ///
    /// `SIZE` bytes can be written at `to`, which is aligned to `ALIGN`.
    unsafe fn lower(self, to: *mut u8);
}

/// The address at which libc expects a result.
#[repr(transparent)]
pub(crate) struct Return(*mut u8);

impl Return {
    /// Writes the result there.
    pub(crate) fn write<T: Lower>(self, value: T) {
        // SAFETY: libc reserved room for exactly this type: the declarations in `wasi` have the
        // result types of WASI's own.
        unsafe { value.lower(self.0) }
    }
}

/// Returns the bytes that libc passes by address and length.
///
/// # Safety
///
/// `length` bytes at `pointer` must be readable, and must not change during the call.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// Returns the `index`th handle of a list that libc passes by address.
///
/// # Safety
///
/// The list must have more than `index` handles.
pub(crate) unsafe fn handle(list: *const u32, index: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { list.add(index).read_unaligned() }
}

/// A list of bytes, or a string, that is passed to libc.
pub(crate) struct Bytes {
    pointer: *mut u8,
    length: usize,
}

impl Bytes {
    pub(crate) const EMPTY: Self = Self {
        pointer: std::ptr::dangling_mut(),
        length: 0,
    };

    /// Allocates `length` zero bytes and lets `fill` write them. Returns `None` without memory.
    pub(crate) fn make(length: usize, fill: impl FnOnce(&mut [u8])) -> Option<Self> {
        if length == 0 {
            return Some(Self::EMPTY);
        }
        // SAFETY: `calloc` returns null or a block of `length` zero bytes.
        let pointer: *mut u8 = unsafe { calloc(length, 1) }.cast();
        if pointer.is_null() {
            return None;
        }
        // SAFETY: the block has `length` bytes, and nothing else refers to it yet.
        fill(unsafe { std::slice::from_raw_parts_mut(pointer, length) });
        Some(Self { pointer, length })
    }

    /// Copies bytes.
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

/// A list of any values. Without memory for it, libc gets an empty one.
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
                // SAFETY: the block has room for all values, aligned for any type.
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
        // An option has the layout of a result: `none` is case 0, `some` is case 1.
        // SAFETY: the caller's promise.
        unsafe { self.map_or(Ok(()), Err).lower(to) }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: usize = aligned(aligned(1, Self::ALIGN) + max(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: usize = max(T::ALIGN, E::ALIGN);

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
                $( align = max(align, $field::ALIGN); )+
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

const fn max(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// Defines functions that libc calls, in the form of their WASI declarations.
///
/// `&[u8]` stands for a string or a list of bytes. A result after `->` is returned as a number; a
/// result after `=>` is [lowered](Lower) to the address that libc passes.
macro_rules! wasi_functions {
    ($( $(#[$attribute:meta])* fn $function:ident($($parameters:tt)*)
        $(-> $number:ty)? $(=> $lowered:ty)? $body:block )*) => {
        $( $crate::system::abi::wasi_function! {
            [$function] [] [] [$($parameters)*] $(-> $number,)? $(=> $lowered,)? $body
        } )*
    };
}

/// Defines one function of [`wasi_functions`]. Its arguments are the name, the parameters of the
/// core function so far, the statements that lift them, and the parameters that are still to
/// process.
macro_rules! wasi_function {
    ($function:tt [$($core:tt)*] [$($lift:tt)*]
        [$parameter:ident: &[u8] $(, $($rest:tt)*)?] $($tail:tt)*) => {
        $crate::system::abi::wasi_function! {
            $function
            [$($core)* pointer: *const u8, length: usize,]
            [$($lift)*
                // SAFETY: libc passes readable bytes that do not change until the call returns.
                let $parameter = unsafe { $crate::system::abi::bytes(pointer, length) };
            ]
            [$($($rest)*)?] $($tail)*
        }
    };
    ($function:tt [$($core:tt)*] $lift:tt
        [$parameter:ident: $type:ty $(, $($rest:tt)*)?] $($tail:tt)*) => {
        $crate::system::abi::wasi_function! {
            $function [$($core)* $parameter: $type,] $lift [$($($rest)*)?] $($tail)*
        }
    };
    ([$function:ident] [$($core:tt)*] [$($lift:tt)*] [] => $lowered:ty, $body:block) => {
        #[unsafe(no_mangle)]
        extern "C" fn $function($($core)* result: $crate::system::abi::Return) {
            $($lift)*
            let call = || -> $lowered { $body };
            result.write(call());
        }
    };
    ([$function:ident] [$($core:tt)*] [$($lift:tt)*] [] $(-> $number:ty,)? $body:block) => {
        #[unsafe(no_mangle)]
        extern "C" fn $function($($core)*) $(-> $number)? {
            $($lift)*
            $body
        }
    };
}

pub(crate) use {wasi_function, wasi_functions};
