//! Calling what a guest exports, as `wit/world.wit` says.
//!
//! Arguments are put into memory that the guest gives (`cabi_realloc`), and are the guest's from then
//! on; results are read from where the guest says, and given back (`cabi_post_…`).

use wasmtime::{Memory, ModuleExport, Store, TypedFunc, WasmParams, WasmResults};

use super::canonical_abi::{self as abi, REALLOC, byte, nonsense, number, offset, write};
use super::host_calls::HostFunction;
use super::imports::Host;
use super::instantiate::{Instances, export};
use super::outcome::{DirectoryEntry, FileError, Outcome, Value};
use super::program::Wanted;
#[cfg(feature = "build")]
use crate::input::package_files::Tree;
use crate::module::code::Code;
use crate::module::world;

/// How many values the JSON of an exception may have: more than the guest ever tells. What a program
/// tells in its place could be `[{},{},…]`, each of which takes fifty times as much of the host's memory.
const PIECES: usize = 100_000;

/// The exports of the base's module that are called.
#[derive(Clone)]
pub(crate) struct Exports {
    realloc: ModuleExport,
    #[cfg(feature = "build")]
    load: Export,
    #[cfg(feature = "build")]
    boot: Export,
    configure: ModuleExport,
    execute: Export,
    write: ModuleExport,
    read: Export,
    list: Export,
    remove: ModuleExport,
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
            #[cfg(feature = "build")]
            load: function(world::files::LOAD)?,
            #[cfg(feature = "build")]
            boot: function(world::python::BOOT)?,
            configure: export(base, world::python::CONFIGURE)?,
            execute: function(world::python::EXECUTE)?,
            write: export(base, world::files::WRITE)?,
            read: function(world::files::READ)?,
            list: function(world::files::LIST)?,
            remove: export(base, world::files::REMOVE)?,
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
    #[cfg(feature = "build")]
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

    #[cfg(feature = "build")]
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

    /// `configure: func(environment: list<tuple<string, string>>, functions: list<function>)`
    pub(crate) async fn configure(
        &mut self,
        environment: &[(String, String)],
        functions: &[HostFunction],
    ) -> wasmtime::Result<()> {
        let pairs = environment.iter().map(|(name, value)| [name, value]);
        let pairs: Vec<_> = pairs.collect();
        let environment = self.give_records(&pairs).await?;
        let functions = functions.iter();
        let functions = functions.map(|it| [&it.name, &it.signature, &it.documentation]);
        let functions: Vec<_> = functions.collect();
        let functions = self.give_records(&functions).await?;
        let arguments = (environment.0, environment.1, functions.0, functions.1);
        let configure = self.exports.configure;
        self.function::<_, ()>(&configure)?
            .call_async(&mut *self.store, arguments)
            .await
    }

    /// `execute: func(program: program) -> result<option<value>, failure>`
    pub(crate) async fn execute(
        &mut self,
        source: &str,
        name: &str,
        arguments: &[String],
        wanted: &Wanted,
    ) -> wasmtime::Result<Outcome> {
        let source = self.give(source.as_bytes()).await?;
        let name = self.give(name.as_bytes()).await?;
        let arguments = self.give_texts(arguments).await?;
        let want = match wanted {
            Wanted::Nothing => (0, 0, 0),
            Wanted::LastExpression => (1, 0, 0),
            Wanted::Variable(name) => {
                let (place, size) = self.give(name.as_bytes()).await?;
                (2, place, size)
            }
        };
        let arguments = (
            source.0,
            source.1,
            name.0,
            name.1,
            arguments.0,
            arguments.1,
            want.0,
            want.1,
            want.2,
        );
        let execute = self.exports.execute.clone();
        let answer = self.call(&execute.call, arguments).await?;
        let outcome = self.outcome(answer);
        // What it gave is given back, even if it was too large to be taken.
        self.done(&execute, answer).await?;
        outcome
    }

