//! Tests of stacks.

use rustix::param::page_size;
use wasmtime::{Result, StackCreator as _, StackMemory, Store};

use super::super::{Stacks, initial_contents as contents};
use super::{Guest, PAGE, scanning};

const SIZE: usize = 64 * PAGE;
const RESIDENT: usize = 4 * PAGE;

/// Borrows the bytes of a stack.
fn bytes(stack: &mut dyn StackMemory) -> &mut [u8] {
    let range = stack.range();
    let start = stack.top().wrapping_sub(range.len());
    #[expect(unsafe_code, reason = "looks at a stack")]
    // SAFETY: nothing runs on it.
    unsafe {
        std::slice::from_raw_parts_mut(start, range.len())
    }
}

#[test]
fn a_stack_is_zeros_again() -> Result<()> {
    let stacks =
        Stacks::new(1, 1, RESIDENT).ok_or_else(|| wasmtime::format_err!("there are some"))?;
    let mut address = None;
    for written in [0, 1, RESIDENT, RESIDENT + 1, SIZE, 0] {
        let mut stack = stacks.new_stack(SIZE - 1, true)?;
        assert_eq!(*address.get_or_insert(stack.top()), stack.top());
        let bytes = bytes(&mut *stack);
        assert_eq!(bytes.len(), SIZE);
        assert_eq!(bytes.iter().position(|byte| *byte != 0), None);
        bytes[SIZE - written..].fill(0xff);
    }
    Ok(())
}

#[test]
fn a_stack_has_a_page_below_it() -> Result<()> {
    let stacks =
        Stacks::new(1, 1, RESIDENT).ok_or_else(|| wasmtime::format_err!("there are some"))?;
    let page = page_size();
    for size in [0, 1, page, page + 1] {
        let stack = stacks.new_stack(size, false)?;
        let (guard, range) = (stack.guard_range(), stack.range());
        assert_eq!(guard.end.addr(), range.start);
        assert_eq!(guard.end.addr() - guard.start.addr(), page);
        assert_eq!(range.end, stack.top().addr());
        assert_eq!(range.len(), size.max(1).next_multiple_of(page));
        assert!(!access(guard.start.addr()).starts_with("rw"));
        assert!(access(range.start).starts_with("rw"));
    }
    assert!(stacks.new_stack(usize::MAX, true).is_err());
    Ok(())
}

/// Returns the access rights of an address, from `/proc/self/maps`.
fn access(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let of = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        (start..end).contains(&address).then(|| rest.to_owned())
    };
    maps.lines().find_map(of).unwrap_or_default()
}

/// Deep calls, which write to the stack that the next instance reuses.
#[test]
fn code_runs_on_stacks() -> Result<()> {
    let guest = Guest::of(
        scanning(),
        r#"(module
            (func $deep (export "deep") (param i32) (result i32)
                (if (result i32) (i32.eqz (local.get 0))
                    (then (i32.const 0))
                    (else (i32.add (i32.const 1)
                        (call $deep (i32.sub (local.get 0) (i32.const 1))))))))"#,
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for _ in 0..3 {
        let run = async {
            let mut store = Store::new(&guest.engine, ());
            let instance = wasmtime::Instance::new_async(&mut store, &guest.module, &[]).await?;
            let deep = instance.get_typed_func::<i32, i32>(&mut store, "deep")?;
            let most = deep.call_async(&mut store, 5000).await?;
            let too_deep = deep.call_async(&mut store, i32::MAX).await;
            Ok::<_, wasmtime::Error>((most, too_deep))
        };
        let (most, too_deep) = runtime.block_on(run)?;
        assert_eq!(most, 5000);
        let trap = too_deep.err();
        let trap = trap.and_then(|trap| trap.downcast_ref::<wasmtime::Trap>().copied());
        assert_eq!(trap, Some(wasmtime::Trap::StackOverflow));
        assert!(contents::contents().is_none());
    }
    Ok(())
}
