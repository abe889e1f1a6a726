//! Values that go in and out: the canonical ABI of the component model, as far as the world in
//! `wit/world.wit` needs it.
//!
//! Arguments are put into memory that the guest gives (`cabi_realloc`), and are the guest's from then
//! on; results are read from where the guest says, and given back (`cabi_post_…`). Nothing that the
//! guest says is believed: a place outside of memory, a text that is no UTF-8, or more than
//! [`TEXT_LIMIT`] ends the instance.

use wasmtime::{Memory, ModuleExport, Store, TypedFunc, WasmParams, WasmResults};

use crate::compile::Code;
use crate::host::Host;
use crate::linked::{Instances, export};
use crate::program::{Exception, Outcome, Program};
use crate::tree::Tree;

/// How the guest gives memory.
pub(crate) const REALLOC: &str = "cabi_realloc";

/// The longest text that is taken from a program, in bytes.
const TEXT_LIMIT: u32 = 16 << 20;

/// The exports of the base's module that are called.
#[derive(Clone)]
pub(crate) struct Exports {
    realloc: ModuleExport,
    load: Export,
    boot: Export,
    execute: Export,
}

/// A function, and the one that takes back its result.
#[derive(Clone)]
struct Export {
    call: ModuleExport,
    done: ModuleExport,
}

impl Exports {
    pub(crate) fn find(base: &Code) -> wasmtime::Result<Self> {
        let function = |name: &str| -> wasmtime::Result<Export> {
            Ok(Export {
                call: export(base, name)?,
                done: export(base, &format!("cabi_post_{name}"))?,
            })
        };
        Ok(Self {
            realloc: export(base, REALLOC)?,
            load: function("eryx:sandbox/files@0.1.0#load")?,
            boot: function("eryx:sandbox/python@0.1.0#boot")?,
            execute: function("eryx:sandbox/python@0.1.0#execute")?,
        })
    }
}

/// An instance that is called.
pub(crate) struct Guest<'s> {
    pub(crate) store: &'s mut Store<Host>,
    pub(crate) instances: &'s Instances,
    pub(crate) exports: &'s Exports,
}

