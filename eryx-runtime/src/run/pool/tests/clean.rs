//! Tests that no instance can read what an earlier one wrote.

use std::sync::Arc;
use std::thread;

use rustix::mm::{Advice, madvise, mlock};
use wasmtime::Result;

use super::super::scan::{PageRuns, Pagemap};
use super::{Guest, Memories, PAGE, RESIDENT, WASM, not_scanning, pattern, scanning, snapshot};

/// The WebAssembly pages of the snapshot, of a new memory, and of the largest memory.
const SNAPSHOT: usize = 8;
const FIRST: usize = 16;
const MAXIMUM: usize = 64;

/// Checks that a memory is as new after `act` on an earlier instance, at the same address.
#[track_caller]
fn next_begins_new(act: impl Fn(&mut super::Live) -> Result<()>) -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    for memories in [scanning(), not_scanning()] {
        let guest = Guest::new(memories, FIRST, MAXIMUM)?;
        let mut address = None;
        for _ in 0..3 {
            let mut instance = guest.instance(Some(&contents))?;
            assert_eq!(
                *address.get_or_insert(instance.address()),
                instance.address()
            );
            instance.assert_new(&pattern(1, SNAPSHOT), FIRST * WASM);
            assert!(instance.traps("load", FIRST * WASM));
            act(&mut instance)?;
        }
    }
    Ok(())
}

#[test]
fn nothing_written() -> Result<()> {
    next_begins_new(|_| Ok(()))
}

#[test]
fn scattered_pages() -> Result<()> {
    next_begins_new(|instance| {
        for page in instance.bytes().chunks_mut(PAGE).step_by(9) {
            page[77] = 0;
            page[PAGE - 1] = 0xff;
        }
        Ok(())
    })
}

#[test]
fn zeros_in_place_of_contents() -> Result<()> {
    next_begins_new(|instance| {
        instance.bytes()[..4 * PAGE].fill(0);
        Ok(())
    })
}

#[test]
fn on_both_sides_of_the_end_of_the_contents() -> Result<()> {
    next_begins_new(|instance| {
        let end = SNAPSHOT * WASM;
        instance.bytes()[end - PAGE - 1..=end + PAGE].fill(0xff);
        Ok(())
    })
}

