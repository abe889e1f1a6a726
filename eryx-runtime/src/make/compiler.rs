//! The compiler: wasmtime's, set up for the processors that an image is to run on.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use eryx_artifact::PartsHasher;
use wasmtime::{CacheStore, Engine};

use crate::input::cpu::{Cpu, Target};
use crate::run::runtime::engine_config;

/// An engine that compiles for a target, and asks `known` for functions first.
pub(crate) fn compiler(
    Target { cpu, fuel }: Target,
    known: Option<Arc<dyn CacheStore>>,
) -> wasmtime::Result<Engine> {
    let mut config = engine_config(fuel);
    // With a target the engine does not look at this machine's processor.
    if let Some(triple) = TRIPLE {
        config.target(triple)?;
        for feature in cpu.features() {
            #[expect(unsafe_code, reason = "the engine takes it in no other way")]
            // SAFETY: these are names of processor features; an image is only loaded on a machine
            // that has them.
            unsafe {
                config.cranelift_flag_enable(feature.flag);
            }
        }
    }
    if let Some(known) = known {
        config.enable_incremental_compilation(known)?;
    }
    Engine::new(&config)
}

/// A hash over the compiler's version, its settings, and what it compiles for.
pub(crate) fn identity(target: Target) -> wasmtime::Result<&'static str> {
    static IDENTITIES: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];

    let index = usize::from(target.cpu == Cpu::Native) + 2 * usize::from(target.fuel);
    let identity = &IDENTITIES[index];
    if let Some(identity) = identity.get() {
        return Ok(identity);
    }
    let mut parts = PartsHasher::default();
    let compiler = compiler(target, None)?;
    compiler.precompile_compatibility_hash().hash(&mut parts);
    let made = parts.digest().to_string();
    Ok(identity.get_or_init(|| made))
}

/// This machine, as the compiler calls it, where a portable processor of it is defined.
const TRIPLE: Option<&str> = match () {
    () if cfg!(all(target_arch = "x86_64", target_os = "linux")) => {
        Some("x86_64-unknown-linux-gnu")
    }
    () if cfg!(all(target_arch = "aarch64", target_os = "linux")) => {
        Some("aarch64-unknown-linux-gnu")
    }
    () if cfg!(all(target_arch = "x86_64", target_os = "macos")) => Some("x86_64-apple-darwin"),
    () if cfg!(all(target_arch = "aarch64", target_os = "macos")) => Some("aarch64-apple-darwin"),
    () if cfg!(all(target_arch = "x86_64", target_os = "windows")) => {
        Some("x86_64-pc-windows-msvc")
    }
    () => None,
};
