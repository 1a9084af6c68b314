//! What the operator wrote, checked as a whole.

pub mod settings;

pub use settings::Settings;