    /// `write: func(path: string, contents: list<u8>) -> result<_, file-error>`
    pub(crate) async fn write(
        &mut self,
        path: &str,
        contents: &[u8],
    ) -> wasmtime::Result<Result<(), FileError>> {
        let path = self.give(path.as_bytes()).await?;
        let contents = self.give(contents).await?;
        let arguments = (path.0, path.1, contents.0, contents.1);
        let write = self.exports.write;
        let answer = self.call(&write, arguments).await?;
        self.file_result(answer, 0)
    }

    /// `read: func(path: string, limit: u64) -> result<list<u8>, file-error>`
    pub(crate) async fn read(
        &mut self,
        path: &str,
        limit: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        let path = self.give(path.as_bytes()).await?;
        let read = self.exports.read.clone();
        let answer = self.call(&read.call, (path.0, path.1, limit)).await?;
        let result = match self.file_result(answer, limit)? {
            Ok(()) => {
                let (place, size) = self.list_at(answer)?;
                if u64::from(size) > limit {
                    return Err(nonsense());
                }
                Ok(abi::bytes(self.memory(), place, size)?.to_vec())
            }
            Err(error) => Err(error),
        };
        self.done(&read, answer).await?;
        Ok(result)
    }

    /// `list: func(path: string) -> result<list<entry>, file-error>`
    pub(crate) async fn list(
        &mut self,
        path: &str,
    ) -> wasmtime::Result<Result<Vec<DirectoryEntry>, FileError>> {
        let path = self.give(path.as_bytes()).await?;
        let list = self.exports.list.clone();
        let answer = self.call(&list.call, path).await?;
        let result = match self.file_result(answer, 0)? {
            Ok(()) => self.entries(answer).map(Ok),
            Err(error) => Ok(Err(error)),
        };
        self.done(&list, answer).await?;
        result
    }

    /// `remove: func(path: string) -> result<_, file-error>`
    pub(crate) async fn remove(&mut self, path: &str) -> wasmtime::Result<Result<(), FileError>> {
        let path = self.give(path.as_bytes()).await?;
        let remove = self.exports.remove;
        let answer = self.call(&remove, path).await?;
        self.file_result(answer, 0)
    }

    /// Whether a `result<…, file-error>` is an error, and which. Both of its parts begin at an offset
    /// of 8, for a `file-error` can hold a `u64`.
    fn file_result(&self, answer: u32, allowed: u64) -> wasmtime::Result<Result<(), FileError>> {
        let memory = self.memory();
        match byte(memory, answer)? {
            0 => return Ok(Ok(())),
            1 => {}
            _ => return Err(nonsense()),
        }
        let error = match byte(memory, offset(answer, 8)?)? {
            0 => FileError::NotFound,
            1 => FileError::IsDirectory,
            2 => FileError::NotDirectory,
            3 => FileError::ReadOnly,
            4 => FileError::PathTooLong,
            5 => FileError::TooManyLinks,
            6 => FileError::NoMemory,
            7 => FileError::InvalidPath,
            8 => {
                let size = abi::bytes(memory, offset(answer, 16)?, 8)?;
                let size = u64::from_le_bytes(size.try_into()?);
                FileError::TooLarge { size, allowed }
            }
            _ => return Err(nonsense()),
        };
        Ok(Err(error))
    }

    /// Where the list of a successful `result<list<…>, file-error>` is, and its length.
    fn list_at(&self, answer: u32) -> wasmtime::Result<(u32, u32)> {
        let memory = self.memory();
        let place = number(memory, offset(answer, 8)?)?;
        Ok((place, number(memory, offset(answer, 12)?)?))
    }

    /// A `result<option<value>, failure>`.
    fn outcome(&self, answer: u32) -> wasmtime::Result<Outcome> {
        let memory = self.memory();
        let value = offset(answer, 8)?;
        match (byte(memory, answer)?, byte(memory, offset(answer, 4)?)?) {
            (0, 0) => Ok(Outcome::Done(None)),
            (0, 1) => Ok(Outcome::Done(Some(self.value(value)?))),
            (1, 0) => Ok(Outcome::Exited(number(memory, value)?.cast_signed())),
            (1, 1) => {
                let json = self.text(value)?;
                if pieces(json) > PIECES {
                    return Err(nonsense());
                }
                let raised = serde_json::from_str(json);
                Ok(Outcome::Raised(raised.map_err(|_| nonsense())?))
            }
            _ => Err(nonsense()),
        }
    }

