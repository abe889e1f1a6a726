//! End-to-end tests of eryx; see the `tests` folder.
