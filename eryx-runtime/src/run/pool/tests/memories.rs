//! Tests of the contents and the bounds of memories.

use std::future::{Future as _, poll_fn};
use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use wasmtime::{Instance, MemoryCreator as _, MemoryType, Result, Store};

use super::super::initial_contents::contents;
use super::super::{Snapshot, with_contents, with_contents_async};
use super::{Guest, Live, WASM, pattern, scanning, snapshot};

#[test]
fn a_memory_begins_with_its_contents_and_zeros() -> Result<()> {
    let guest = Guest::new(scanning(), 4, 8)?;
    let contents = snapshot(1, 3)?;
    guest
        .instance(Some(&contents))?
        .assert_new(&pattern(1, 3), 4 * WASM);
    Ok(())
}

#[test]
fn a_memory_has_room_for_its_contents() -> Result<()> {
    let guest = Guest::new(scanning(), 1, 4)?;
    let contents = snapshot(1, 3)?;
    let mut instance = guest.instance(Some(&contents))?;
    instance.assert_new(&pattern(1, 3), 3 * WASM);
    assert_eq!(
        instance.call("load", 3 * WASM - 1)?,
        i32::from(pattern(1, 3)[3 * WASM - 1])
    );
    assert!(instance.traps("load", 3 * WASM));
    assert_eq!(instance.call("grow", 1)?, 3);
    assert_eq!(instance.call("grow", 1)?, -1);

    let small = Guest::new(scanning(), 1, 2)?;
    let error = small
        .instance(Some(&contents))
        .err()
        .map(|error| error.to_string());
    assert_eq!(
        error.as_deref(),
        Some(
            "cannot create a linear memory: \
             the snapshot is larger than the module allows its memory to be"
        )
    );
    Ok(())
}

#[test]
fn what_is_written_does_not_reach_the_contents() -> Result<()> {
    let guest = Guest::new(scanning(), 3, 8)?;
    let contents = snapshot(1, 3)?;
    let mut first = guest.instance(Some(&contents))?;
    let mut second = guest.instance(Some(&contents))?;
    first.bytes().fill(0xff);
    second.assert_new(&pattern(1, 3), 3 * WASM);
    assert_eq!(contents.bytes(), pattern(1, 3));
    Ok(())
}

#[test]
fn accesses_outside_trap() -> Result<()> {
    let guest = Guest::new(scanning(), 4, 8)?;
    let contents = snapshot(1, 3)?;
    for contents in [None, Some(&contents)] {
        let mut instance = guest.instance(contents)?;
        assert!(instance.traps("load", 4 * WASM));
        assert!(instance.traps("store", 4 * WASM - 8));
        instance.call("store", 4 * WASM - 11)?;
        assert!(instance.traps("load", u32::MAX as usize));
        assert!(instance.traps("load far", 0));
        assert!(instance.traps("load far", u32::MAX as usize));
        // The instance survives.
        assert_eq!(instance.call("grow", 1)?, 4);
        assert_eq!(instance.call("load", 4 * WASM)?, 0);
        assert!(instance.traps("load", 5 * WASM));
    }
    Ok(())
}

#[test]
fn a_memory_grows_to_its_maximum_in_place() -> Result<()> {
    let guest = Guest::new(scanning(), 4, 6)?;
    let contents = snapshot(1, 3)?;
    let mut instance = guest.instance(Some(&contents))?;
    let address = instance.address();
    assert_eq!(instance.call("grow", 2)?, 4);
    assert_eq!(instance.call("grow", 1)?, -1);
    instance.assert_new(&pattern(1, 3), 6 * WASM);
    assert_eq!(instance.address(), address);
    Ok(())
}

/// wasmtime creates its garbage-collected heaps like this, without telling that they are heaps.
#[test]
fn a_memory_that_begins_empty_has_no_contents() -> Result<()> {
    let contents = snapshot(1, 3)?;
    let mut memory = with_contents(Some(&contents), || {
        scanning().new_memory(MemoryType::new(0, None), 0, None, Some(1 << 32), WASM)
    })
    .map_err(wasmtime::Error::msg)?;
    assert_eq!(memory.byte_size(), 0);
    assert_eq!(memory.byte_capacity(), 1 << 32);
    memory.grow_to(1 << 32)?;
    assert!(memory.grow_to((1 << 32) + 1).is_err());
    assert_eq!(memory.byte_size(), 1 << 32);
    Ok(())
}

#[test]
fn only_whole_pages_that_are_there_make_a_snapshot() -> Result<()> {
    let mut file = tempfile::tempfile()?;
    file.write_all(&pattern(1, 2))?;
    assert!(Snapshot::map(&file, 0, 2 * WASM).is_ok());
    assert!(Snapshot::map(&file, WASM as u64, WASM).is_ok());
    for (offset, size) in [
        (4096, WASM),
        (0, 4096),
        (0, 0),
        (0, 3 * WASM),
        (WASM as u64, 2 * WASM),
        (u64::MAX - 0xffff, WASM),
    ] {
        let refused = Snapshot::map(&file, offset, size).err();
        let refused = refused.map(|error| error.kind());
        assert_eq!(refused, Some(std::io::ErrorKind::InvalidInput));
    }
    Ok(())
}

#[test]
fn contents_are_scoped() -> Result<()> {
    let (one, two) = (snapshot(1, 1)?, snapshot(2, 1)?);
    let is = |wanted: Option<&Arc<Snapshot>>| match (contents(), wanted) {
        (Some(is), Some(wanted)) => Arc::ptr_eq(&is, wanted),
        (is, wanted) => is.is_none() && wanted.is_none(),
    };
    with_contents(Some(&one), || {
        assert!(is(Some(&one)));
        with_contents(Some(&two), || assert!(is(Some(&two))));
        with_contents(None, || assert!(is(None)));
        let panicked = std::panic::catch_unwind(|| {
            with_contents(Some(&two), || std::panic::resume_unwind(Box::new(())));
        });
        assert!(panicked.is_err());
        assert!(is(Some(&one)));
    });
    assert!(is(None));

    // A future has its contents at each poll; other code between the polls does not.
    let mut polls = 0;
    let mut future = pin!(with_contents_async(
        Some(one.clone()),
        poll_fn(|_| {
            assert!(is(Some(&one)));
            polls += 1;
            if polls == 2 {
                Poll::Ready(7)
            } else {
                Poll::Pending
            }
        })
    ));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
    assert!(is(None));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(7));
    Ok(())
}

#[test]
fn async_instantiation_has_contents() -> Result<()> {
    let guest = Guest::new(scanning(), 4, 8)?;
    let contents = snapshot(1, 3)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut store = Store::new(&guest.engine, ());
    let instance = Instance::new_async(&mut store, &guest.module, &[]);
    let instance = runtime.block_on(with_contents_async(Some(contents), instance))?;
    let memory = instance.get_memory(&mut store, "memory");
    let memory = memory.ok_or_else(|| wasmtime::format_err!("it has a memory"))?;
    let mut live = Live {
        store,
        instance,
        memory,
    };
    live.assert_new(&pattern(1, 3), 4 * WASM);
    Ok(())
}
