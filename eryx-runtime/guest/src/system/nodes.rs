//! The file system: nodes by number, directories that name them.
//!
//! A node stays while a name or a handle stands for it. What is in files is kept apart from all
//! this, so that looking something up touches no contents.

use std::collections::BTreeMap;

use super::abi::has_room;
use super::clocks;
use super::content::Content;
use super::error::ErrorCode;
use super::paths::Place;

/// The number of a node.
pub(crate) type NodeId = u32;

/// The root directory.
pub(crate) const ROOT: NodeId = 0;

/// The times of what was there from the beginning: 1980-01-02, in nanoseconds since 1970. Archives
/// know no time before 1980, in whatever time zone.
const BEGINNING: u64 = 315_619_200_000_000_000;

pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Whether a program may change it: its contents, or what is in the directory.
    pub(crate) writable: bool,
    /// How many names it has.
    pub(crate) links: u32,
    /// How many handles it has.
    open: u32,
    pub(crate) times: Times,
}

pub(crate) enum Kind {
    Directory(Directory),
    File(Content),
    Link(Box<[u8]>),
    Device(Device),
}

pub(crate) struct Directory {
    pub(crate) parent: NodeId,
    pub(crate) entries: BTreeMap<Box<[u8]>, NodeId>,
}

/// What is in `/dev`.
#[derive(Clone, Copy)]
pub(crate) enum Device {
    Null,
    Zero,
    Random,
}

/// In nanoseconds since 1970. Reading does not change the time of access.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl Node {
    fn new(kind: Kind, writable: bool, time: u64) -> Self {
        Self {
            kind,
            writable,
            links: 1,
            open: 0,
            times: Times {
                accessed: time,
                modified: time,
                changed: time,
            },
        }
    }

    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    pub(crate) fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(content) => content.size(),
            Kind::Link(target) => target.len() as u64,
            Kind::Directory(_) | Kind::Device(_) => 0,
        }
    }

    /// Notes that its contents have changed.
    pub(crate) fn touch(&mut self) {
        let now = clocks::wall();
        self.times.modified = now;
        self.times.changed = now;
    }
}

pub(crate) struct FileSystem {
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
}

impl FileSystem {
    /// `/`, `/dev` and `/tmp`, of which only the last can be changed.
    pub(crate) fn new() -> Self {
        let root = Node::new(directory(ROOT), false, BEGINNING);
        let mut files = Self {
            nodes: vec![Some(root)],
            free: Vec::new(),
        };
        let dev = files.found(ROOT, b"dev", directory(ROOT), false);
        files.found(ROOT, b"tmp", directory(ROOT), true);
        for (name, device) in [
            (&b"null"[..], Device::Null),
            (b"random", Device::Random),
            (b"urandom", Device::Random),
            (b"zero", Device::Zero),
        ] {
            files.found(dev, name, Kind::Device(device), true);
        }
        files
    }

    /// Adds what is to be there before any program runs; whatever had the name is replaced.
    pub(crate) fn found(
        &mut self,
        parent: NodeId,
        name: &[u8],
        kind: Kind,
        writable: bool,
    ) -> NodeId {
        let id = self.add(Node::new(kind, writable, BEGINNING));
        if let Ok(directory) = self.directory_mut(parent) {
            directory.entries.insert(name.into(), id);
        }
        id
    }

