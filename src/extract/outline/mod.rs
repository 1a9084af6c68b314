//! One walk over the tree: the page's passages in order, and what stands around each of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ego_tree::iter::Edge;
use scraper::Node;
use scraper::node::Element as Tag;

use super::Limits;
use super::site_rules::{Ruling, SiteRule};
use super::surroundings::{self, SIGNS, Sign, Signs};
use super::wording::width;
use crate::model::article::BlockKind;

/// Steps counted; an ancestor further away is as good as none.
pub const FAR: u8 = 12;

/// An element that begins and ends a passage.
#[derive(Clone, Debug)]
pub struct Element {
    /// `None` for the root; a parent always stands before its children.
    pub parent: Option<usize>,
    pub signs: Signs,
    /// Steps to the nearest ancestor-or-self with each sign, at most [`FAR`].
    pub near: [u8; SIGNS],
    /// The same for elements that the same template makes: names and classes of the nearest ancestors.
    pub path: u64,
    pub depth: u16,
    // Over all passages within it:
    pub characters: u32,
    pub linked: u32,
    pub passages: u32,
    /// Characters of passages that read like prose.
    pub prose: u32,
    pub prose_passages: u32,
    pub first_passage: u32,
    pub end_passage: u32,
}

/// A run of text that no block element interrupts.
#[derive(Clone, Debug)]
pub struct Passage {
    pub text: String,
    pub kind: BlockKind,
    pub characters: u32,
    /// See [`super::wording::width`].
    pub width: f32,
    /// Characters that stand in links, in bold, in italics or in small print.
    pub linked: u32,
    pub strong: u32,
    pub slanted: u32,
    pub links: u32,
    /// Index of the nearest element.
    pub element: usize,
    /// Signs of inline elements that hold most of the text.
    pub inline: Signs,
    /// One of several parts of an element's text, parted by line breaks.
    pub part: bool,
    /// 1 to 6 within `<h1>` … `<h6>`, else 0.
    pub heading: u8,
    /// An `<img>` stood in the same run.
    pub pictures: u32,
    /// What the publisher's rule says of it.
    pub ruling: Option<Ruling>,
}

/// What the page says of itself.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub title: String,
    /// `name` or `property`, lower case, and `content`.
    pub metas: Vec<(String, String)>,
    pub canonical: Option<String>,
    pub lang: String,
    /// `datetime` of `<time>` elements, each with the element it stands in.
    pub times: Vec<(String, usize)>,
}

pub struct Outline {
    pub elements: Vec<Element>,
    pub passages: Vec<Passage>,
    pub head: Head,
    /// A limit was reached.
    pub cut: bool,
}

impl Head {
    /// The content of the first `<meta>` of that name or property.
    pub fn meta(&self, name: &str) -> Option<&str> {
        let found = self.metas.iter().find(|(known, content)| known == name && !content.trim().is_empty());
        found.map(|(_, content)| content.trim())
    }
}

impl Passage {
    pub fn link_share(&self) -> f32 {
        self.linked as f32 / self.characters.max(1) as f32
    }

    pub fn is_prose(&self) -> bool {
        self.characters >= 40 && self.linked * 3 < self.characters && self.heading == 0
    }
}

impl Outline {
    /// The elements around a passage, nearest first.
    pub fn around(&self, passage: &Passage) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(passage.element), |at| self.elements[*at].parent)
    }

    pub fn is_within(&self, passage: usize, element: usize) -> bool {
        let element = &self.elements[element];
        (element.first_passage..element.end_passage).contains(&(passage as u32))
    }
}

pub fn read(document: &scraper::Html, limits: &Limits) -> Outline {
    read_by_rule(document, None, limits)
}

/// The same, with what the publisher's rule says of each passage.
pub fn read_by_rule(document: &scraper::Html, rule: Option<&SiteRule>, limits: &Limits) -> Outline {
    let mut walk = Walk::new(limits);
    let rulings = rule.map(|rule| rule.rulings(document)).unwrap_or_default();
    let ruling = |node: &ego_tree::NodeRef<'_, Node>| if rulings.is_empty() { None } else { rulings.get(&node.id()) };
    for edge in document.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(tag) => {
                    if let Some(ruling) = ruling(&node) {
                        walk.begin_ruled(*ruling, tag);
                    }
                    walk.open(tag);
                }
                Node::Text(text) => walk.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(tag) = node.value() {
                    walk.close(tag);
                    if ruling(&node).is_some() {
                        walk.end_ruled();
                    }
                }
            }
        }
    }
    walk.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Block,
    Break,
    Link,
    Strong,
    Slanted,
    Picture,
    Inline,
    /// Holds nothing that is read.
    Silent,
    Head,
}

