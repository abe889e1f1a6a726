//! The machine code that the images of a runtime share. It stays loaded while one of them is in use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::{Engine, Module};

use super::code::{Code, load_file};
use crate::store::{ImageStore, Kind};

/// The code in use in a runtime, by key.
#[derive(Default)]
pub(crate) struct LoadedCode(Mutex<HashMap<String, Weak<Code>>>);

impl LoadedCode {
    /// Returns code that is in use, or loads it from a store. Returns `None` if the store has no intact
    /// entry.
    pub(crate) fn load_cached(
        &self,
        store: &ImageStore,
        key: &str,
        engine: &Engine,
    ) -> Option<Arc<Code>> {
        if let Some(code) = self.in_use(key) {
            store.touch(Kind::Code, key);
            return Some(code);
        }
        let mut entry = store.get(Kind::Code, key)?;
        let module = entry
            .is_intact()
            .then(|| load_file(engine, &entry.path).ok())
            .flatten();
        match module {
            Some(_) => store.touch(Kind::Code, key),
            None => store.set_aside(Kind::Code, key),
        }
        let size = entry.sealed.payload_size();
        Some(self.share(key.to_owned(), module?, size))
    }

    /// Adds a module that was just loaded, unless another thread has added it meanwhile. Returns the
    /// shared one.
    pub(crate) fn share(&self, key: String, module: Module, size: usize) -> Arc<Code> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = codes.get(&key).and_then(Weak::upgrade) {
            return code;
        }
        codes.retain(|_, code| code.strong_count() > 0);
        let code = Arc::new(Code { key, module, size });
        codes.insert(code.key.clone(), Arc::downgrade(&code));
        code
    }

    fn in_use(&self, key: &str) -> Option<Arc<Code>> {
        let codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.get(key)?.upgrade()
    }
}
