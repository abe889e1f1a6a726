//! What modules share with each other: functions, tables, memories and globals.

use wasmparser::ExternalKind;

use super::{Unexpected, unexpected};

/// What modules share with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

/// One thing of some kind: where it comes from, however it is called by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Item {
    /// The function of the host that was the first, second … to be lowered.
    Host(u32),
    /// Defined by the module of an instance; `index` counts what the module defines of its kind.
    Own { instance: u32, index: u32 },
}

/// The kind of an export.
pub(super) fn kind(kind: ExternalKind) -> Result<Kind, Unexpected> {
    match kind {
        ExternalKind::Func => Ok(Kind::Function),
        ExternalKind::Table => Ok(Kind::Table),
        ExternalKind::Memory => Ok(Kind::Memory),
        ExternalKind::Global => Ok(Kind::Global),
        ExternalKind::Tag | ExternalKind::FuncExact => Err(unexpected("a tag")),
    }
}