/// What an element of this name, in lower case, does to the text in it.
pub fn role(name: &str) -> Role {
    match name {
        "br" => Role::Break,
        "a" => Role::Link,
        "b" | "strong" => Role::Strong,
        "i" | "em" | "cite" => Role::Slanted,
        "img" | "picture" => Role::Picture,
        "span" | "font" | "u" | "s" | "small" | "big" | "sub" | "sup" | "mark" | "abbr" | "acronym" | "time" | "q"
        | "code" | "tt" | "ins" | "del" | "bdi" | "bdo" | "kbd" | "var" | "dfn" | "data" | "ruby" | "rb" | "nobr"
        | "strike" | "label" | "noscript" | "tbody" | "html" => Role::Inline,
        "select" | "option" | "textarea" | "rt" | "rp" | "math" | "audio" | "canvas" | "map" | "datalist" => {
            Role::Silent
        }
        "head" | "title" | "meta" | "link" | "base" | "wbr" => Role::Head,
        name if name.contains('-') => Role::Inline,
        _ => Role::Block,
    }
}

#[derive(Clone, Copy)]
struct OpenBlock {
    element: usize,
    kind: BlockKind,
    heading: u8,
}

/// Text that no block element has interrupted yet.
#[derive(Default)]
struct Run {
    text: String,
    linked: u32,
    strong: u32,
    slanted: u32,
    links: u32,
    pictures: u32,
}

struct Walk {
    elements: Vec<Element>,
    passages: Vec<Passage>,
    head: Head,
    blocks: Vec<OpenBlock>,
    /// Inline elements with signs that are open: where their text began.
    inline: Vec<(Signs, usize)>,
    /// Those that were closed within the run, with the bytes they hold.
    closed_inline: Vec<(Signs, usize)>,
    run: Run,
    /// What rules say of the elements that are open, each with the run that it interrupts.
    ruled: Vec<(Ruling, Run)>,
    in_link: u32,
    in_strong: u32,
    in_slanted: u32,
    silent: u32,
    in_title: bool,
    total: usize,
    max_text: usize,
    max_passages: usize,
    names: HashMap<String, Signs>,
    cut: bool,
}

impl Walk {
    fn new(limits: &Limits) -> Walk {
        let root = Element {
            parent: None,
            signs: Signs::default(),
            near: [FAR; SIGNS],
            path: 0,
            depth: 0,
            characters: 0,
            linked: 0,
            passages: 0,
            prose: 0,
            prose_passages: 0,
            first_passage: 0,
            end_passage: 0,
        };
        Walk {
            elements: vec![root],
            passages: vec![],
            head: Head::default(),
            blocks: vec![OpenBlock { element: 0, kind: BlockKind::Paragraph, heading: 0 }],
            inline: vec![],
            closed_inline: vec![],
            run: Run::default(),
            ruled: vec![],
            in_link: 0,
            in_strong: 0,
            in_slanted: 0,
            silent: 0,
            in_title: false,
            total: 0,
            max_text: limits.max_text_bytes,
            max_passages: limits.max_passages,
            names: HashMap::new(),
            cut: false,
        }
    }

    /// What stands in a removed element is a passage of its own, even within a line, which then goes on behind it.
    fn begin_ruled(&mut self, ruling: Ruling, tag: &Tag) {
        if ruling == Ruling::Keep || role(tag.name()) == Role::Block {
            self.flush();
        }
        self.ruled.push((ruling, std::mem::take(&mut self.run)));
    }

    fn end_ruled(&mut self) {
        self.flush();
        if let Some((_, interrupted)) = self.ruled.pop() {
            self.run = interrupted;
        }
    }

    /// What is removed is so whatever is kept in or around it.
    fn ruling(&self) -> Option<Ruling> {
        let removed = self.ruled.iter().map(|(ruling, _)| *ruling).find(|ruling| *ruling != Ruling::Keep);
        removed.or_else(|| self.ruled.last().map(|(ruling, _)| *ruling))
    }

    fn here(&self) -> &OpenBlock {
        self.blocks.last().expect("the root is never closed")
    }

    fn open(&mut self, tag: &Tag) {
        match role(tag.name()) {
            Role::Block => self.open_block(tag),
            Role::Break => self.run.text.push('\n'),
            Role::Link => {
                self.in_link += 1;
                self.run.links += 1;
                self.open_inline(tag);
            }
            Role::Strong => {
                self.in_strong += 1;
                self.open_inline(tag);
            }
            Role::Slanted => {
                self.in_slanted += 1;
                self.open_inline(tag);
            }
            Role::Picture => self.run.pictures += 1,
            Role::Inline => {
                if tag.name() == "html" {
                    self.head.lang = tag.attr("lang").unwrap_or_default().to_owned();
                } else if tag.name() == "time"
                    && let Some(at) = tag.attr("datetime")
                    && self.head.times.len() < 50
                {
                    let element = self.here().element;
                    self.head.times.push((at.to_owned(), element));
                }
                self.open_inline(tag);
            }
            Role::Silent => self.silent += 1,
            Role::Head => self.head_element(tag),
        }
    }

