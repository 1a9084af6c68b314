//! `[extract]`: what cleaning one page may cost.

use super::section::Section;
use crate::extract::Limits;

/// Reads `[extract]`.
pub(super) fn limits(section: Option<&Section<'_>>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = section else {
        return limits;
    };
    let size = |field: &mut usize, key, bounds, example| {
        let size = section.size(key, bounds, example);
        *field = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(*field);
    };
    size(&mut limits.max_html_bytes, "max_html_size", 64 << 10..=64 << 20, "8 MiB");
    size(&mut limits.max_text_bytes, "max_text_size", 16 << 10..=64 << 20, "1 MiB");
    let count = |field: &mut usize, key, bounds| {
        let number = section.number(key, bounds, *field as u64);
        *field = number.and_then(|number| usize::try_from(number).ok()).unwrap_or(*field);
    };
    count(&mut limits.max_depth, "max_depth", 32..=512);
    count(&mut limits.max_nodes, "max_nodes", 1_000..=5_000_000);
    count(&mut limits.max_passages, "max_passages", 100..=1_000_000);
    limits
}