    pub(crate) fn node(&self, id: NodeId) -> Result<&Node, ErrorCode> {
        let node = self.nodes.get(id as usize).and_then(Option::as_ref);
        node.ok_or(ErrorCode::BadDescriptor)
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> Result<&mut Node, ErrorCode> {
        let node = self.nodes.get_mut(id as usize).and_then(Option::as_mut);
        node.ok_or(ErrorCode::BadDescriptor)
    }

    /// A node that a program may change.
    pub(crate) fn writable(&mut self, id: NodeId) -> Result<&mut Node, ErrorCode> {
        let node = self.node_mut(id)?;
        if node.writable {
            Ok(node)
        } else {
            Err(ErrorCode::ReadOnly)
        }
    }

    pub(crate) fn directory(&self, id: NodeId) -> Result<&Directory, ErrorCode> {
        match &self.node(id)?.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    fn directory_mut(&mut self, id: NodeId) -> Result<&mut Directory, ErrorCode> {
        match &mut self.node_mut(id)?.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(ErrorCode::NotDirectory),
        }
    }

    /// Notes a handle to a node.
    pub(crate) fn open(&mut self, id: NodeId) {
        if let Ok(node) = self.node_mut(id) {
            node.open += 1;
        }
    }

    /// Notes that a handle is gone.
    pub(crate) fn close(&mut self, id: NodeId) {
        if let Ok(node) = self.node_mut(id) {
            node.open -= 1;
        }
        self.reap(id);
    }

    /// Makes a file, directory or link where there is nothing yet.
    pub(crate) fn create(&mut self, place: &Place<'_>, kind: Kind) -> Result<NodeId, ErrorCode> {
        if place.node.is_some() {
            return Err(ErrorCode::Exist);
        }
        self.may_name(place)?;
        let id = self.add(Node::new(kind, true, clocks::wall()));
        self.name(place, id)?;
        if let Kind::Directory(directory) = &mut self.node_mut(id)?.kind {
            directory.parent = place.directory;
        }
        Ok(id)
    }

    /// Gives a file one more name.
    pub(crate) fn link(&mut self, id: NodeId, place: &Place<'_>) -> Result<(), ErrorCode> {
        let node = self.node(id)?;
        if node.is_directory() {
            return Err(ErrorCode::NotPermitted);
        }
        if !node.writable || matches!(node.kind, Kind::Device(_)) {
            return Err(ErrorCode::CrossDevice);
        }
        if place.node.is_some() {
            return Err(ErrorCode::Exist);
        }
        self.may_name(place)?;
        self.name(place, id)?;
        self.node_mut(id)?.links += 1;
        Ok(())
    }

    pub(crate) fn remove_file(&mut self, place: &Place<'_>) -> Result<(), ErrorCode> {
        let id = place.node.ok_or(ErrorCode::NoEntry)?;
        if self.node(id)?.is_directory() {
            return Err(ErrorCode::IsDirectory);
        }
        self.writable(place.directory)?;
        self.unname(place)
    }

    pub(crate) fn remove_directory(&mut self, place: &Place<'_>) -> Result<(), ErrorCode> {
        let id = place.node.ok_or(ErrorCode::NoEntry)?;
        let empty = self.directory(id)?.entries.is_empty();
        self.writable(place.directory)?;
        match () {
            // The path ends with a dot, or is the root.
            () if place.name.is_empty() => Err(ErrorCode::Invalid),
            () if !empty => Err(ErrorCode::NotEmpty),
            () => self.unname(place),
        }
    }

    pub(crate) fn rename(&mut self, from: &Place<'_>, to: &Place<'_>) -> Result<(), ErrorCode> {
        let id = from.node.ok_or(ErrorCode::NoEntry)?;
        if from.name.is_empty() || to.name.is_empty() {
            return Err(ErrorCode::Invalid);
        }
        self.writable(from.directory)?;
        let moves_directory = self.node(id)?.is_directory();
        if moves_directory && self.is_within(to.directory, id) {
            return Err(ErrorCode::Invalid);
        }
        self.may_name(to)?;
        if let Some(other) = to.node {
            if other == id {
                return Ok(());
            }
            match (&self.node(other)?.kind, moves_directory) {
                (Kind::Directory(directory), true) if !directory.entries.is_empty() => {
                    return Err(ErrorCode::NotEmpty);
                }
                (Kind::Directory(_), true) => {}
                (Kind::Directory(_), false) => return Err(ErrorCode::IsDirectory),
                (_, true) => return Err(ErrorCode::NotDirectory),
                (_, false) => {}
            }
            self.unname(to)?;
        }
        self.directory_mut(from.directory)?
            .entries
            .remove(from.name);
        self.node_mut(from.directory)?.touch();
        self.name(to, id)?;
        if let Kind::Directory(directory) = &mut self.node_mut(id)?.kind {
            directory.parent = to.directory;
        }
        self.node_mut(id)?.times.changed = clocks::wall();
        Ok(())
    }

    /// Whether something can get this name. After it, what [`Self::name`] does cannot fail.
    fn may_name(&mut self, place: &Place<'_>) -> Result<(), ErrorCode> {
        let growth = 4 * size_of_val(&*self.nodes);
        let is_full = self.nodes.len() == self.nodes.capacity();
        let growth = if is_full { growth } else { 0 };
        let directory = self.writable(place.directory)?;
        match () {
            // It was removed while somebody had it open.
            () if directory.links == 0 => Err(ErrorCode::NoEntry),
            () if !has_room(growth + place.name.len()) => Err(ErrorCode::InsufficientSpace),
            () => Ok(()),
        }
    }

    fn name(&mut self, place: &Place<'_>, id: NodeId) -> Result<(), ErrorCode> {
        let directory = self.directory_mut(place.directory)?;
        directory.entries.insert(place.name.into(), id);
        self.node_mut(place.directory)?.touch();
        Ok(())
    }

    fn unname(&mut self, place: &Place<'_>) -> Result<(), ErrorCode> {
        let removed = self
            .directory_mut(place.directory)?
            .entries
            .remove(place.name);
        self.node_mut(place.directory)?.touch();
        let id = removed.ok_or(ErrorCode::NoEntry)?;
        let node = self.node_mut(id)?;
        node.links = node.links.saturating_sub(1);
        node.times.changed = clocks::wall();
        if let Kind::Directory(directory) = &mut node.kind {
            // The parent may go before this does, and its number to another.
            directory.parent = ROOT;
        }
        self.reap(id);
        Ok(())
    }

    /// Whether a directory is `above` or somewhere below it.
    fn is_within(&self, mut directory: NodeId, above: NodeId) -> bool {
        loop {
            match self.directory(directory) {
                _ if directory == above => return true,
                Ok(found) if directory != ROOT => directory = found.parent,
                _ => return false,
            }
        }
    }

    fn add(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.free.pop()
            && let Some(slot) = self.nodes.get_mut(id as usize)
        {
            *slot = Some(node);
            return id;
        }
        self.nodes.push(Some(node));
        // To forget it must not want memory.
        self.free.reserve(self.nodes.len());
        // Linear memory ends long before these numbers do.
        NodeId::try_from(self.nodes.len() - 1).unwrap_or(NodeId::MAX)
    }

    /// Forgets a node that neither a name nor a handle stands for.
    fn reap(&mut self, id: NodeId) {
        if let Some(slot) = self.nodes.get_mut(id as usize)
            && slot
                .as_ref()
                .is_some_and(|node| node.links == 0 && node.open == 0)
        {
            *slot = None;
            self.free.push(id);
        }
    }
}

/// An empty directory.
pub(crate) fn directory(parent: NodeId) -> Kind {
    Kind::Directory(Directory {
        parent,
        entries: BTreeMap::new(),
    })
}