    fn close(&mut self, tag: &Tag) {
        match role(tag.name()) {
            Role::Block => {
                self.flush();
                if self.blocks.len() > 1
                    && let Some(block) = self.blocks.pop()
                {
                    self.elements[block.element].end_passage = self.passages.len() as u32;
                }
            }
            Role::Link => {
                self.in_link = self.in_link.saturating_sub(1);
                self.close_inline();
            }
            Role::Strong => {
                self.in_strong = self.in_strong.saturating_sub(1);
                self.close_inline();
            }
            Role::Slanted => {
                self.in_slanted = self.in_slanted.saturating_sub(1);
                self.close_inline();
            }
            Role::Inline => self.close_inline(),
            Role::Silent => self.silent = self.silent.saturating_sub(1),
            Role::Head => self.in_title = false,
            Role::Break | Role::Picture => {}
        }
    }

    fn head_element(&mut self, tag: &Tag) {
        match tag.name() {
            "title" => self.in_title = self.head.title.is_empty(),
            "meta" if self.head.metas.len() < 200 => {
                let name = tag.attr("property").or_else(|| tag.attr("name")).or_else(|| tag.attr("itemprop"));
                if let (Some(name), Some(content)) = (name, tag.attr("content")) {
                    self.head.metas.push((name.to_ascii_lowercase(), content.to_owned()));
                }
            }
            "link" if self.head.canonical.is_none() && tag.attr("rel") == Some("canonical") => {
                self.head.canonical = tag.attr("href").map(str::to_owned);
            }
            _ => {}
        }
    }

    fn open_inline(&mut self, tag: &Tag) {
        let signs = self.signs(tag);
        self.inline.push((signs, self.run.text.len()));
    }

    fn close_inline(&mut self) {
        if let Some((signs, from)) = self.inline.pop()
            && signs != Signs::default()
        {
            self.closed_inline.push((signs, self.run.text.len().saturating_sub(from)));
        }
    }

    /// Signs of an element's class, id, role and the like.
    fn signs(&mut self, tag: &Tag) -> Signs {
        let mut signs = Signs::default();
        for (name, value) in tag.attrs() {
            match name {
                "class" | "id" => signs.join(self.named(value)),
                "itemprop" if value == "articleBody" => signs.insert(Sign::ArticleBody),
                "role" => match value {
                    "navigation" | "menu" | "menubar" => signs.insert(Sign::NavigationElement),
                    "complementary" => signs.insert(Sign::AsideElement),
                    "contentinfo" => signs.insert(Sign::FooterElement),
                    "banner" => signs.insert(Sign::HeaderElement),
                    "main" => signs.insert(Sign::MainElement),
                    "search" | "dialog" | "alert" => signs.insert(Sign::FormElement),
                    _ => {}
                },
                "hidden" => signs.insert(Sign::Hidden),
                "aria-hidden" if value == "true" => signs.insert(Sign::Hidden),
                "style" if value.contains("display:none") || value.contains("display: none") => {
                    signs.insert(Sign::Hidden);
                }
                _ => {}
            }
        }
        signs
    }

    fn named(&mut self, names: &str) -> Signs {
        if let Some(known) = self.names.get(names) {
            return *known;
        }
        let mut signs = Signs::default();
        surroundings::of_names(names, &mut signs);
        self.names.insert(names.to_owned(), signs);
        signs
    }