impl Guest<'_> {
    /// `load: func(folder: string, tree: list<file>, contents: list<u8>) -> result<_, string>`
    pub(crate) async fn load(&mut self, tree: &Tree) -> wasmtime::Result<Result<(), String>> {
        let folder = self.give(tree.folder.as_bytes()).await?;
        let mut files = Vec::with_capacity(tree.files.len() * 12);
        for file in &tree.files {
            let (place, size) = self.give(file.path.as_bytes()).await?;
            for number in [place, size, file.size] {
                files.extend(number.to_le_bytes());
            }
        }
        let place = self.give_aligned(&files, 4).await?;
        let contents = self.give(&tree.contents).await?;
        let files = (place, u32::try_from(tree.files.len())?);
        let arguments = (folder.0, folder.1, files.0, files.1, contents.0, contents.1);
        let load = self.exports.load.clone();
        let answer = self.call(&load.call, arguments).await?;
        let result = self.unit_or_text(answer)?;
        self.done(&load, answer).await?;
        Ok(result)
    }

    /// `boot: func(preimports: list<string>) -> result<_, string>`
    pub(crate) async fn boot(
        &mut self,
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        let preimports = self.give_texts(preimports).await?;
        let boot = self.exports.boot.clone();
        let answer = self.call(&boot.call, preimports).await?;
        let result = self.unit_or_text(answer)?;
        self.done(&boot, answer).await?;
        Ok(result)
    }

    /// `execute: func(program: program) -> result<_, failure>`
    pub(crate) async fn execute(&mut self, program: &Program) -> wasmtime::Result<Outcome> {
        let source = self.give(program.source.as_bytes()).await?;
        let name = self.give(program.name.as_bytes()).await?;
        let arguments = self.give_texts(&program.arguments).await?;
        let arguments = (source.0, source.1, name.0, name.1, arguments.0, arguments.1);
        let execute = self.exports.execute.clone();
        let answer = self.call(&execute.call, arguments).await?;
        let memory = self.memory();
        let outcome = match (byte(memory, answer)?, byte(memory, offset(answer, 4)?)?) {
            (0, _) => Outcome::Done,
            (1, 0) => Outcome::Exited(number(memory, offset(answer, 8)?)?.cast_signed()),
            (1, 1) => Outcome::Raised(Exception {
                type_name: text(memory, offset(answer, 8)?)?,
                message: text(memory, offset(answer, 16)?)?,
                traceback: text(memory, offset(answer, 24)?)?,
            }),
            _ => return Err(nonsense()),
        };
        self.done(&execute, answer).await?;
        Ok(outcome)
    }

    fn memory(&self) -> &[u8] {
        self.instances.memory.data(&*self.store)
    }

    /// A `result<_, string>`.
    fn unit_or_text(&self, answer: u32) -> wasmtime::Result<Result<(), String>> {
        let memory = self.memory();
        match byte(memory, answer)? {
            0 => Ok(Ok(())),
            1 => Ok(Err(text(memory, offset(answer, 4)?)?)),
            _ => Err(nonsense()),
        }
    }

    /// Gives bytes away: their place and number.
    async fn give(&mut self, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
        let place = self.give_aligned(bytes, 1).await?;
        Ok((place, u32::try_from(bytes.len())?))
    }

    /// Gives a list of texts away: its place and length.
    async fn give_texts(&mut self, texts: &[String]) -> wasmtime::Result<(u32, u32)> {
        let mut list = Vec::with_capacity(texts.len() * 8);
        for text in texts {
            let (place, size) = self.give(text.as_bytes()).await?;
            list.extend(place.to_le_bytes());
            list.extend(size.to_le_bytes());
        }
        let place = self.give_aligned(&list, 4).await?;
        Ok((place, u32::try_from(texts.len())?))
    }

    async fn give_aligned(&mut self, bytes: &[u8], alignment: u32) -> wasmtime::Result<u32> {
        if bytes.is_empty() {
            // A place that is never looked at.
            return Ok(alignment);
        }
        let realloc = self.exports.realloc;
        let size = u32::try_from(bytes.len())?;
        let place = self.call(&realloc, (0, 0, alignment, size)).await?;
        let memory: Memory = self.instances.memory;
        write(memory.data_mut(&mut *self.store), place, bytes)?;
        Ok(place)
    }

    async fn call<P: WasmParams + Sync>(
        &mut self,
        export: &ModuleExport,
        arguments: P,
    ) -> wasmtime::Result<u32> {
        self.function::<P, u32>(export)?
            .call_async(&mut *self.store, arguments)
            .await
    }

    async fn done(&mut self, export: &Export, answer: u32) -> wasmtime::Result<()> {
        self.function::<u32, ()>(&export.done)?
            .call_async(&mut *self.store, answer)
            .await
    }

    fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
    ) -> wasmtime::Result<TypedFunc<P, R>> {
        let function = self
            .instances
            .base
            .get_module_export(&mut *self.store, export)
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(nonsense)?;
        function.typed(&*self.store)
    }
}

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

fn byte(memory: &[u8], place: u32) -> wasmtime::Result<u8> {
    Ok(bytes(memory, place, 1)?[0])
}

fn number(memory: &[u8], place: u32) -> wasmtime::Result<u32> {
    let bytes = bytes(memory, place, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into()?))
}

/// The text whose place and size are at a place.
fn text(memory: &[u8], place: u32) -> wasmtime::Result<String> {
    let size = number(memory, offset(place, 4)?)?;
    if size > TEXT_LIMIT {
        return Err(wasmtime::Error::msg(format!(
            "it gave a text of more than {} MiB",
            TEXT_LIMIT >> 20
        )));
    }
    let bytes = bytes(memory, number(memory, place)?, size)?;
    let text = std::str::from_utf8(bytes).map_err(|_| nonsense())?;
    Ok(text.to_owned())
}

fn offset(place: u32, by: u32) -> wasmtime::Result<u32> {
    place.checked_add(by).ok_or_else(outside)
}

fn outside() -> wasmtime::Error {
    wasmtime::Error::msg("it spoke of a place outside of its memory")
}

fn nonsense() -> wasmtime::Error {
    wasmtime::Error::msg("it gave an answer that makes no sense")
}
