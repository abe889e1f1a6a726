//! A mutator that keeps WebAssembly modules well-formed. Random changes of bytes would rarely get past
//! the first length field.

use std::panic::catch_unwind;

use libfuzzer_sys::fuzzer_mutate;
use wasm_mutate::WasmMutate;

/// The header of every module.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// The id of the code section.
const CODE: u8 = 10;

/// A section of a module: its id and its contents.
type Section = (u8, Vec<u8>);

/// Mutates one of the libraries at the start of `bytes`, and returns the new size of all of them.
pub(crate) fn libraries(bytes: &mut [u8], size: usize, limit: usize, seed: u32) -> usize {
    let given = bytes.get(..size).unwrap_or_default();
    match changed(given, limit, seed) {
        Some(new) if new.len() <= limit.min(bytes.len()) => {
            bytes[..new.len()].copy_from_slice(&new);
            new.len()
        }
        _ => fuzzer_mutate(bytes, size, limit),
    }
}

fn changed(bytes: &[u8], limit: usize, seed: u32) -> Option<Vec<u8>> {
    let mut chance = Chance(seed);
    let mut libraries = split(bytes);
    let which = chance.below(libraries.len());
    let library = libraries.get(which)?.to_vec();
    let kind = chance.below(16);
    if kind == 0 {
        return None;
    }
    if kind == 1 {
        // Duplicate or remove a library.
        let place = chance.below(libraries.len() + 1);
        if libraries.len() < 3 && chance.below(2) == 0 {
            libraries.insert(place, library);
        } else {
            libraries.remove(which);
        }
        return Some(libraries.concat());
    }
    let library = match kind {
        2..=5 => rewritten(&library, seed)?,
        _ => {
            let mut sections = sections(&library)?;
            change(&mut sections, limit, &mut chance)?;
            joined(&sections)
        }
    };
    libraries[which] = library;
    Some(libraries.concat())
}

/// Changes, removes or duplicates a section.
fn change(sections: &mut Vec<Section>, limit: usize, chance: &mut Chance) -> Option<()> {
    if sections.is_empty() {
        return None;
    }
    let which = chance.below(sections.len());
    match chance.below(16) {
        0 => drop(sections.remove(which)),
        1 => sections.insert(which, sections.get(which)?.clone()),
        2 => {
            let other = chance.below(sections.len());
            sections.swap(which, other);
        }
        _ => {
            let (id, content) = sections.get_mut(which)?;
            if *id == CODE {
                let mut bodies = items(content)?;
                let body = chance.below(bodies.len());
                bytes(bodies.get_mut(body)?, limit);
                *content = counted(&bodies);
            } else {
                bytes(content, limit);
            }
        }
    }
    Some(())
}

/// Returns the module with a change that leaves it valid.
fn rewritten(library: &[u8], seed: u32) -> Option<Vec<u8>> {
    wasmparser::validate(library).ok()?;
    let rewrite = || {
        let mut mutate = WasmMutate::default();
        mutate.seed(seed.into()).fuel(300);
        let mut rewritten = mutate.run(library).ok()?;
        rewritten.next()?.ok()
    };
    // wasm-mutate panics on some modules, which is not a finding in eryx.
    catch_unwind(rewrite).ok().flatten()
}

/// Mutates bytes with libFuzzer's own mutator.
fn bytes(content: &mut Vec<u8>, limit: usize) {
    let size = content.len();
    let room = (size + 32).min(limit.max(size));
    content.resize(room, 0);
    let size = fuzzer_mutate(content, size, room);
    content.truncate(size);
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut libraries = Vec::new();
    let mut rest = bytes;
    for begin in (1..bytes.len()).rev() {
        if rest[begin..].starts_with(MODULE) {
            libraries.push(rest[begin..].to_vec());
            rest = &rest[..begin];
        }
    }
    libraries.push(rest.to_vec());
    libraries.reverse();
    libraries
}

fn sections(library: &[u8]) -> Option<Vec<Section>> {
    let mut rest = library.strip_prefix(MODULE)?;
    let mut sections = Vec::new();
    while let Some((id, after)) = rest.split_first() {
        rest = after;
        let length = number(&mut rest)?;
        let (content, after) = rest.split_at_checked(length)?;
        sections.push((*id, content.to_vec()));
        rest = after;
    }
    Some(sections)
}

fn joined(sections: &[Section]) -> Vec<u8> {
    let mut library = MODULE.to_vec();
    for (id, content) in sections {
        library.push(*id);
        put(&mut library, content);
    }
    library
}

/// Splits a list whose items each begin with their size.
fn items(content: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = content;
    let count = number(&mut rest)?;
    let mut items = Vec::new();
    for _ in 0..count {
        let length = number(&mut rest)?;
        let (item, after) = rest.split_at_checked(length)?;
        items.push(item.to_vec());
        rest = after;
    }
    Some(items)
}

fn counted(items: &[Vec<u8>]) -> Vec<u8> {
    let mut content = Vec::new();
    put_number(&mut content, items.len());
    for item in items {
        put(&mut content, item);
    }
    content
}

fn put(to: &mut Vec<u8>, content: &[u8]) {
    put_number(to, content.len());
    to.extend_from_slice(content);
}

/// Reads an unsigned LEB128 number.
fn number(from: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn put_number(to: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
    }
}

/// A random number generator with libFuzzer's seed.
struct Chance(u32);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // The linear congruential generator of Numerical Recipes. Only its upper bits are random enough.
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit.max(1)
    }
}
