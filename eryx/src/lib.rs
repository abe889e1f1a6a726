//! Run untrusted Python with its native packages, inside your program, safely and at once.
