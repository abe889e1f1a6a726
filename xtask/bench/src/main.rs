//! Measures what eryx claims.

fn main() {}
