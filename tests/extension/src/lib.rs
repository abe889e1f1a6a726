//! An extension crate that eryx does not know.
