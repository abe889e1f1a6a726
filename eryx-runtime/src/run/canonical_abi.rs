//! Values in an instance's memory: the canonical ABI of the component model, as far as the world in
//! `wit/world.wit` needs it.
//!
//! Nothing that the guest says is believed: a place outside of memory, or a text that is no UTF-8,
//! ends the instance.

/// How the guest gives memory.
pub(crate) const REALLOC: &str = "cabi_realloc";

/// Bytes in memory.
pub(crate) fn bytes(memory: &[u8], place: u32, size: u32) -> wasmtime::Result<&[u8]> {
    let end = (place as usize).checked_add(size as usize);
    let bytes = end.and_then(|end| memory.get(place as usize..end));
    bytes.ok_or_else(outside)
}

/// Writes bytes to memory.
pub(crate) fn write(memory: &mut [u8], place: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let end = (place as usize).checked_add(bytes.len());
    let there = end.and_then(|end| memory.get_mut(place as usize..end));
    there.ok_or_else(outside)?.copy_from_slice(bytes);
    Ok(())
}

/// Writes two numbers to memory, one after the other.
pub(crate) fn write_pair(
    memory: &mut [u8],
    place: u32,
    one: u32,
    other: u32,
) -> wasmtime::Result<()> {
    write(memory, place, &one.to_le_bytes())?;
    write(memory, offset(place, 4)?, &other.to_le_bytes())
}

pub(crate) fn byte(memory: &[u8], place: u32) -> wasmtime::Result<u8> {
    Ok(bytes(memory, place, 1)?[0])
}

pub(crate) fn number(memory: &[u8], place: u32) -> wasmtime::Result<u32> {
    let bytes = bytes(memory, place, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

/// The text of some bytes.
pub(crate) fn text(memory: &[u8], place: u32, size: u32) -> wasmtime::Result<&str> {
    std::str::from_utf8(bytes(memory, place, size)?).map_err(|_| nonsense())
}

pub(crate) fn offset(place: u32, by: u32) -> wasmtime::Result<u32> {
    place.checked_add(by).ok_or_else(outside)
}

fn outside() -> wasmtime::Error {
    wasmtime::Error::msg("the guest passed an out-of-bounds pointer")
}

pub(crate) fn nonsense() -> wasmtime::Error {
    wasmtime::Error::msg("the guest returned a malformed value")
}
