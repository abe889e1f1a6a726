//! The reader of shared libraries.

use std::collections::BTreeMap;

use wasmparser::{
    BinaryReaderError, CompositeInnerType, CustomSectionReader, Dylink0Subsection, ExternalKind,
    FuncType, GlobalType, KnownCustom, MemoryType, Parser, Payload, SymbolFlags, TableType,
    TypeRef,
};

use super::SharedLibraryError;

/// The interface of a shared library; names are borrowed from its bytes.
#[derive(Clone, Debug, Default)]
pub struct SharedLibrary<'a> {
    /// The memory and the table entries that it needs for itself.
    pub memory: MemoryInfo,
    /// The libraries that must be linked with it, by name.
    pub needed: Vec<&'a str>,
    /// All imports, in their order.
    pub imports: Vec<Import<'a>>,
    /// All exports, in their order.
    pub exports: Vec<Export<'a>>,
    /// Whether it has a `component-type` section, which describes the imports and exports of a
    /// component around it.
    pub has_component_type: bool,
}

/// How much memory and how many table entries a shared library needs for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryInfo {
    /// The size of its static data, in bytes.
    pub memory_size: u32,
    /// What the address of the data must be a multiple of, as a power of two.
    pub memory_alignment: u32,
    /// How many table entries it takes.
    pub table_size: u32,
    /// What the index of the first entry must be a multiple of, as a power of two.
    pub table_alignment: u32,
}

/// An import of a shared library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import<'a> {
    /// The module: `env`, `GOT.mem` or `GOT.func` if a linker can provide it.
    pub module: &'a str,
    /// The name in that module.
    pub name: &'a str,
    /// What is imported.
    pub ty: ItemType,
    /// Whether the symbol may stay undefined.
    pub weak: bool,
}

/// An export of a shared library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export<'a> {
    /// The symbol.
    pub name: &'a str,
    /// What is exported.
    pub ty: ItemType,
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemType {
    /// A function.
    Function(FuncType),
    /// A global variable or constant.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// An exception tag, by the signature of the exception's values.
    Tag(FuncType),
}