#[test]
fn more_pages_than_stay_resident() -> Result<()> {
    next_begins_new(|instance| {
        instance.bytes().fill(0xff);
        Ok(())
    })?;
    // A part of a run stays resident, or exactly all of it.
    for size in [
        RESIDENT - PAGE,
        RESIDENT,
        RESIDENT + 1,
        RESIDENT + PAGE,
        RESIDENT + 2 * PAGE,
    ] {
        next_begins_new(|instance| {
            instance.bytes()[3 * PAGE..][..size].fill(0xff);
            instance.bytes()[(FIRST * WASM) - 1] = 0xff;
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn more_runs_than_one_scan_returns() -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    let guest = Guest::new(
        Memories::with(1, 1, 1 << 30, Pagemap::open()),
        MAXIMUM,
        MAXIMUM,
    )?;
    for _ in 0..3 {
        let mut instance = guest.instance(Some(&contents))?;
        instance.assert_new(&pattern(1, SNAPSHOT), MAXIMUM * WASM);
        for page in instance.bytes().chunks_mut(PAGE).step_by(2) {
            page[0] = 0xff;
        }
    }
    Ok(())
}

#[test]
fn grown_pages() -> Result<()> {
    next_begins_new(|instance| {
        let new = FIRST * WASM;
        assert_eq!(usize::try_from(instance.call("grow", 20)?)?, FIRST);
        instance.assert_new(&pattern(1, SNAPSHOT), new + 20 * WASM);
        instance.bytes()[new..].fill(0xff);
        Ok(())
    })?;
    // Few enough pages to stay resident.
    next_begins_new(|instance| {
        let new = FIRST * WASM;
        instance.call("grow", 1)?;
        instance.assert_new(&pattern(1, SNAPSHOT), new + WASM);
        instance.bytes()[new - PAGE..new + 2 * PAGE].fill(0xff);
        Ok(())
    })
}

/// Without swap the pages stay in memory, and this test equals `scattered_pages`.
#[test]
fn pages_that_were_swapped_out() -> Result<()> {
    next_begins_new(|instance| {
        for page in instance.bytes().chunks_mut(PAGE).step_by(3) {
            page[5] = 0xff;
        }
        let address = instance.address();
        #[expect(unsafe_code, reason = "moves pages out of memory")]
        // SAFETY: it changes nothing that could be noticed.
        unsafe {
            madvise(address.cast(), FIRST * WASM, Advice::LinuxPageOut)?;
        }
        Ok(())
    })
}

/// A locked page cannot be discarded, so the pool drops the slot.
#[test]
fn pages_that_are_locked() -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    for memories in [scanning(), not_scanning()] {
        let guest = Guest::new(memories, FIRST, MAXIMUM)?;
        for _ in 0..3 {
            let mut instance = guest.instance(Some(&contents))?;
            instance.assert_new(&pattern(1, SNAPSHOT), FIRST * WASM);
            instance.bytes().fill(0xff);
            let last = instance.address().wrapping_add(FIRST * WASM - PAGE);
            #[expect(unsafe_code, reason = "keeps a page in memory")]
            // SAFETY: it changes nothing that could be noticed.
            let _ = unsafe { mlock(last.cast(), PAGE) };
        }
    }
    Ok(())
}

#[test]
fn changed_pages_stay_resident_up_to_the_limit() -> Result<()> {
    let Some(pagemap) = Pagemap::open() else {
        return Ok(());
    };
    let contents = snapshot(1, SNAPSHOT)?;
    for (memories, written, resident) in [
        (scanning(), RESIDENT, RESIDENT),
        (scanning(), RESIDENT + 5 * PAGE, RESIDENT),
        (not_scanning(), RESIDENT, 0),
    ] {
        let guest = Guest::new(memories, FIRST, MAXIMUM)?;
        guest.instance(Some(&contents))?.bytes()[..written].fill(0xff);
        let instance = guest.instance(Some(&contents))?;
        let mut found = PageRuns::new();
        let memory = 0..FIRST * WASM;
        let (runs, end) = pagemap.changed_pages(instance.address(), memory.clone(), &mut found)?;
        assert_eq!(runs.map(|(run, _)| run.len()).sum::<usize>(), resident);
        assert_eq!(end, memory.end);
    }
    Ok(())
}

/// Huge pages, if the system has them.
#[test]
fn huge_pages() -> Result<()> {
    let guest = Guest::new(scanning(), MAXIMUM * 4, MAXIMUM * 4)?;
    for _ in 0..3 {
        let mut instance = guest.instance(None)?;
        let size = MAXIMUM * 4 * WASM;
        let address = instance.address();
        #[expect(unsafe_code, reason = "asks for large pages")]
        // SAFETY: it changes nothing that could be noticed.
        let _ = unsafe { madvise(address.cast(), size, Advice::LinuxHugepage) };
        instance.assert_new(&[], size);
        instance.bytes()[5 << 20] = 0xff;
        instance.bytes()[9 << 20] = 0xff;
    }
    Ok(())
}

#[test]
fn other_contents_at_the_same_address() -> Result<()> {
    let (one, two) = (snapshot(1, SNAPSHOT)?, snapshot(2, SNAPSHOT / 2)?);
    for memories in [scanning(), not_scanning()] {
        let guest = Guest::new(memories, FIRST, MAXIMUM)?;
        let address = guest.instance(None)?.address();
        for contents in [Some(&one), Some(&two), None, Some(&two), Some(&one), None] {
            let mut instance = guest.instance(contents)?;
            assert_eq!(instance.address(), address);
            let expected = contents.map_or(Vec::new(), |snapshot| snapshot.bytes().to_vec());
            instance.assert_new(&expected, FIRST * WASM);
            instance.call("grow", 3)?;
            instance.assert_new(&expected, (FIRST + 3) * WASM);
            instance.bytes()[3 * PAGE..].fill(0xff);
        }
    }
    Ok(())
}

#[test]
fn slots_are_reused_for_their_contents() -> Result<()> {
    let (one, two) = (snapshot(1, SNAPSHOT)?, snapshot(2, SNAPSHOT)?);
    let guest = Guest::new(
        Memories::with(2, 2, RESIDENT, Pagemap::open()),
        FIRST,
        MAXIMUM,
    )?;
    let first = guest.instance(Some(&one))?.address();
    let second = guest.instance(Some(&two))?.address();
    assert_ne!(first, second);
    assert_eq!(guest.instance(Some(&one))?.address(), first);
    assert_eq!(guest.instance(Some(&two))?.address(), second);
    // A full pool takes the least recently used slot.
    let three = snapshot(3, SNAPSHOT)?;
    assert_eq!(guest.instance(Some(&three))?.address(), first);
    // A slot whose snapshot is dropped comes first.
    drop(three);
    assert_eq!(guest.instance(Some(&one))?.address(), first);
    Ok(())
}

#[test]
fn with_many_threads() -> Result<()> {
    const THREADS: u64 = 8;
    let contents = [
        None,
        Some(snapshot(1, SNAPSHOT)?),
        Some(snapshot(2, SNAPSHOT / 2)?),
    ];
    let memories = Memories::with(6, 6, RESIDENT, Pagemap::open());
    let guest = Arc::new(Guest::new(memories, FIRST, MAXIMUM)?);
    let run = |thread: u64| -> Result<()> {
        let mut random = thread + 1;
        let mut random = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below as u64).unwrap_or(0)
        };
        for _ in 0..200 {
            let contents = contents[random(3)].as_ref();
            let expected = contents.map_or(&[][..], |snapshot| snapshot.bytes());
            let mut instance = guest.instance(contents)?;
            instance.assert_new(expected, FIRST * WASM);
            let more = random(4);
            instance.call("grow", more)?;
            instance.assert_new(expected, (FIRST + more) * WASM);
            for _ in 0..random(60) {
                let at = random((FIRST + more) * WASM);
                instance.bytes()[at] = instance.bytes()[at].wrapping_add(1);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| scope.spawn(move || run(thread)));
        let threads: Vec<_> = threads.collect();
        for thread in threads {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })
}
