//! numpy for eryx sandboxes.
