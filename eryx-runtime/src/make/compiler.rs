//! wasmtime's compiler, configured for the processors that an image runs on.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use eryx_artifact::PartsHasher;
use wasmtime::{CacheStore, Engine};

use crate::input::cpu::{Cpu, Target};
use crate::run::runtime::engine_config;

/// Returns an engine that compiles for a target, and looks functions up in `cache` first.
pub(crate) fn compiler(
    Target { cpu, fuel }: Target,
    cache: Option<Arc<dyn CacheStore>>,
) -> wasmtime::Result<Engine> {
    let mut config = engine_config(fuel);
    // With an explicit target, the engine ignores this machine's processor.
    if let Some(triple) = TRIPLE {
        config.target(triple)?;
        for feature in cpu.features() {
            #[expect(unsafe_code, reason = "the engine has no safe function for it")]
            // SAFETY: the flags name processor features, and an image is only loaded on a machine that has
            // them.
            unsafe {
                config.cranelift_flag_enable(feature.flag);
            }
        }
    }
    if let Some(cache) = cache {
        config.enable_incremental_compilation(cache)?;
    }
    Engine::new(&config)
}

/// Returns a hash of the compiler's version, its settings and its target.
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
    let hash = parts.digest().to_string();
    Ok(identity.get_or_init(|| hash))
}

/// The compiler's name for this platform, if eryx defines a portable processor for it.
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
