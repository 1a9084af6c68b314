//! Whose element a name is: namespaces by what they are for, not by how their address is spelled.
//!
//! The same vocabulary comes with http and https, with and without a slash at the end, under several addresses of its
//! history, and undeclared; feeds mean the same by all of them.

/// A vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// No namespace, any RSS, CDF, or a default namespace nobody knows.
    Rss,
    /// 1.0, 0.3 and what came before.
    Atom,
    DublinCore,
    DublinCoreTerms,
    Content,
    Media,
    Itunes,
    Syndication,
    Xhtml,
    Rdf,
    Xml,
    Other,
}

/// By address, lower case, scheme and slash cut.
fn by_address(address: &str) -> Option<Vocabulary> {
    let lower = address.trim().to_ascii_lowercase();
    let bare = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches(['/', '#']);
    Some(match bare {
        "w3.org/2005/atom"
        | "purl.org/atom/ns"
        | "purl.org/atom"
        | "purl.org/echo"
        | "purl.org/pie"
        | "example.com/newformat"
        | "example.com/necho"
        | "uri/of/echo/namespace" => Vocabulary::Atom,
        "purl.org/rss/1.0/modules/content" => Vocabulary::Content,
        "purl.org/rss/1.0/modules/syndication" => Vocabulary::Syndication,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/metadata/dublin_core" | "purl.org/dc" => {
            Vocabulary::DublinCore
        }
        "purl.org/dc/terms" => Vocabulary::DublinCoreTerms,
        "search.yahoo.com/mrss" | "tools.search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" => Vocabulary::Media,
        "itunes.com/dtds/podcast-1.0.dtd" | "itunes.com/dtds/podcast-1.0" | "example.com/dtds/podcast-1.0.dtd" => {
            Vocabulary::Itunes
        }
        "w3.org/1999/xhtml" => Vocabulary::Xhtml,
        "w3.org/1999/02/22-rdf-syntax-ns" => Vocabulary::Rdf,
        "w3.org/xml/1998/namespace" => Vocabulary::Xml,
        _ if bare.starts_with("purl.org/rss/1.0/modules/rss091") => Vocabulary::Rss,
        _ if bare.contains("/modules/") || bare.contains("module") => return None,
        _ if bare.contains("rss") || bare.contains("rdf/simple") || bare.contains("netscape.com") => Vocabulary::Rss,
        _ => return None,
    })
}

/// By the prefix that everybody uses, where none was declared.
fn by_custom(prefix: &str) -> Vocabulary {
    match prefix {
        "" | "rss" => Vocabulary::Rss,
        "atom" | "a10" | "atom03" | "atom10" => Vocabulary::Atom,
        "dc" => Vocabulary::DublinCore,
        "dcterms" => Vocabulary::DublinCoreTerms,
        "content" => Vocabulary::Content,
        "media" => Vocabulary::Media,
        "itunes" => Vocabulary::Itunes,
        "sy" => Vocabulary::Syndication,
        "xhtml" | "html" => Vocabulary::Xhtml,
        "rdf" => Vocabulary::Rdf,
        "xml" => Vocabulary::Xml,
        _ => Vocabulary::Other,
    }
}

/// Declarations kept; no feed has near as many.
const MAX_BINDINGS: usize = 128;

/// The prefixes that are declared where we are, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Bindings<'a>(Vec<(&'a str, Vocabulary)>);

impl<'a> Bindings<'a> {
    /// Takes in `xmlns` (prefix empty) or `xmlns:prefix`.
    pub fn declare(&mut self, prefix: &'a str, address: &str) {
        if self.0.len() < MAX_BINDINGS {
            // Some default namespaces are the author's own; what they hold is a feed nonetheless.
            let unknown = if prefix.is_empty() { Vocabulary::Rss } else { Vocabulary::Other };
            self.0.push((prefix, by_address(address).unwrap_or(unknown)));
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Back to what was declared outside.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The vocabulary and the local name.
    pub fn resolve<'n>(&self, name: &'n str) -> (Vocabulary, &'n str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declared = self.0.iter().rev().find(|(known, _)| *known == prefix);
        (declared.map_or_else(|| by_custom(&prefix.to_ascii_lowercase()), |(_, vocabulary)| *vocabulary), local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vocabulary_is_known_however_its_address_is_spelled_and_undeclared_by_custom() {
        let mut bindings = Bindings::default();
        assert_eq!(bindings.resolve("dc:creator"), (Vocabulary::DublinCore, "creator"));
        assert_eq!(bindings.resolve("title"), (Vocabulary::Rss, "title"));
        for (address, vocabulary) in [
            ("https://www.w3.org/2005/Atom/", Vocabulary::Atom),
            ("http://purl.org/atom/ns#", Vocabulary::Atom),
            ("http://purl.org/dc/elements/1.1", Vocabulary::DublinCore),
            ("http://backend.userland.com/rss2", Vocabulary::Rss),
            ("http://purl.org/rss/1.0/modules/slash/", Vocabulary::Other),
            ("urn:something", Vocabulary::Other),
        ] {
            bindings.declare("x", address);
            assert_eq!(bindings.resolve("x:y"), (vocabulary, "y"), "{address}");
        }
        bindings.declare("", "urn:something");
        assert_eq!(bindings.resolve("item"), (Vocabulary::Rss, "item"));
        bindings.truncate(0);
        assert_eq!(bindings.resolve("x:y"), (Vocabulary::Other, "y"));
    }
}
