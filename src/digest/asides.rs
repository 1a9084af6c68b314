//! What watches found only in what was taken out of pages: told at the end, once, and never a reason for a mail.

use super::clean::{self, Piece};
use super::excerpt;
use super::wording::{self, Link};
use super::words::{Words, counted, grouped, say};
use crate::model::digest::{AsideNote, Digest, WaitingAside};
use crate::model::recipient::{Language, Recipient};
use crate::model::watch::WatchSpec;

/// Returns what is to be told of the asides that wait: those of watches the recipient follows, but for lines that are the
/// headline of a report of the digest (a teaser of it on another page).
pub fn asides(
    recipient: &Recipient,
    watches: &[WatchSpec],
    waiting: &[WaitingAside],
    digest: &Digest,
) -> Vec<AsideNote> {
    let headlines: Vec<String> = digest.reports.iter().map(|report| letters(&report.headline)).collect();
    let told = |line: &str| headlines.iter().any(|headline| !headline.is_empty() && line.contains(headline.as_str()));
    let wanted =
        waiting.iter().filter(|aside| recipient.follows(&aside.hit.watch) && !told(&letters(&aside.hit.sentence.text)));
    wanted.map(|aside| note(aside, watches)).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn note(aside: &WaitingAside, watches: &[WatchSpec]) -> AsideNote {
    let name = watches.iter().find(|watch| watch.id == aside.hit.watch).map(|watch| watch.name.clone());
    AsideNote {
        outlet: aside.outlet.clone(),
        headline: aside.headline.clone(),
        link: aside.link.clone(),
        lang: aside.lang.clone(),
        watch_name: name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| aside.hit.watch.to_string()),
        sentence: aside.hit.sentence.clone(),
        filter: aside.filter.clone(),
    }
}

/// Of those, as many are told.
const MAX_ASIDES: usize = 12;
const MAX_ASIDE_COLUMNS: usize = 300;

/// An aside in a reader's words.
pub struct Shown<'a> {
    pub lang: &'a str,
    pub outlet: String,
    pub headline: String,
    pub link: Option<Link<'a>>,
    pub sentence: Vec<Piece>,
    /// The watch and what took the line out.
    pub why: String,
}

/// The first asides, and what is to be said of the others.
pub fn shown(asides: &[AsideNote], words: Words) -> (Vec<Shown<'_>>, String) {
    let shown = asides.iter().take(MAX_ASIDES).map(|aside| Shown {
        lang: wording::lang(&aside.lang),
        outlet: wording::outlet(&aside.outlet, words),
        headline: wording::or(clean::line(&aside.headline), words.no_headline()),
        link: aside.link.as_ref().and_then(wording::link),
        sentence: wording::with_ellipses(&excerpt::shortened(&aside.sentence, MAX_ASIDE_COLUMNS)),
        why: words.taken_out_as(&clean::line(&aside.watch_name), &aside.filter),
    });
    let more = match asides.len().saturating_sub(MAX_ASIDES) {
        0 => String::new(),
        more => words.more_asides(more as u64),
    };
    (shown.collect(), more)
}

impl Words {
    /// Where a reader learns of what was found only in what was taken out.
    pub fn asides_title(self) -> &'static str {
        match self.0 {
            Language::English => {
                "Only in what was taken for page furniture (menus, teasers, boxes; not counted as reports):"
            }
            Language::Korean => "페이지의 부속물(메뉴, 예고, 상자)로 본 부분에서만 발견됨 (보도로 세지 않음):",
            Language::Chinese => "仅见于被视为页面附属内容之处（菜单、导读、边栏；不计为报道）：",
        }
    }

    /// Before the headline of the page that a line stood on.
    pub fn beside(self) -> &'static str {
        say!(self, "beside ", "함께 실린 기사: ", "所在页面：")
    }

    fn taken_out_as(self, watch: &str, filter: &str) -> String {
        let (watch, filter) = (self.watch(watch), self.taken_as(filter));
        match self.0 {
            Language::English => format!("{watch}, taken out as {filter}"),
            Language::Korean => format!("{watch}, 제외한 까닭: {filter}"),
            Language::Chinese => format!("{watch}，剔除原因：{filter}"),
        }
    }

    /// What a filter takes its lines for.
    fn taken_as(self, filter: &str) -> &'static str {
        let (english, korean, chinese) = match filter {
            "main_text" => ("standing outside the text", "본문 밖에 있음", "位于正文之外"),
            "learnt" => ("recurring on many pages", "여러 페이지에 되풀이됨", "在多个页面重复出现"),
            "site_rules" => ("a rule in sites.toml says", "sites.toml의 규칙", "sites.toml 中的规则"),
            "repeats" => ("a repetition", "반복", "重复内容"),
            "ads" => ("an advertisement", "광고", "广告"),
            "pitches" => {
                ("an invitation to subscribe, give or follow", "구독·후원·팔로 안내", "订阅、捐助或关注的邀请")
            }
            "related_links" => ("a pointer to other reports", "다른 보도 안내", "指向其他报道"),
            "comments" => ("a reader's comment", "독자 댓글", "读者评论"),
            "notices" => ("a legal notice", "법적 고지", "法律声明"),
            "controls" => ("a button of the page", "페이지의 버튼", "页面按钮"),
            "credits" => ("a credit line", "출처 표기", "署名行"),
            _ => ("furniture", "부속물", "附属内容"),
        };
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
            Language::Chinese => chinese,
        }
    }

    fn more_asides(self, more: u64) -> String {
        match self.0 {
            Language::English => format!("and {} of this kind", counted(more, "more line")),
            Language::Korean => format!("이런 줄 {}개 더 있음", grouped(more)),
            Language::Chinese => format!("另有 {} 行此类内容", grouped(more)),
        }
    }
}