impl<'a> SharedLibrary<'a> {
    /// Reads the interface of the library in `bytes`.
    ///
    /// ```
    /// use eryx_artifact::dylink::{SharedLibraryError, SharedLibrary};
    ///
    /// // A module with nothing but a `dylink.0` section that names `libz.so` as needed.
    /// let bytes = b"\0asm\x01\0\0\0\0\x14\x08dylink.0\x02\x09\x01\x07libz.so";
    /// let library = SharedLibrary::read(bytes)?;
    /// assert_eq!(library.needed, ["libz.so"]);
    ///
    /// let error = SharedLibrary::read(b"\x7fELF").unwrap_err();
    /// assert!(matches!(error, SharedLibraryError::NotWebAssembly { .. }));
    /// # Ok::<(), SharedLibraryError>(())
    /// ```
    pub fn read(bytes: &'a [u8]) -> Result<Self, SharedLibraryError> {
        if !bytes.starts_with(b"\0asm") {
            let found = file_kind(bytes);
            return Err(SharedLibraryError::NotWebAssembly { found });
        }
        if Parser::is_component(bytes) {
            return Err(SharedLibraryError::Component);
        }
        let mut reader = Reader::default();
        for payload in Parser::new(0).parse_all(bytes) {
            reader.section(payload.map_err(malformed)?)?;
        }
        if reader.is_shared {
            Ok(reader.library)
        } else {
            Err(SharedLibraryError::NotShared)
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reader<'a> {
    library: SharedLibrary<'a>,
    /// What `dylink.0` says about imports, by module and name.
    import_flags: BTreeMap<(&'a str, &'a str), SymbolFlags>,
    /// Whether there was a `dylink.0` section.
    is_shared: bool,
    /// Whether there was a section that `dylink.0` must precede.
    has_other_section: bool,
    /// The index spaces. A type that is not a function's is none.
    types: Vec<Option<FuncType>>,
    /// Functions and tags, by the index of their type.
    functions: Vec<u32>,
    globals: Vec<GlobalType>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    tags: Vec<u32>,
}

impl<'a> Reader<'a> {
    fn section(&mut self, payload: Payload<'a>) -> Result<(), SharedLibraryError> {
        self.has_other_section |= !matches!(
            payload,
            Payload::Version { .. } | Payload::CustomSection(_) | Payload::End(_)
        );
        match payload {
            Payload::CustomSection(section) => self.custom_section(&section)?,
            Payload::TypeSection(groups) => {
                for group in groups {
                    for ty in group.map_err(malformed)?.into_types() {
                        self.types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(function) => Some(function),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import.map_err(malformed)?)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for index in functions {
                    self.functions.push(index.map_err(malformed)?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table.map_err(malformed)?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory.map_err(malformed)?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(global.map_err(malformed)?.ty);
                }
            }
            Payload::TagSection(tags) => {
                for tag in tags {
                    self.tags.push(tag.map_err(malformed)?.func_type_idx);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(malformed)?;
                    let ty = self.exported(export.kind, export.index)?;
                    let name = export.name;
                    self.library.exports.push(Export { name, ty });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn custom_section(
        &mut self,
        section: &CustomSectionReader<'a>,
    ) -> Result<(), SharedLibraryError> {
        self.library.has_component_type |= section.name().starts_with("component-type");
        let KnownCustom::Dylink0(subsections) = section.as_known() else {
            return Ok(());
        };
        if self.is_shared || self.has_other_section {
            return Err(invalid(
                "its dylink.0 section must be the first of all, and the only one",
            ));
        }
        self.is_shared = true;
        for subsection in subsections {
            match subsection.map_err(malformed)? {
                Dylink0Subsection::MemInfo(info) => {
                    self.library.memory = MemoryInfo {
                        memory_size: info.memory_size,
                        memory_alignment: info.memory_alignment,
                        table_size: info.table_size,
                        table_alignment: info.table_alignment,
                    };
                }
                Dylink0Subsection::Needed(names) => self.library.needed.extend(names),
                Dylink0Subsection::ImportInfo(imports) => {
                    let flags = imports
                        .into_iter()
                        .map(|import| ((import.module, import.field), import.flags));
                    self.import_flags.extend(flags);
                }
                Dylink0Subsection::ExportInfo(_) | Dylink0Subsection::RuntimePath(_) => {}
                Dylink0Subsection::Unknown { ty, .. } => {
                    return Err(invalid(&format!(
                        "its dylink.0 section has a subsection of kind {ty}"
                    )));
                }
            }
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'a>) -> Result<(), SharedLibraryError> {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                ItemType::Function(self.function_type(index)?)
            }
            TypeRef::Global(global) => {
                self.globals.push(global);
                ItemType::Global(global)
            }
            TypeRef::Table(table) => {
                self.tables.push(table);
                ItemType::Table(table)
            }
            TypeRef::Memory(memory) => {
                self.memories.push(memory);
                ItemType::Memory(memory)
            }
            TypeRef::Tag(tag) => {
                self.tags.push(tag.func_type_idx);
                ItemType::Tag(self.function_type(tag.func_type_idx)?)
            }
        };
        let flags = self.import_flags.get(&(import.module, import.name));
        self.library.imports.push(Import {
            module: import.module,
            name: import.name,
            ty,
            weak: flags.is_some_and(|flags| flags.contains(SymbolFlags::BINDING_WEAK)),
        });
        Ok(())
    }

    fn exported(&self, kind: ExternalKind, index: u32) -> Result<ItemType, SharedLibraryError> {
        Ok(match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                ItemType::Function(self.function_type(exported_item(&self.functions, index)?)?)
            }
            ExternalKind::Global => ItemType::Global(exported_item(&self.globals, index)?),
            ExternalKind::Table => ItemType::Table(exported_item(&self.tables, index)?),
            ExternalKind::Memory => ItemType::Memory(exported_item(&self.memories, index)?),
            ExternalKind::Tag => {
                ItemType::Tag(self.function_type(exported_item(&self.tags, index)?)?)
            }
        })
    }

    fn function_type(&self, index: u32) -> Result<FuncType, SharedLibraryError> {
        item(&self.types, index)
            .flatten()
            .ok_or_else(|| invalid("a function has a type that does not exist"))
    }
}

/// A copy of the item at an index, if there is one.
fn item<T: Clone>(items: &[T], index: u32) -> Option<T> {
    items.get(usize::try_from(index).ok()?).cloned()
}

fn exported_item<T: Clone>(items: &[T], index: u32) -> Result<T, SharedLibraryError> {
    item(items, index).ok_or_else(|| invalid("it exports something that it does not have"))
}

fn invalid(reason: &str) -> SharedLibraryError {
    SharedLibraryError::Invalid {
        reason: reason.to_owned(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` takes"
)]
fn malformed(error: BinaryReaderError) -> SharedLibraryError {
    invalid(&error.to_string())
}

/// What a file that is not WebAssembly seems to be, from its first bytes.
fn file_kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
        [0x7f, b'E', b'L', b'F', ..] => "an ELF library for Linux or another Unix",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            "a Mach-O library for macOS"
        }
        [b'M', b'Z', ..] => "a library for Windows",
        [b'B', b'C', 0xc0, 0xde, ..] => "LLVM bitcode",
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => "a static library",
        _ => "a file of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::ValType;

    use super::*;

    fn wasm(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a module in the text format")
    }

    fn error(bytes: &[u8]) -> String {
        SharedLibrary::read(bytes)
            .expect_err("no library")
            .to_string()
    }

    #[test]
    fn a_library_says_what_it_needs() {
        let bytes = wasm(
            r#"(module
                (@dylink.0
                    (mem-info (memory 48 4) (table 2 1))
                    (needed "libz.so" "libc.so")
                    (import-info "env" "maybe" binding-weak))
                (@custom "component-type:x" "")
                (type $f (func (param i32 f64) (result i64)))
                (import "env" "memory" (memory 1))
                (import "env" "__indirect_function_table" (table 2 funcref))
                (import "env" "__memory_base" (global i32))
                (import "GOT.mem" "data" (global (mut i32)))
                (import "env" "f" (func (type $f)))
                (import "env" "maybe" (func))
                (import "env" "maybe_not" (func))
                (func (export "PyInit_x") (result i32) i32.const 0)
                (global (export "value") i32 (i32.const 8))
                (export "again" (func 0))
                (export "table" (table 0))
                (export "memory" (memory 0)))"#,
        );
        let library = SharedLibrary::read(&bytes).expect("a library");
        let expected = MemoryInfo {
            memory_size: 48,
            memory_alignment: 4,
            table_size: 2,
            table_alignment: 1,
        };
        assert_eq!(library.memory, expected);
        assert_eq!(library.needed, ["libz.so", "libc.so"]);
        assert!(library.has_component_type);

        let weak = library.imports.iter().filter(|import| import.weak);
        let weak: Vec<_> = weak.map(|import| (import.module, import.name)).collect();
        assert_eq!(weak, [("env", "maybe")]);
        let function = FuncType::new([ValType::I32, ValType::F64], [ValType::I64]);
        let expected = Import {
            module: "env",
            name: "f",
            ty: ItemType::Function(function.clone()),
            weak: false,
        };
        assert_eq!(library.imports[4], expected);
        assert!(matches!(
            &library.imports[3],
            Import { module: "GOT.mem", name: "data", ty: ItemType::Global(global), .. }
                if global.mutable && global.content_type == ValType::I32
        ));

        let export = |name| {
            let found = library.exports.iter().find(|export| export.name == name);
            found.map(|export| export.ty.clone())
        };
        let initialiser = FuncType::new([], [ValType::I32]);
        assert_eq!(export("PyInit_x"), Some(ItemType::Function(initialiser)));
        assert_eq!(export("again"), Some(ItemType::Function(function)));
        assert!(matches!(export("value"), Some(ItemType::Global(global)) if !global.mutable));
        assert!(matches!(export("table"), Some(ItemType::Table(_))));
        assert!(matches!(export("memory"), Some(ItemType::Memory(_))));
    }

    #[test]
    fn what_is_no_webassembly_is_named() {
        for (bytes, kind) in [
            (&b""[..], "is an empty file"),
            (b"\x7fELF\x02", "is an ELF library"),
            (b"\xcf\xfa\xed\xfe\x07", "is a Mach-O library"),
            (b"\xca\xfe\xba\xbe", "is a Mach-O library"),
            (b"MZ\x90", "is a library for Windows"),
            (b"BC\xc0\xde", "is LLVM bitcode"),
            (b"!<arch>\n", "is a static library"),
            (b"text", "is a file of an unknown kind"),
        ] {
            assert!(error(bytes).starts_with(kind), "{}", error(bytes));
        }
    }

    #[test]
    fn other_webassembly_is_no_library() {
        let component = wasm("(component (core module))");
        assert_eq!(
            SharedLibrary::read(&component).err(),
            Some(SharedLibraryError::Component)
        );
        let program = wasm("(module)");
        assert_eq!(
            SharedLibrary::read(&program).err(),
            Some(SharedLibraryError::NotShared)
        );
    }

    #[test]
    fn dylink_is_the_first_section_and_the_only_one() {
        let first = "must be the first of all, and the only one";
        let section = b"\0\x09\x08dylink.0";
        let header = b"\0asm\x01\0\0\0";
        let types = b"\x01\x01\0";
        let read = |sections: &[&[u8]]| [header, &*sections.concat()].concat();
        assert!(SharedLibrary::read(&read(&[section, types])).is_ok());
        assert!(error(&read(&[section, section])).contains(first));
        assert!(error(&read(&[types, section])).contains(first));
    }

    #[test]
    fn a_malformed_library_is_refused() {
        let unknown = b"\0asm\x01\0\0\0\0\x0b\x08dylink.0\x09\0";
        assert!(error(unknown).contains("a subsection of kind 9"));

        let good = wasm(r#"(module (@dylink.0 (needed "a.so")) (func (export "f")))"#);
        assert!(SharedLibrary::read(&good).is_ok());
        for length in 9..good.len() {
            // The end of a section is the end of a module, so that some of these are whole.
            match SharedLibrary::read(&good[..length]) {
                Ok(library) => assert!(library.exports.is_empty(), "{length} bytes"),
                Err(error) => assert!(matches!(
                    error,
                    SharedLibraryError::Invalid { .. } | SharedLibraryError::NotShared
                )),
            }
        }
    }

    #[test]
    fn an_index_that_leads_nowhere_is_refused() {
        let header = b"\0asm\x01\0\0\0\0\x09\x08dylink.0";
        // An import of the function type 3; an export of the function 0.
        let import = b"\x02\x09\x01\x03env\x01f\0\x03";
        let export = b"\x07\x05\x01\x01f\0\0";
        assert!(error(&[&header[..], import].concat()).contains("a type that does not exist"));
        assert!(error(&[&header[..], export].concat()).contains("that it does not have"));
    }
}
