//! The defaults of a runtime, computed from the machine's memory.

/// The machine's memory per slot, in bytes. A small run writes to a fraction of a megabyte, and a
/// program that computes to a few.
const MEMORY_FOR_SLOT: u64 = 16 << 20;
const FEWEST_SLOTS: u64 = 16;
/// Each slot needs some ten mappings, and Linux lets a process have 65,530.
const MOST_SLOTS: u64 = 4096;
/// The default limit on the resident memory of free slots, in bytes.
const RESIDENT_MEMORY: u64 = 512 << 20;

/// Returns the default number of slots on this machine.
pub(super) fn default_slots() -> usize {
    slots_for(memory())
}

/// Returns the default resident memory of free slots on this machine, in bytes.
pub(super) fn default_resident_memory() -> usize {
    resident_memory_for(memory())
}

fn slots_for(memory: u64) -> usize {
    (memory / MEMORY_FOR_SLOT).clamp(FEWEST_SLOTS, MOST_SLOTS) as usize
}

fn resident_memory_for(memory: u64) -> usize {
    (memory / 8).min(RESIDENT_MEMORY) as usize
}

/// Returns the memory of this machine in bytes, or the limit of this process's control group if
/// that is less.
#[cfg(target_os = "linux")]
fn memory() -> u64 {
    use std::fs::read_to_string;

    let machine = read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(total_of_meminfo);
    let own = read_to_string("/proc/self/cgroup").ok();
    let own = own
        .as_deref()
        .and_then(|text| text.trim().strip_prefix("0::"));
    // In a container the control group is mounted as the root.
    let groups = own.into_iter().chain(["/"]);
    let limits = groups.filter_map(|group| {
        let path = format!("/sys/fs/cgroup{}/memory.max", group.trim_end_matches('/'));
        read_to_string(path).ok()?.trim().parse().ok()
    });
    limits.chain(machine).min().unwrap_or(UNKNOWN)
}

/// The assumed memory if the system does not report it, in bytes.
const UNKNOWN: u64 = 4 << 30;

#[cfg(not(target_os = "linux"))]
fn memory() -> u64 {
    UNKNOWN
}

/// Parses the total in `/proc/meminfo`, in bytes.
#[cfg(any(target_os = "linux", test))]
fn total_of_meminfo(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_follow_the_memory() {
        assert_eq!(slots_for(0), 16);
        assert_eq!(slots_for(8 << 30), 512);
        assert_eq!(slots_for(1 << 50), 4096);
        assert_eq!(resident_memory_for(1 << 30), 128 << 20);
        assert_eq!(resident_memory_for(64 << 30), 512 << 20);
    }

    #[test]
    fn meminfo_is_read() {
        let text = "MemTotal:       24594268 kB\nMemFree:         1234 kB\n";
        assert_eq!(total_of_meminfo(text), Some(24_594_268 * 1024));
        assert_eq!(total_of_meminfo("MemFree: 1 kB\n"), None);
    }
}
