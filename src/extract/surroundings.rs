//! What the elements around a text say of it: their names, and the words in their classes and ids.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// What an element is for, as far as its name, class or id tells. The order is part of the fitted model: add at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    // By words of class and id.
    ArticleBody,
    Article,
    Content,
    Navigation,
    Footer,
    Header,
    Sidebar,
    Comment,
    Related,
    Share,
    Newsletter,
    Advert,
    Picture,
    Author,
    Date,
    Tags,
    Box,
    Popup,
    Lead,
    Headline,
    Form,
    Tools,
    Embed,
    List,
    Note,
    // By the element itself.
    ArticleElement,
    MainElement,
    Paragraph,
    ListItem,
    Heading,
    Cell,
    Quote,
    Figure,
    Caption,
    AsideElement,
    FooterElement,
    HeaderElement,
    NavigationElement,
    FormElement,
    Section,
    Hidden,
    Link,
}

pub const SIGNS: usize = Sign::Link as usize + 1;

/// A set of [`Sign`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(u64);

impl Signs {
    pub fn insert(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u64;
    }

    pub fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u64) != 0
    }

    pub fn join(&mut self, other: Signs) {
        self.0 |= other.0;
    }

    /// Indices of the signs in the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..SIGNS).filter(move |index| self.0 & (1 << index) != 0)
    }
}

/// Words of class and id names. A word of four letters or fewer, and one that ends in `$`, stands alone; a longer one may be a
/// part of a word (`articleBody`, `relatedlinks`).
const WORDS: [(Sign, &str); 25] = [
    (
        Sign::ArticleBody,
        "articlebody article-body article_body article__body entry-content entry_content post-content post_content \
         post-body post_body story-body story_body storybody storytext story-text article-text article_text articletext \
         article-content article_content articlecontent bodytext body-text body_text story-content story_content \
         contentbody content-body content_body body-copy bodycopy article-copy newstext news_txt news-text news_text \
         article__content article-main story__body entrytext post-entry postcontent single-content rich-text richtext \
         post__content articledetail article-detail newsdetail news-content newscontent cms-content wysiwyg",
    ),
    (Sign::Article, "article story post$ posts$ entry hentry news blog artikel articulo nota$ noticia beitrag"),
    (Sign::Content, "content main$ body$ text$ txt copy prose paragraph inhalt texto contenu maintext"),
    (
        Sign::Navigation,
        "nav navi menu breadcrumb navbar navigation tabs tabbar pagination pager paging page-nav topnav crumb crumbs \
         sitemap skip pages$ navlinks",
    ),
    (Sign::Footer, "footer foot bottom colophon copyright fuss imprint legal"),
    (Sign::Header, "header head masthead topbar top-bar logo top$ kopf site-title"),
    (
        Sign::Sidebar,
        "sidebar side aside rail rightcol leftcol right$ left$ col-right col-left secondary rechts sidecol",
    ),
    (Sign::Comment, "comment disqus reply replies respond feedback discussion kommentar livefyre forum opinions"),
    (
        Sign::Related,
        "related recommend similar more$ readmore read-more read_more also$ next prev previous popular trending most$ \
         mostread most-read latest teaser topstories top-stories outbrain taboola zergnet mgid revcontent onward suggest \
         recirc further upnext up-next lastest recent hot$ rank ranking moreon morefrom see-also relevant weiter \
         verwandt thema themen connexe relacionad correlat",
    ),
    (
        Sign::Share,
        "share sharing social addthis sharethis facebook twitter whatsapp linkedin follow like sns$ bookmark bookmarks \
         pinterest fb$ teilen email mail$",
    ),
    (
        Sign::Newsletter,
        "newsletter subscribe signup sign-up sign_up subscription paywall register piano donate donation cta membership \
         abo$ premium mailing optin opt-in subscriber abonn regwall support-us contribution promo-box mailchimp",
    ),
    (
        Sign::Advert,
        "ad$ ads advert sponsor banner dfp promo promotion commercial adslot adsense adbox werbung anzeige publicidad \
         publicite reklama doubleclick gpt$ affiliate shop$ product deals coupon",
    ),
    (
        Sign::Picture,
        "caption credit photo foto image img picture gallery slide slider slideshow media$ video player zoom carousel \
         lightbox thumb bild bildunterschrift legende",
    ),
    (Sign::Author, "byline author autor writer contributor bio profile reporter editor auteur vcard journalist"),
    (Sign::Date, "date time$ timestamp published meta metadata info dateline updated datetime pubdate datum fecha"),
    (Sign::Tags, "tag$ tags taglist topic topics keywords keyword category categories label labels kategorie rubrik"),
    (
        Sign::Box,
        "widget module box infobox factbox block$ card cards panel callout sidebox inset insert interstitial aside-box \
         component",
    ),
    (
        Sign::Popup,
        "cookie consent gdpr popup pop-up modal overlay dialog alert notice notification toast onetrust tooltip \
         dropdown cmp$ privacy",
    ),
    (
        Sign::Lead,
        "lead lede intro summary standfirst excerpt subtitle deck dek abstract description subhead subheadline kicker \
         chapo vorspann sapo entradilla sommario chapeau",
    ),
    (Sign::Headline, "headline title heading hed$ ueberschrift titulo titre"),
    (Sign::Form, "search form input login suche recherche poll quiz survey vote voting rating"),
    (
        Sign::Tools,
        "tool tools toolbar print fontsize font-size utility utilities accessibility hidden sr-only visually-hidden \
         screen-reader offscreen button btn btns buttons audio listen player-controls noprint no-print",
    ),
    (
        Sign::Embed,
        "quote pullquote pull-quote pullout tweet twitter-tweet instagram embed blockquote zitat oembed iframe",
    ),
    (Sign::List, "list lists listing item items grid feed river archive stream column columns ul$ links link"),
    (
        Sign::Note,
        "disclaimer note notes footnote footnotes correction corrections source sources quelle fuente editors-note \
         update trust ethics about policy support",
    ),
];

