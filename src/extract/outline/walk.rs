//! The state of the walk: what is open, the run that is being gathered, and the passages so far.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use scraper::node::Element as Tag;

use super::super::Limits;
use super::super::site_rules::Ruling;
use super::super::surroundings::{self, SIGNS, Sign, Signs};
use super::super::wording::width;
use super::lines::parts;
use super::role::{Role, block_kind, heading_level, role};
use super::{Element, FAR, Head, Outline, Passage};
use crate::model::article::BlockKind;

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

pub(super) struct Walk {
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
    pub fn new(limits: &Limits) -> Walk {
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
    pub fn begin_ruled(&mut self, ruling: Ruling, tag: &Tag) {
        if ruling == Ruling::Keep || role(tag.name()) == Role::Block {
            self.flush();
        }
        self.ruled.push((ruling, std::mem::take(&mut self.run)));
    }

    pub fn end_ruled(&mut self) {
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

    pub fn open(&mut self, tag: &Tag) {
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

    pub fn close(&mut self, tag: &Tag) {
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

    pub fn text(&mut self, text: &str) {
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

    pub fn finish(mut self) -> Outline {
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