    /// A `value`.
    fn value(&self, place: u32) -> wasmtime::Result<Value> {
        let memory = self.memory();
        let size = |text| number(memory, offset(text, 4)?);
        let (json, repr) = (offset(place, 4)?, offset(place, 12)?);
        let both = (size(json)? as usize).saturating_add(size(repr)? as usize);
        self.store.data().meter.check_result(both)?;
        let (json, repr) = (self.text(json)?.to_owned(), self.text(repr)?.to_owned());
        Ok(Value {
            json: match byte(self.memory(), place)? {
                0 => Ok(json),
                _ => Err(json),
            },
            repr,
        })
    }

    /// The entries of a successful `result<list<entry>, file-error>`.
    fn entries(&self, answer: u32) -> wasmtime::Result<Vec<DirectoryEntry>> {
        /// The size of an `entry`: name, size, and whether it is a directory.
        const ENTRY: u32 = 24;

        let memory = self.memory();
        let (place, count) = self.list_at(answer)?;
        let size = count.checked_mul(ENTRY).ok_or_else(nonsense)?;
        let meter = &self.store.data().meter;
        // Many names may lie at one place.
        let mut taken = size as usize;
        meter.check_result(taken)?;
        let mut entries = Vec::new();
        for index in 0..count {
            let entry = offset(place, index * ENTRY)?;
            let size = abi::bytes(memory, offset(entry, 8)?, 8)?;
            let name = self.text(entry)?;
            taken = taken.saturating_add(name.len());
            meter.check_result(taken)?;
            entries.push(DirectoryEntry {
                name: name.to_owned(),
                size: u64::from_le_bytes(size.try_into()?),
                is_dir: byte(memory, offset(entry, 16)?)? != 0,
            });
        }
        Ok(entries)
    }

    /// The text whose place and size are at a place, if it may be so long.
    fn text(&self, place: u32) -> wasmtime::Result<&str> {
        let memory = self.memory();
        let size = number(memory, offset(place, 4)?)?;
        self.store.data().meter.check_result(size as usize)?;
        abi::text(memory, number(memory, place)?, size)
    }

    fn memory(&self) -> &[u8] {
        self.instances.memory.data(&*self.store)
    }

    /// A `result<_, string>`.
    fn unit_or_text(&self, answer: u32) -> wasmtime::Result<Result<(), String>> {
        let memory = self.memory();
        match byte(memory, answer)? {
            0 => Ok(Ok(())),
            1 => Ok(Err(self.text(offset(answer, 4)?)?.to_owned())),
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
        let records: Vec<_> = texts.iter().map(|text| [text]).collect();
        self.give_records(&records).await
    }

    /// Gives a list of records of texts away: its place and length.
    async fn give_records<const N: usize>(
        &mut self,
        records: &[[&String; N]],
    ) -> wasmtime::Result<(u32, u32)> {
        let count = u32::try_from(records.len())?;
        let mut list = Vec::with_capacity(records.len() * N * 8);
        for text in records.iter().flatten() {
            let (place, size) = self.give(text.as_bytes()).await?;
            list.extend(place.to_le_bytes());
            list.extend(size.to_le_bytes());
        }
        Ok((self.give_aligned(&list, 4).await?, count))
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

/// How many values some JSON has, at most.
fn pieces(json: &str) -> usize {
    let mut pieces = 0;
    let mut is_text = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_text = !is_text,
            b'\\' => {
                bytes.next();
            }
            b'{' | b'[' | b',' if !is_text => pieces += 1,
            _ => {}
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_are_counted_outside_of_texts() {
        assert_eq!(pieces("[{},{}]"), 4);
        assert_eq!(pieces(r#"{"a{[,": "\"[[\\", "b": [1]}"#), 3);
    }
}
