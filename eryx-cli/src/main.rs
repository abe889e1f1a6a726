//! The `eryx` command.

fn main() {}
