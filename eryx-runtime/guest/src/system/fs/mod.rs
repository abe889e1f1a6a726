//! The file system: a tree of inodes in memory.
//!
//! From the top down: what the host adds before programs run ([`preload`]) and at any time
//! ([`host_files`]); from a path to an inode ([`path`]); reading and writing ([`data`]); the tree of
//! inodes ([`tree`]); an inode ([`inode`]); the contents of a file ([`content`], [`blocks`]).
//!
//! It asks no clock: who changes something passes the time, in nanoseconds since 1970.

mod blocks;
mod content;
mod data;
pub(crate) mod host_files;
mod inode;
mod path;
mod preload;
mod tree;

pub(crate) use inode::{Inode, InodeId, Kind, ROOT};
pub(crate) use path::{Name, PATH_LIMIT};
pub(crate) use tree::FileSystem;
