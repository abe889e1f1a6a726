//! What runs inside an eryx sandbox, and how an image of it is made.