    fn open_block(&mut self, tag: &Tag) {
        self.flush();
        let mut signs = self.signs(tag);
        if let Some(sign) = surroundings::of_element(tag.name()) {
            signs.insert(sign);
        }
        if self.in_link > 0 {
            signs.insert(Sign::Link);
        }
        // Names on the body speak of the page, not of its parts.
        if tag.name() == "body" {
            signs = Signs::default();
        }
        let outer = self.here();
        let (parent, kind, heading) = (outer.element, outer.kind, outer.heading);
        let mut near = self.elements[parent].near;
        for steps in &mut near {
            *steps = (*steps + 1).min(FAR);
        }
        for sign in signs.iter() {
            near[sign] = 0;
        }
        let mut hasher = DefaultHasher::new();
        self.elements[parent].path.hash(&mut hasher);
        tag.name().hash(&mut hasher);
        tag.attr("class").unwrap_or_default().hash(&mut hasher);
        self.elements.push(Element {
            parent: Some(parent),
            signs,
            near,
            path: hasher.finish(),
            depth: self.elements[parent].depth.saturating_add(1),
            first_passage: self.passages.len() as u32,
            ..self.elements[0].clone()
        });
        let element = self.elements.len() - 1;
        let heading = heading_level(tag.name()).unwrap_or(heading);
        self.blocks.push(OpenBlock { element, kind: block_kind(tag.name()).unwrap_or(kind), heading });
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.head.title.push_str(text);
            return;
        }
        if self.silent > 0 {
            return;
        }
        if self.total + text.len() > self.max_text || self.passages.len() >= self.max_passages {
            self.cut = true;
            return;
        }
        self.total += text.len();
        // A line break of the source is a space; one of `<br>` is a line break here.
        self.run.text.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
        if self.in_link + self.in_strong + self.in_slanted > 0 {
            let characters = text.trim().chars().count() as u32;
            self.run.linked += characters * u32::from(self.in_link > 0);
            self.run.strong += characters * u32::from(self.in_strong > 0);
            self.run.slanted += characters * u32::from(self.in_slanted > 0);
        }
    }

    /// Ends the run.
    fn flush(&mut self) {
        let Run { text, linked, strong, slanted, links, pictures } = std::mem::take(&mut self.run);
        let closed = std::mem::take(&mut self.closed_inline);
        for (_, from) in &mut self.inline {
            *from = 0;
        }
        let whole = text.trim().chars().count().max(1) as u32;
        if text.trim().is_empty() {
            return;
        }
        let mut inline = Signs::default();
        for (signs, bytes) in closed {
            if bytes * 2 >= text.trim().len() {
                inline.join(signs);
            }
        }
        let OpenBlock { element, kind, heading } = *self.here();
        let parts = parts(&text);
        let part = parts.len() > 1;
        let ruling = self.ruling();
        for text in parts {
            let characters = text.chars().count() as u32;
            let share = |of: u32| u32::try_from(u64::from(of) * u64::from(characters) / u64::from(whole)).unwrap_or(of);
            let share = |of: u32| share(of).min(characters);
            self.passages.push(Passage {
                characters,
                width: width(&text),
                linked: share(linked),
                strong: share(strong),
                slanted: share(slanted),
                links: if part { share(linked).min(1) } else { links },
                kind,
                text,
                element,
                inline,
                part,
                heading,
                pictures,
                ruling,
            });
        }
    }

    fn finish(mut self) -> Outline {
        self.flush();
        let end = self.passages.len() as u32;
        for block in self.blocks.drain(..) {
            self.elements[block.element].end_passage = end;
        }
        for passage in &self.passages {
            let element = &mut self.elements[passage.element];
            element.characters += passage.characters;
            element.linked += passage.linked;
            element.passages += 1;
            if passage.is_prose() {
                element.prose += passage.characters;
                element.prose_passages += 1;
            }
        }
        for at in (1..self.elements.len()).rev() {
            let inner = self.elements[at].clone();
            if let Some(parent) = inner.parent {
                let outer = &mut self.elements[parent];
                outer.characters += inner.characters;
                outer.linked += inner.linked;
                outer.passages += inner.passages;
                outer.prose += inner.prose;
                outer.prose_passages += inner.prose_passages;
            }
        }
        self.head.title = self.head.title.split_whitespace().collect::<Vec<_>>().join(" ");
        Outline { elements: self.elements, passages: self.passages, head: self.head, cut: self.cut }
    }
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

fn block_kind(name: &str) -> Option<BlockKind> {
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(BlockKind::Heading),
        "li" | "dd" | "dt" => Some(BlockKind::ListItem),
        "blockquote" => Some(BlockKind::Quote),
        "figcaption" => Some(BlockKind::Caption),
        _ => None,
    }
}

/// Parts a run at its line breaks: at two in a row, and at one where a sentence ends; other breaks are spaces.
fn parts(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    let mut apart = true;
    for raw in text.split('\n') {
        let line = line(raw);
        if line.is_empty() {
            apart = true;
            continue;
        }
        match found.last_mut() {
            Some(last) if !apart && !ends_sentence(last) => {
                last.push(' ');
                last.push_str(&line);
            }
            _ => found.push(line),
        }
        apart = false;
    }
    found
}

fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

pub fn ends_sentence(text: &str) -> bool {
    let trimmed = text.trim_end_matches(['"', '”', '’', '\'', ')', '»', '」', '』', '）', ' ']);
    trimmed.ends_with(['.', '!', '?', '。', '！', '？', '…', ':', '：', ';', '；', '।'])
}
