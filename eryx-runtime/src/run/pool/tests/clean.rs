//! Nothing of one instance is left for the next.

use std::sync::Arc;
use std::thread;

use rustix::mm::{Advice, madvise, mlock};
use wasmtime::Result;

use super::super::scan::{Found, Pagemap};
use super::{Guest, KEPT, Memories, PAGE, WASM, asking, not_asking, pattern, snapshot};

/// The pages that its contents have, that it begins with, and that it can grow to.
const SNAPSHOT: usize = 8;
const FIRST: usize = 16;
const MOST: usize = 64;

/// Checks what the next instance finds after `act` on the one before, in the same place.
#[track_caller]
fn next_begins_new(act: impl Fn(&mut super::Live) -> Result<()>) -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    for memories in [asking(), not_asking()] {
        let guest = Guest::new(memories, FIRST, MOST)?;
        let mut place = None;
        for _ in 0..3 {
            let mut instance = guest.instance(Some(&contents))?;
            assert_eq!(*place.get_or_insert(instance.place()), instance.place());
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
fn more_than_is_kept() -> Result<()> {
    next_begins_new(|instance| {
        instance.bytes().fill(0xff);
        Ok(())
    })?;
    // Of a run of pages that is kept in part, and where the last page kept is the last changed.
    for size in [KEPT - PAGE, KEPT, KEPT + 1, KEPT + PAGE, KEPT + 2 * PAGE] {
        next_begins_new(|instance| {
            instance.bytes()[3 * PAGE..][..size].fill(0xff);
            instance.bytes()[(FIRST * WASM) - 1] = 0xff;
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn more_runs_than_are_asked_for_at_a_time() -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    let guest = Guest::new(Memories::with(1, 1, 1 << 30, Pagemap::open()), MOST, MOST)?;
    for _ in 0..3 {
        let mut instance = guest.instance(Some(&contents))?;
        instance.assert_new(&pattern(1, SNAPSHOT), MOST * WASM);
        for page in instance.bytes().chunks_mut(PAGE).step_by(2) {
            page[0] = 0xff;
        }
    }
    Ok(())
}

#[test]
fn what_it_grew_by() -> Result<()> {
    next_begins_new(|instance| {
        let new = FIRST * WASM;
        assert_eq!(usize::try_from(instance.call("grow", 20)?)?, FIRST);
        instance.assert_new(&pattern(1, SNAPSHOT), new + 20 * WASM);
        instance.bytes()[new..].fill(0xff);
        Ok(())
    })?;
    // Few enough pages to be kept.
    next_begins_new(|instance| {
        let new = FIRST * WASM;
        instance.call("grow", 1)?;
        instance.assert_new(&pattern(1, SNAPSHOT), new + WASM);
        instance.bytes()[new - PAGE..new + 2 * PAGE].fill(0xff);
        Ok(())
    })
}

/// Where there is no swap they stay, and this is as `scattered_pages`.
#[test]
fn pages_that_were_swapped_out() -> Result<()> {
    next_begins_new(|instance| {
        for page in instance.bytes().chunks_mut(PAGE).step_by(3) {
            page[5] = 0xff;
        }
        let place = instance.place();
        #[expect(unsafe_code, reason = "moves pages out of memory")]
        // SAFETY: it changes nothing that could be noticed.
        unsafe {
            madvise(place.cast(), FIRST * WASM, Advice::LinuxPageOut)?;
        }
        Ok(())
    })
}

/// Where a page cannot be given back, the slot is.
#[test]
fn pages_that_are_locked() -> Result<()> {
    let contents = snapshot(1, SNAPSHOT)?;
    for memories in [asking(), not_asking()] {
        let guest = Guest::new(memories, FIRST, MOST)?;
        for _ in 0..3 {
            let mut instance = guest.instance(Some(&contents))?;
            instance.assert_new(&pattern(1, SNAPSHOT), FIRST * WASM);
            instance.bytes().fill(0xff);
            let last = instance.place().wrapping_add(FIRST * WASM - PAGE);
            #[expect(unsafe_code, reason = "keeps a page in memory")]
            // SAFETY: it changes nothing that could be noticed.
            let _ = unsafe { mlock(last.cast(), PAGE) };
        }
    }
    Ok(())
}

#[test]
fn changed_pages_stay_as_far_as_they_are_to_be_kept() -> Result<()> {
    let Some(pagemap) = Pagemap::open() else {
        return Ok(());
    };
    let contents = snapshot(1, SNAPSHOT)?;
    for (memories, written, kept) in [
        (asking(), KEPT, KEPT),
        (asking(), KEPT + 5 * PAGE, KEPT),
        (not_asking(), KEPT, 0),
    ] {
        let guest = Guest::new(memories, FIRST, MOST)?;
        guest.instance(Some(&contents))?.bytes()[..written].fill(0xff);
        let instance = guest.instance(Some(&contents))?;
        let mut found = Found::new();
        let memory = 0..FIRST * WASM;
        let (runs, end) = pagemap.changed(instance.place(), memory.clone(), &mut found)?;
        assert_eq!(runs.map(|(run, _)| run.len()).sum::<usize>(), kept);
        assert_eq!(end, memory.end);
    }
    Ok(())
}

/// Large pages, where the system has them.
#[test]
fn large_pages() -> Result<()> {
    let guest = Guest::new(asking(), MOST * 4, MOST * 4)?;
    for _ in 0..3 {
        let mut instance = guest.instance(None)?;
        let size = MOST * 4 * WASM;
        let place = instance.place();
        #[expect(unsafe_code, reason = "asks for large pages")]
        // SAFETY: it changes nothing that could be noticed.
        let _ = unsafe { madvise(place.cast(), size, Advice::LinuxHugepage) };
        instance.assert_new(&[], size);
        instance.bytes()[5 << 20] = 0xff;
        instance.bytes()[9 << 20] = 0xff;
    }
    Ok(())
}

#[test]
fn other_contents_in_the_same_place() -> Result<()> {
    let (one, two) = (snapshot(1, SNAPSHOT)?, snapshot(2, SNAPSHOT / 2)?);
    for memories in [asking(), not_asking()] {
        let guest = Guest::new(memories, FIRST, MOST)?;
        let place = guest.instance(None)?.place();
        for contents in [Some(&one), Some(&two), None, Some(&two), Some(&one), None] {
            let mut instance = guest.instance(contents)?;
            assert_eq!(instance.place(), place);
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
fn places_are_kept_for_their_contents_as_far_as_there_are_enough() -> Result<()> {
    let (one, two) = (snapshot(1, SNAPSHOT)?, snapshot(2, SNAPSHOT)?);
    let guest = Guest::new(Memories::with(2, 2, KEPT, Pagemap::open()), FIRST, MOST)?;
    let first = guest.instance(Some(&one))?.place();
    let second = guest.instance(Some(&two))?.place();
    assert_ne!(first, second);
    assert_eq!(guest.instance(Some(&one))?.place(), first);
    assert_eq!(guest.instance(Some(&two))?.place(), second);
    // The one that was not used for longest goes.
    let three = snapshot(3, SNAPSHOT)?;
    assert_eq!(guest.instance(Some(&three))?.place(), first);
    // One whose contents are gone goes first.
    drop(three);
    assert_eq!(guest.instance(Some(&one))?.place(), first);
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
    let memories = Memories::with(6, 6, KEPT, Pagemap::open());
    let guest = Arc::new(Guest::new(memories, FIRST, MOST)?);
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