struct Lexicon {
    words: AhoCorasick,
    /// For each pattern: its sign, and whether it must stand alone.
    meaning: Vec<(Sign, bool)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut patterns = vec![];
    let mut meaning = vec![];
    for (sign, words) in WORDS {
        for word in words.split_whitespace() {
            let alone = word.ends_with('$') || word.len() <= 4;
            patterns.push(word.trim_end_matches('$'));
            meaning.push((sign, alone));
        }
    }
    let words = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns);
    Lexicon { words: words.expect("a constant list of short words"), meaning }
});

/// Longest class and id that is looked at; longer ones are generated.
const MAX_NAMES: usize = 300;

/// Reads the words in a class or id.
pub fn of_names(names: &str, signs: &mut Signs) {
    let names = &names[..names.floor_char_boundary(MAX_NAMES)];
    let lower = names.to_ascii_lowercase();
    let (lower, original) = (lower.as_bytes(), names.as_bytes());
    for found in LEXICON.words.find_overlapping_iter(lower) {
        let (sign, alone) = LEXICON.meaning[found.pattern().as_usize()];
        // A capital within a word begins one: `relatedAd`.
        let starts = found.start() == 0
            || !original[found.start() - 1].is_ascii_alphabetic()
            || original[found.start()].is_ascii_uppercase();
        let ends = found.end() == lower.len()
            || !original[found.end()].is_ascii_alphabetic()
            || original[found.end()].is_ascii_uppercase();
        if !alone || (starts && ends) {
            signs.insert(sign);
        }
    }
}

/// Reads an element's name.
pub fn of_element(name: &str) -> Option<Sign> {
    Some(match name {
        "article" => Sign::ArticleElement,
        "main" => Sign::MainElement,
        "p" => Sign::Paragraph,
        "li" | "dd" | "dt" => Sign::ListItem,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Sign::Heading,
        "td" | "th" => Sign::Cell,
        "blockquote" => Sign::Quote,
        "figure" => Sign::Figure,
        "figcaption" | "caption" => Sign::Caption,
        "aside" => Sign::AsideElement,
        "footer" => Sign::FooterElement,
        "header" => Sign::HeaderElement,
        "nav" | "menu" => Sign::NavigationElement,
        "form" | "button" | "label" | "fieldset" | "dialog" => Sign::FormElement,
        "section" => Sign::Section,
        _ => return None,
    })
}

/// What each sign is called among the features.
pub const NEAR_NAMES: [&str; SIGNS] = [
    "near article body",
    "near article name",
    "near content",
    "near navigation",
    "near footer",
    "near header",
    "near sidebar",
    "near comments",
    "near related",
    "near share",
    "near newsletter",
    "near advert",
    "near picture",
    "near author",
    "near date",
    "near tags",
    "near box",
    "near popup",
    "near lead",
    "near headline",
    "near form name",
    "near tools",
    "near embed",
    "near list",
    "near note",
    "near <article>",
    "near <main>",
    "near <p>",
    "near <li>",
    "near <h>",
    "near <td>",
    "near <blockquote>",
    "near <figure>",
    "near <figcaption>",
    "near <aside>",
    "near <footer>",
    "near <header>",
    "near <nav>",
    "near <form>",
    "near <section>",
    "near hidden",
    "near link",
];
