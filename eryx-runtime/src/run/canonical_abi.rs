//! The canonical ABI of the component model, as far as `wit/world.wit` needs it: reading and
//! writing values in an instance's linear memory.
//!
//! Pointers and lengths come from the untrusted guest. One that is out of bounds, or a string that
//! is not UTF-8, traps.

/// The guest's export that allocates memory for lowered values.
pub(crate) const REALLOC: &str = "cabi_realloc";

/// Returns bytes of the memory.
pub(crate) fn bytes(memory: &[u8], pointer: u32, length: u32) -> wasmtime::Result<&[u8]> {
    let end = (pointer as usize).checked_add(length as usize);
    let bytes = end.and_then(|end| memory.get(pointer as usize..end));
    bytes.ok_or_else(out_of_bounds)
}

/// Writes bytes to the memory.
pub(crate) fn write(memory: &mut [u8], pointer: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let end = (pointer as usize).checked_add(bytes.len());
    let target = end.and_then(|end| memory.get_mut(pointer as usize..end));
    target.ok_or_else(out_of_bounds)?.copy_from_slice(bytes);
    Ok(())
}

/// Writes the pointer and the length of a list or string.
pub(crate) fn write_list(
    memory: &mut [u8],
    at: u32,
    (pointer, length): (u32, u32),
) -> wasmtime::Result<()> {
    write(memory, at, &pointer.to_le_bytes())?;
    write(memory, offset(at, 4)?, &length.to_le_bytes())
}

/// Reads a byte: a `bool`, or the discriminant of a variant.
pub(crate) fn read_u8(memory: &[u8], pointer: u32) -> wasmtime::Result<u8> {
    Ok(bytes(memory, pointer, 1)?[0])
}

/// Reads a little-endian `u32`.
pub(crate) fn read_u32(memory: &[u8], pointer: u32) -> wasmtime::Result<u32> {
    let bytes = bytes(memory, pointer, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

/// Reads a little-endian `u64`.
pub(crate) fn read_u64(memory: &[u8], pointer: u32) -> wasmtime::Result<u64> {
    let bytes = bytes(memory, pointer, 8)?;
    Ok(u64::from_le_bytes(bytes.try_into()?))
}

/// Lifts a string.
pub(crate) fn string(memory: &[u8], pointer: u32, length: u32) -> wasmtime::Result<&str> {
    std::str::from_utf8(bytes(memory, pointer, length)?).map_err(|_| malformed())
}

/// Adds an offset to a pointer.
pub(crate) fn offset(pointer: u32, by: u32) -> wasmtime::Result<u32> {
    pointer.checked_add(by).ok_or_else(out_of_bounds)
}

fn out_of_bounds() -> wasmtime::Error {
    wasmtime::Error::msg("the guest passed an out-of-bounds pointer")
}

pub(crate) fn malformed() -> wasmtime::Error {
    wasmtime::Error::msg("the guest returned a malformed value")
}
