//! The feeds of the sample newsroom, in the formats that real ones come in.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::json;

use super::Answer;
use super::reports::{self, Report};
use crate::model::time::Timestamp;

/// A source of the demo.
pub struct SampleFeed {
    pub path: &'static str,
    pub outlet: &'static str,
    pub lang: &'static str,
    kind: Kind,
}

enum Kind {
    Rss(&'static [Report]),
    /// With the whole text in `content:encoded`.
    RssWhole(&'static [Report]),
    RssEucKr(&'static [Report]),
    Rdf(&'static [Report]),
    Atom(&'static [Report]),
    Json(&'static [Report]),
    /// Cut off in the middle, with a bare ampersand.
    Broken(&'static [Report]),
    WebPage,
    Refusal(StatusCode),
}

const fn feed(path: &'static str, outlet: &'static str, lang: &'static str, kind: Kind) -> SampleFeed {
    SampleFeed { path, outlet, lang, kind }
}

#[cfg(test)]
impl SampleFeed {
    pub fn is_in_order(&self) -> bool {
        !matches!(self.kind, Kind::Broken(_) | Kind::WebPage | Kind::Refusal(_))
    }
}

pub const FEEDS: &[SampleFeed] = &[
    feed("/northern/rss.xml", "Northern Border Monitor", "en", Kind::Rss(reports::NORTHERN)),
    feed("/harbour/atom.xml", "Harbour Herald", "en", Kind::Atom(reports::HARBOUR)),
    feed("/eastgate/rss.xml", "Eastgate Daily", "en", Kind::RssWhole(reports::EASTGATE)),
    feed("/monitor/feed.json", "Border Rights Forum", "en", Kind::Json(reports::MONITOR)),
    feed("/dumangang/rss.xml", "두만강소식", "ko", Kind::RssEucKr(reports::DUMANGANG)),
    feed("/hanbat/index.rdf", "한밭신문", "ko", Kind::Rdf(reports::HANBAT)),
    feed("/bianjie/rss.xml", "边界观察", "zh-Hans", Kind::Rss(reports::BIANJIE)),
    feed("/haixia/atom.xml", "海峽晚報", "zh-Hant", Kind::Atom(reports::HAIXIA)),
    feed("/tumen/rss.xml", "Tumen Post", "en", Kind::Broken(reports::BROKEN)),
    feed("/riverside/feed", "Riverside Weekly", "en", Kind::WebPage),
    feed("/lakeside/rss.xml", "Lakeside Courier", "en", Kind::Refusal(StatusCode::SERVICE_UNAVAILABLE)),
    feed("/oldtown/rss.xml", "Old Town Gazette", "en", Kind::Refusal(StatusCode::GONE)),
];

pub fn answers(base: &str, now: Timestamp) -> HashMap<String, Answer> {
    FEEDS.iter().map(|feed| (feed.path.to_owned(), answer(feed, base, now))).collect()
}

fn answer(feed: &SampleFeed, base: &str, now: Timestamp) -> Answer {
    match &feed.kind {
        Kind::Rss(reports) => Answer::ok("application/rss+xml; charset=utf-8", rss(feed, reports, base, now, false)),
        Kind::RssWhole(reports) => {
            Answer::ok("application/rss+xml; charset=utf-8", rss(feed, reports, base, now, true))
        }
        Kind::RssEucKr(reports) => Answer::ok("text/xml", euc_kr(&rss(feed, reports, base, now, false))),
        Kind::Rdf(reports) => Answer::ok("application/rdf+xml", rdf(feed, reports, base, now)),
        Kind::Atom(reports) => Answer::ok("application/atom+xml; charset=utf-8", atom(feed, reports, base, now)),
        Kind::Json(reports) => Answer::ok("application/feed+json", json_feed(feed, reports, base, now)),
        Kind::Broken(reports) => {
            let whole = rss(feed, reports, base, now, false);
            let cut = whole.replace("</channel></rss>", "<item><title>Ferries & fog: what to");
            Answer::ok("application/rss+xml; charset=utf-8", cut)
        }
        Kind::WebPage => {
            let page = format!(
                "<!DOCTYPE html><html><head><title>Riverside Weekly</title><link rel=\"alternate\" \
                 type=\"application/rss+xml\" href=\"{base}/riverside/rss.xml\"></head><body><h1>Riverside Weekly</h1></body></html>"
            );
            Answer::ok("text/html; charset=utf-8", page)
        }
        Kind::Refusal(status) => Answer::refusal(*status),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn published(report: &Report, now: Timestamp) -> jiff::Zoned {
    let at = now.minus(std::time::Duration::from_secs(u64::from(report.hours_ago) * 3600));
    at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC)
}

fn rss(feed: &SampleFeed, reports: &[Report], base: &str, now: Timestamp, whole: bool) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"{}\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
         <channel><title>{}</title><link>{base}/</link><description>{}</description><language>{}</language><ttl>30</ttl>\n",
        if matches!(feed.kind, Kind::RssEucKr(_)) { "euc-kr" } else { "utf-8" },
        feed.outlet,
        feed.outlet,
        feed.lang
    );
    for report in reports {
        let link = format!("{base}{}?utm_source=rss&utm_medium=feed", report.path);
        let date = published(report, now).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let (title, link, path, summary) =
            (escaped(report.title), escaped(&link), report.path, escaped(report.summary));
        xml.push_str(&format!("<item><title>{title}</title><link>{link}</link><guid isPermaLink=\"false\">{path}</guid><pubDate>{date}</pubDate>"));
        xml.push_str(&format!("<description>{summary}</description>"));
        if whole {
            let paragraphs: String = report.paragraphs.iter().map(|text| format!("<p>{}</p>", escaped(text))).collect();
            xml.push_str(&format!("<content:encoded><![CDATA[{paragraphs}]]></content:encoded>"));
        }
        xml.push_str("</item>\n");
    }
    xml + "</channel></rss>"
}

fn rdf(feed: &SampleFeed, reports: &[Report], base: &str, now: Timestamp) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"{base}/\"><title>{}</title><link>{base}/</link>\
         <description>{}</description></channel>\n",
        feed.outlet, feed.outlet
    );
    for report in reports {
        let (link, date) = (format!("{base}{}", report.path), published(report, now).strftime("%Y-%m-%dT%H:%M:%SZ"));
        let (title, summary) = (escaped(report.title), escaped(report.summary));
        xml.push_str(&format!(
            "<item rdf:about=\"{link}\"><title>{title}</title><link>{link}</link><description>{summary}</description><dc:date>{date}</dc:date></item>\n"
        ));
    }
    xml + "</rdf:RDF>"
}

fn atom(feed: &SampleFeed, reports: &[Report], base: &str, now: Timestamp) -> String {
    let updated = now.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\"><title>{}</title>\
         <id>{base}/</id><link href=\"{base}/\"/><updated>{updated}</updated>\n",
        feed.lang, feed.outlet
    );
    for report in reports {
        let date = published(report, now).strftime("%Y-%m-%dT%H:%M:%SZ");
        let (path, title, summary) = (report.path, escaped(report.title), escaped(report.summary));
        xml.push_str(&format!(
            "<entry><title type=\"html\">{}</title><link rel=\"alternate\" href=\"{path}\"/><id>tag:newsroom.example,2026:{path}</id>\
             <published>{date}</published><updated>{date}</updated><author><name>{}</name></author><summary>{summary}</summary></entry>\n",
            escaped(&title),
            escaped(report.byline)
        ));
    }
    xml + "</feed>"
}

fn json_feed(feed: &SampleFeed, reports: &[Report], base: &str, now: Timestamp) -> String {
    let items: Vec<_> = reports
        .iter()
        .map(|report| {
            json!({
                "id": report.path,
                "url": format!("{base}{}", report.path),
                "title": report.title,
                "content_text": report.summary,
                "date_published": published(report, now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "authors": [{ "name": report.byline }],
            })
        })
        .collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.outlet,
        "home_page_url": format!("{base}/"),
        "language": feed.lang,
        "items": items,
    })
    .to_string()
}

/// The Hangul of this newsroom's one feed in the encoding that older Korean sites still serve.
fn euc_kr(text: &str) -> Vec<u8> {
    crate::source::charset::encode(text, "euc-kr")
}
