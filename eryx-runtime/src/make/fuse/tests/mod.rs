//! Libraries written by hand or by chance, linked and then fused: what comes of it has to do what the
//! linked component does.
//!
//! [`cases`] are written by hand, one idea each; those of [`large`] are too large for that; [`chance`]
//! makes [programs](program) of random functions; [`mutations`] change what the linker wrote.
//! [`libraries`] links, [`run`] has two ways to run what was linked.

mod bodies;
mod cases;
mod chance;
mod component;
mod large;
mod libraries;
mod library;
mod mutations;
mod program;
mod random;
mod run;
