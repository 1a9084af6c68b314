//! Atom, RFC 4287.

use super::{escaped, feed_id, headline, hit_id, language, sentence_html, updated};
use crate::model::bulletin::{Bulletin, BulletinHit};

/// The bulletin as an Atom feed.
pub fn atom(bulletin: &Bulletin, domain: &str) -> String {
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n<author><name>newsvigil</name></author>\n\
         <generator>newsvigil</generator>\n",
        escaped(&feed_id(bulletin, domain)),
        escaped(&bulletin.name),
        updated(bulletin),
    );
    for hit in &bulletin.hits {
        feed.push_str(&entry(bulletin, hit, domain));
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry(bulletin: &Bulletin, hit: &BulletinHit, domain: &str) -> String {
    let lang = language(hit);
    let lang = if lang.is_empty() { String::new() } else { format!(" xml:lang=\"{}\"", escaped(lang)) };
    let mut entry = format!(
        "<entry{lang}>\n<id>{}</id>\n<title>{}</title>\n<published>{}</published>\n<updated>{}</updated>\n",
        escaped(&hit_id(bulletin, hit, domain)),
        escaped(&headline(hit)),
        hit.dated.unwrap_or(hit.first_seen),
        hit.found_at,
    );
    if !hit.outlet.is_empty() {
        entry.push_str(&format!("<author><name>{}</name></author>\n", escaped(&hit.outlet)));
    }
    if let Some(link) = &hit.link {
        entry.push_str(&format!("<link rel=\"alternate\" href=\"{}\"/>\n", escaped(link.as_str())));
    }
    for term in &hit.terms {
        entry.push_str(&format!("<category term=\"{}\"/>\n", escaped(term)));
    }
    // Content and not a summary: an entry without a link must have it (§4.1.2).
    entry.push_str(&format!("<content type=\"html\">{}</content>\n</entry>\n", escaped(&sentence_html(hit))));
    entry
}
