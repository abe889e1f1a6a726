//! The functions, tables, memories and globals that core modules import from each other.

use wasmparser::ExternalKind;

use super::{Unexpected, unexpected};

/// The kind of an import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

/// One function, table, memory or global of the component, identified by where it is defined: every
/// import that resolves to it is the same item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Item {
    /// A host function; the number is its position in [`Graph::host`](super::graph::Graph::host).
    Host(u32),
    /// Defined by the module of an instance; `index` counts only what the module itself defines of
    /// that kind, without its imports.
    Defined { instance: u32, index: u32 },
}

/// Converts the kind of an export.
pub(super) fn kind(kind: ExternalKind) -> Result<Kind, Unexpected> {
    match kind {
        ExternalKind::Func => Ok(Kind::Function),
        ExternalKind::Table => Ok(Kind::Table),
        ExternalKind::Memory => Ok(Kind::Memory),
        ExternalKind::Global => Ok(Kind::Global),
        ExternalKind::Tag | ExternalKind::FuncExact => Err(unexpected("a tag")),
    }
}
