//! Which earlier article this one is a copy of. Pure.
