//! Calling the guest's exports, which `wit/world.wit` declares, by the canonical ABI.
//!
//! Arguments are lowered into memory that the guest allocates (`cabi_realloc`) and then owns.
//! Results are lifted from the return pointer, and released by the post-return function
//! (`cabi_post_…`).

use wasmtime::{Memory, ModuleExport, Store, TypedFunc, WasmParams, WasmResults};

use super::canonical_abi::{
    self as abi, REALLOC, malformed, offset, read_u8, read_u32, read_u64, write,
};
use super::host_calls::HostFunction;
use super::imports::Host;
use super::instantiate::{Instances, export};
use super::outcome::{DirectoryEntry, FileError, Outcome, Value};
use super::program::RequestedValue;
#[cfg(feature = "build")]
use crate::input::package_files::Tree;
use crate::module::code::Code;
use crate::module::world;

/// The limit on the number of values in the JSON of an exception, far above what the driver writes.
/// A malicious program could return `[{},{},…]`, which would take fifty times its size in host
/// memory.
const JSON_VALUES_LIMIT: usize = 100_000;

/// The exports of the base module that the host calls.
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

/// An exported function with a post-return function.
#[derive(Clone)]
struct Export {
    call: ModuleExport,
    post_return: ModuleExport,
}

impl Exports {
    /// Looks up all exports.
    pub(crate) fn find(base: &Code) -> wasmtime::Result<Self> {
        let function = |name: &str| -> wasmtime::Result<Export> {
            Ok(Export {
                call: export(base, name)?,
                post_return: export(base, &format!("cabi_post_{name}"))?,
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

/// An instance whose exports can be called.
pub(crate) struct Guest<'s> {
    pub(crate) store: &'s mut Store<Host>,
    pub(crate) instances: &'s Instances,
    pub(crate) exports: &'s Exports,
}

impl Guest<'_> {
    /// `load: func(directory: string, tree: list<file>, contents: list<u8>) -> result<_, string>`
    #[cfg(feature = "build")]
    pub(crate) async fn load(&mut self, tree: &Tree) -> wasmtime::Result<Result<(), String>> {
        let directory = self.lower_bytes(tree.directory.as_bytes()).await?;
        let mut files = Vec::with_capacity(tree.files.len() * 12);
        for file in &tree.files {
            let (pointer, size) = self.lower_bytes(file.path.as_bytes()).await?;
            for field in [pointer, size, file.size] {
                files.extend(field.to_le_bytes());
            }
        }
        let pointer = self.lower_aligned(&files, 4).await?;
        let contents = self.lower_bytes(&tree.contents).await?;
        let files = (pointer, u32::try_from(tree.files.len())?);
        let arguments = (
            directory.0,
            directory.1,
            files.0,
            files.1,
            contents.0,
            contents.1,
        );
        let load = self.exports.load.clone();
        let return_pointer = self.call(&load.call, arguments).await?;
        let result = self.lift_unit_result(return_pointer)?;
        self.post_return(&load, return_pointer).await?;
        Ok(result)
    }

    /// `boot: func(preimports: list<string>) -> result<_, string>`
    #[cfg(feature = "build")]
    pub(crate) async fn boot(
        &mut self,
        preimports: &[String],
    ) -> wasmtime::Result<Result<(), String>> {
        let preimports = self.lower_strings(preimports).await?;
        let boot = self.exports.boot.clone();
        let return_pointer = self.call(&boot.call, preimports).await?;
        let result = self.lift_unit_result(return_pointer)?;
        self.post_return(&boot, return_pointer).await?;
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
        let environment = self.lower_records(&pairs).await?;
        let functions = functions.iter();
        let functions = functions.map(|it| [&it.name, &it.signature, &it.documentation]);
        let functions: Vec<_> = functions.collect();
        let functions = self.lower_records(&functions).await?;
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
        requested: &RequestedValue,
    ) -> wasmtime::Result<Outcome> {
        let source = self.lower_bytes(source.as_bytes()).await?;
        let name = self.lower_bytes(name.as_bytes()).await?;
        let arguments = self.lower_strings(arguments).await?;
        let variant = match requested {
            RequestedValue::Nothing => (0, 0, 0),
            RequestedValue::LastExpression => (1, 0, 0),
            RequestedValue::Variable(name) => {
                let (pointer, size) = self.lower_bytes(name.as_bytes()).await?;
                (2, pointer, size)
            }
        };
        let arguments = (
            source.0,
            source.1,
            name.0,
            name.1,
            arguments.0,
            arguments.1,
            variant.0,
            variant.1,
            variant.2,
        );
        let execute = self.exports.execute.clone();
        let return_pointer = self.call(&execute.call, arguments).await?;
        let outcome = self.lift_outcome(return_pointer);
        // The guest's memory is released even if the result was over a limit.
        self.post_return(&execute, return_pointer).await?;
        outcome
    }

    /// `write: func(path: string, contents: list<u8>) -> result<_, file-error>`
    pub(crate) async fn write(
        &mut self,
        path: &str,
        contents: &[u8],
    ) -> wasmtime::Result<Result<(), FileError>> {
        let path = self.lower_bytes(path.as_bytes()).await?;
        let contents = self.lower_bytes(contents).await?;
        let arguments = (path.0, path.1, contents.0, contents.1);
        let write = self.exports.write;
        let return_pointer = self.call(&write, arguments).await?;
        self.lift_file_result(return_pointer, 0)
    }

    /// `read: func(path: string, limit: u64) -> result<list<u8>, file-error>`
    pub(crate) async fn read(
        &mut self,
        path: &str,
        limit: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        let path = self.lower_bytes(path.as_bytes()).await?;
        let read = self.exports.read.clone();
        let return_pointer = self.call(&read.call, (path.0, path.1, limit)).await?;
        let result = match self.lift_file_result(return_pointer, limit)? {
            Ok(()) => {
                let (pointer, size) = self.lift_list(return_pointer)?;
                if u64::from(size) > limit {
                    return Err(malformed());
                }
                Ok(abi::bytes(self.memory(), pointer, size)?.to_vec())
            }
            Err(error) => Err(error),
        };
        self.post_return(&read, return_pointer).await?;
        Ok(result)
    }

    /// `list: func(path: string) -> result<list<entry>, file-error>`
    pub(crate) async fn list(
        &mut self,
        path: &str,
    ) -> wasmtime::Result<Result<Vec<DirectoryEntry>, FileError>> {
        let path = self.lower_bytes(path.as_bytes()).await?;
        let list = self.exports.list.clone();
        let return_pointer = self.call(&list.call, path).await?;
        let result = match self.lift_file_result(return_pointer, 0)? {
            Ok(()) => self.lift_entries(return_pointer).map(Ok),
            Err(error) => Ok(Err(error)),
        };
        self.post_return(&list, return_pointer).await?;
        result
    }

    /// `remove: func(path: string) -> result<_, file-error>`
    pub(crate) async fn remove(&mut self, path: &str) -> wasmtime::Result<Result<(), FileError>> {
        let path = self.lower_bytes(path.as_bytes()).await?;
        let remove = self.exports.remove;
        let return_pointer = self.call(&remove, path).await?;
        self.lift_file_result(return_pointer, 0)
    }

    /// Lifts the error of a `result<…, file-error>`. Its payload is at offset 8, because a
    /// `file-error` can hold a `u64`. `allowed` is the limit that the error `too-large` reports.
    fn lift_file_result(
        &self,
        return_pointer: u32,
        allowed: u64,
    ) -> wasmtime::Result<Result<(), FileError>> {
        let memory = self.memory();
        match read_u8(memory, return_pointer)? {
            0 => return Ok(Ok(())),
            1 => {}
            _ => return Err(malformed()),
        }
        let error = match read_u8(memory, offset(return_pointer, 8)?)? {
            0 => FileError::NotFound,
            1 => FileError::IsDirectory,
            2 => FileError::NotDirectory,
            3 => FileError::ReadOnly,
            4 => FileError::PathTooLong,
            5 => FileError::TooManyLinks,
            6 => FileError::NoMemory,
            7 => FileError::InvalidPath,
            8 => {
                let size = read_u64(memory, offset(return_pointer, 16)?)?;
                FileError::TooLarge { size, allowed }
            }
            _ => return Err(malformed()),
        };
        Ok(Err(error))
    }

    /// Lifts the pointer and the length of the list in a successful `result<list<…>, file-error>`.
    fn lift_list(&self, return_pointer: u32) -> wasmtime::Result<(u32, u32)> {
        let memory = self.memory();
        let pointer = read_u32(memory, offset(return_pointer, 8)?)?;
        Ok((pointer, read_u32(memory, offset(return_pointer, 12)?)?))
    }

    /// Lifts a `result<option<value>, failure>`.
    fn lift_outcome(&self, return_pointer: u32) -> wasmtime::Result<Outcome> {
        let memory = self.memory();
        let value = offset(return_pointer, 8)?;
        match (
            read_u8(memory, return_pointer)?,
            read_u8(memory, offset(return_pointer, 4)?)?,
        ) {
            (0, 0) => Ok(Outcome::Done(None)),
            (0, 1) => Ok(Outcome::Done(Some(self.lift_value(value)?))),
            (1, 0) => Ok(Outcome::Exited(read_u32(memory, value)?.cast_signed())),
            (1, 1) => {
                let json = self.lift_string(value)?;
                if count_json_values(json) > JSON_VALUES_LIMIT {
                    return Err(malformed());
                }
                let raised = serde_json::from_str(json);
                Ok(Outcome::Raised(raised.map_err(|_| malformed())?))
            }
            _ => Err(malformed()),
        }
    }

    /// Lifts a `value`.
    fn lift_value(&self, pointer: u32) -> wasmtime::Result<Value> {
        let memory = self.memory();
        let size = |string| read_u32(memory, offset(string, 4)?);
        let (json, repr) = (offset(pointer, 4)?, offset(pointer, 12)?);
        let both = (size(json)? as usize).saturating_add(size(repr)? as usize);
        self.store.data().meter.check_result(both)?;
        let (json, repr) = (
            self.lift_string(json)?.to_owned(),
            self.lift_string(repr)?.to_owned(),
        );
        Ok(Value {
            json: match read_u8(self.memory(), pointer)? {
                0 => Ok(json),
                _ => Err(json),
            },
            repr,
        })
    }

    /// Lifts the list of a successful `result<list<entry>, file-error>`.
    fn lift_entries(&self, return_pointer: u32) -> wasmtime::Result<Vec<DirectoryEntry>> {
        /// The size of an `entry` in memory, in bytes.
        const ENTRY: u32 = 24;

        let memory = self.memory();
        let (pointer, count) = self.lift_list(return_pointer)?;
        let size = count.checked_mul(ENTRY).ok_or_else(malformed)?;
        let meter = &self.store.data().meter;
        // The names are counted, because the guest can let many entries point to the same long
        // name.
        let mut total = size as usize;
        meter.check_result(total)?;
        let mut entries = Vec::new();
        for index in 0..count {
            let entry = offset(pointer, index * ENTRY)?;
            let name = self.lift_string(entry)?;
            total = total.saturating_add(name.len());
            meter.check_result(total)?;
            entries.push(DirectoryEntry {
                name: name.to_owned(),
                size: read_u64(memory, offset(entry, 8)?)?,
                is_dir: read_u8(memory, offset(entry, 16)?)? != 0,
            });
        }
        Ok(entries)
    }

    /// Lifts the string whose pointer and length are at this address, if its length is within the
    /// limit.
    fn lift_string(&self, pointer: u32) -> wasmtime::Result<&str> {
        let memory = self.memory();
        let size = read_u32(memory, offset(pointer, 4)?)?;
        self.store.data().meter.check_result(size as usize)?;
        abi::string(memory, read_u32(memory, pointer)?, size)
    }

    fn memory(&self) -> &[u8] {
        self.instances.memory.data(&*self.store)
    }

    #[cfg(feature = "build")]
    /// Lifts a `result<_, string>`.
    fn lift_unit_result(&self, return_pointer: u32) -> wasmtime::Result<Result<(), String>> {
        let memory = self.memory();
        match read_u8(memory, return_pointer)? {
            0 => Ok(Ok(())),
            1 => Ok(Err(self
                .lift_string(offset(return_pointer, 4)?)?
                .to_owned())),
            _ => Err(malformed()),
        }
    }

    /// Lowers a `string` or `list<u8>`; returns its pointer and length.
    async fn lower_bytes(&mut self, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
        let pointer = self.lower_aligned(bytes, 1).await?;
        Ok((pointer, u32::try_from(bytes.len())?))
    }

    /// Lowers a `list<string>`; returns its pointer and length.
    async fn lower_strings(&mut self, strings: &[String]) -> wasmtime::Result<(u32, u32)> {
        let records: Vec<_> = strings.iter().map(|string| [string]).collect();
        self.lower_records(&records).await
    }

    /// Lowers a list of records of strings; returns its pointer and length.
    async fn lower_records<const N: usize>(
        &mut self,
        records: &[[&String; N]],
    ) -> wasmtime::Result<(u32, u32)> {
        let count = u32::try_from(records.len())?;
        let mut list = Vec::with_capacity(records.len() * N * 8);
        for string in records.iter().flatten() {
            let (pointer, size) = self.lower_bytes(string.as_bytes()).await?;
            list.extend(pointer.to_le_bytes());
            list.extend(size.to_le_bytes());
        }
        Ok((self.lower_aligned(&list, 4).await?, count))
    }

    /// Allocates guest memory for bytes and writes them there; returns the pointer.
    async fn lower_aligned(&mut self, bytes: &[u8], alignment: u32) -> wasmtime::Result<u32> {
        if bytes.is_empty() {
            // Any aligned pointer: the guest does not dereference it.
            return Ok(alignment);
        }
        let realloc = self.exports.realloc;
        let size = u32::try_from(bytes.len())?;
        let pointer = self.call(&realloc, (0, 0, alignment, size)).await?;
        let memory: Memory = self.instances.memory;
        write(memory.data_mut(&mut *self.store), pointer, bytes)?;
        Ok(pointer)
    }

    /// Calls an export that returns one `u32`: the return pointer of its result.
    async fn call<P: WasmParams + Sync>(
        &mut self,
        export: &ModuleExport,
        arguments: P,
    ) -> wasmtime::Result<u32> {
        self.function::<P, u32>(export)?
            .call_async(&mut *self.store, arguments)
            .await
    }

    /// Calls the post-return function of an export, which releases its result.
    async fn post_return(&mut self, export: &Export, return_pointer: u32) -> wasmtime::Result<()> {
        self.function::<u32, ()>(&export.post_return)?
            .call_async(&mut *self.store, return_pointer)
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
            .ok_or_else(malformed)?;
        function.typed(&*self.store)
    }
}

/// Counts the values in a JSON text; an upper bound.
fn count_json_values(json: &str) -> usize {
    let mut count = 0;
    let mut is_in_string = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_in_string = !is_in_string,
            b'\\' => {
                bytes.next();
            }
            b'{' | b'[' | b',' if !is_in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::count_json_values;

    #[test]
    fn json_values_are_counted_outside_strings() {
        assert_eq!(count_json_values("[{},{}]"), 4);
        assert_eq!(count_json_values(r#"{"a{[,": "\"[[\\", "b": [1]}"#), 3);
    }
}
