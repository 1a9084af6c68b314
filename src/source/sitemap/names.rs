//! Whose element a name is, in the vocabularies that sitemaps mix.

/// Whose an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    Sitemap,
    News,
    /// Pictures, videos, translations: they have addresses and titles of their own.
    Other,
}

pub fn by_address(prefix: &str, address: &str) -> Vocabulary {
    let address = address.to_ascii_lowercase();
    if address.contains("sitemap-news") {
        Vocabulary::News
    } else if address.trim_end_matches(|c: char| !c.is_ascii_alphabetic()).ends_with("sitemap") {
        Vocabulary::Sitemap
    } else {
        by_custom(prefix)
    }
}

/// By the prefix that everybody uses, where none was declared, or under an address of the author's own.
pub fn by_custom(prefix: &str) -> Vocabulary {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "sm" | "sitemap" => Vocabulary::Sitemap,
        "news" | "n" => Vocabulary::News,
        _ => Vocabulary::Other,
    }
}

/// Elements that no text holds: one inside an unclosed field ends it.
pub fn is_known(name: &str) -> bool {
    const KNOWN: &[&str] = &[
        "url",
        "urlset",
        "sitemap",
        "sitemapindex",
        "loc",
        "lastmod",
        "changefreq",
        "priority",
        "news",
        "publication",
        "name",
        "language",
        "publication_date",
        "title",
        "keywords",
        "genres",
        "image",
        "video",
    ];
    let local = name.rsplit(':').next().unwrap_or(name);
    KNOWN.iter().any(|known| local.eq_ignore_ascii_case(known))
}

/// A name fit for a message.
pub fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(40)]
}
