//! Tests that link and fuse libraries, and compare: the fused modules must do what the linked component
//! does.
//!
//! [`cases`] are written by hand, one idea each; [`large`] generates libraries that are too large for
//! that; [`random_programs`] generates [programs](program) of random functions; [`mutations`] damages
//! components and libraries. [`libraries`] links; [`run`] runs both components and fused modules.

mod bodies;
mod cases;
mod component;
mod large;
mod libraries;
mod library;
mod mutations;
mod program;
mod random;
mod random_programs;
mod run;
