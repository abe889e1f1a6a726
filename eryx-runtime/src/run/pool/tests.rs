//! Tests of the pool with wasmtime: modules run in its memories and on its stacks.

mod clean;
mod memories;
mod stacks;

use std::io::Write as _;
use std::sync::Arc;

use wasmtime::{
    Config, Engine, Instance, InstanceAllocationStrategy, Memory, Module, Result, Store, Trap,
};

use super::{Memories, Snapshot, Stacks, with_contents};

/// The size of a WebAssembly page, and of a page of most processors, in bytes.
const WASM: usize = 64 << 10;
const PAGE: usize = 4 << 10;

/// The resident memory of each slot in these tests, in bytes.
const RESIDENT: usize = 32 * PAGE;

/// Creates a snapshot of this many WebAssembly pages, in the middle of its file.
fn snapshot(seed: u8, pages: usize) -> Result<Arc<Snapshot>> {
    let mut file = tempfile::tempfile()?;
    file.write_all(&vec![0xee; WASM])?;
    file.write_all(&pattern(seed, pages))?;
    file.write_all(&vec![0xee; WASM])?;
    Ok(Arc::new(Snapshot::map(&file, WASM as u64, pages * WASM)?))
}

/// Returns the contents of such a snapshot: no byte is 0, and no two pages are equal.
fn pattern(seed: u8, pages: usize) -> Vec<u8> {
    let byte = |index: usize| (index * 31 + index / PAGE * 7 + usize::from(seed)) % 255 + 1;
    (0..pages * WASM)
        .map(|index| u8::try_from(byte(index)).unwrap_or(1))
        .collect()
}

/// Creates memories with one slot, which scan for changed pages if the kernel can.
fn scanning() -> Memories {
    Memories::new(1, 1, RESIDENT).unwrap_or_else(not_scanning)
}

/// Creates memories that discard all pages instead of scanning.
fn not_scanning() -> Memories {
    Memories::with(1, 1, RESIDENT, None)
}

/// An engine and a module with one memory.
struct Guest {
    engine: Engine,
    module: Module,
}

impl Guest {
    fn new(memories: Memories, pages: usize, maximum: usize) -> Result<Self> {
        Self::of(
            memories,
            &format!(
                r#"(module
                    (memory (export "memory") {pages} {maximum})
                    (func (export "load") (param i32) (result i32)
                        (i32.load8_u (local.get 0)))
                    (func (export "load far") (param i32) (result i32)
                        (i32.load8_u offset=0xffffffff (local.get 0)))
                    (func (export "store") (param i32)
                        (i64.store offset=3 (local.get 0) (i64.const -1)))
                    (func (export "grow") (param i32) (result i32)
                        (memory.grow (local.get 0))))"#
            ),
        )
    }

    fn of(memories: Memories, module: &str) -> Result<Self> {
        let mut config = Config::new();
        config
            .allocation_strategy(InstanceAllocationStrategy::OnDemand)
            .memory_init_cow(false)
            .with_host_memory(Arc::new(memories));
        if let Some(stacks) = Stacks::new(1, 1, 4 * PAGE) {
            config.with_host_stack(Arc::new(stacks));
        }
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, wat::parse_str(module)?)?;
        Ok(Self { engine, module })
    }

    fn instance(&self, contents: Option<&Arc<Snapshot>>) -> Result<Live> {
        let mut store = Store::new(&self.engine, ());
        let instance = with_contents(contents, || Instance::new(&mut store, &self.module, &[]))?;
        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.ok_or_else(|| wasmtime::format_err!("it has a memory"))?;
        Ok(Live {
            store,
            instance,
            memory,
        })
    }
}

/// A live instance of a [`Guest`].
struct Live {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Live {
    fn bytes(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    /// The address of the memory.
    fn address(&self) -> *mut u8 {
        self.memory.data_ptr(&self.store)
    }

    fn call(&mut self, name: &str, argument: usize) -> Result<i32> {
        let argument = u32::try_from(argument)?.cast_signed();
        let function = self.instance.get_func(&mut self.store, name);
        let function = function.ok_or_else(|| wasmtime::format_err!("it has a {name}"))?;
        let mut results = [wasmtime::Val::I32(0)];
        let count = function.ty(&self.store).results().len();
        function.call(&mut self.store, &[argument.into()], &mut results[..count])?;
        Ok(results[0].unwrap_i32())
    }

    /// Whether a call traps with an out-of-bounds access.
    fn traps(&mut self, name: &str, argument: usize) -> bool {
        let Err(error) = self.call(name, argument) else {
            return false;
        };
        error.downcast_ref::<Trap>() == Some(&Trap::MemoryOutOfBounds)
    }

    /// Checks that the memory has this size, and begins with these bytes and then zeros.
    #[track_caller]
    fn assert_new(&mut self, contents: &[u8], size: usize) {
        let bytes = self.bytes();
        assert_eq!(bytes.len(), size);
        let (first, rest) = bytes.split_at(contents.len());
        let wrong = first.iter().zip(contents).position(|(is, was)| is != was);
        assert_eq!(wrong, None, "the first byte that differs from the snapshot");
        assert_eq!(rest.iter().position(|byte| *byte != 0), None, "zeros");
    }
}
