//! The pages of the sample newsroom: each outlet's own template, with the furniture that surrounds a report.

use std::collections::HashMap;

use super::Answer;
use super::reports::{self, Report};

pub fn answers() -> HashMap<String, Answer> {
    let outlets: [(&[Report], Template); 9] = [
        (reports::NORTHERN, northern),
        (reports::HARBOUR, harbour),
        (reports::EASTGATE, eastgate),
        (reports::MONITOR, plain),
        (reports::DUMANGANG, korean),
        (reports::HANBAT, korean),
        (reports::BIANJIE, chinese),
        (reports::HAIXIA, table),
        (reports::BROKEN, plain),
    ];
    let pages = outlets.into_iter().flat_map(|(reports, template)| {
        let there = reports.iter().filter(|report| !report.path.contains("withdrawn"));
        there.map(move |report| (report.path.to_owned(), Answer::ok("text/html; charset=utf-8", template(report))))
    });
    pages.collect()
}

type Template = fn(&Report) -> String;

fn paragraphs(report: &Report) -> Vec<String> {
    report.paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect()
}

fn head(report: &Report, lang: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title} | News</title>\
         <meta property=\"og:title\" content=\"{title}\"><style>.ad{{color:red}}</style>\
         <script>var dataLayer=[{{page:'article'}}];</script></head>",
        title = report.title.replace('"', "&quot;")
    )
}

/// `<article>` with a newsletter pitch, a lone teaser and an advertisement between the paragraphs.
fn northern(report: &Report) -> String {
    let mut body = paragraphs(report);
    let pitch =
        "<p>Want to stay in the loop on the north? Sign up for our newsletter and get it straight to your inbox!</p>";
    let teaser = "<ul><li><a href=\"/northern/ice-festival-opens.html\">The ten coldest towns of the north, ranked</a></li></ul>";
    let advert = "<div class=\"ad-slot\"><p>ADVERTISEMENT</p><p>Warm boots, now 40 % off</p></div>";
    for (at, furniture) in [(4, teaser), (3, advert), (2, pitch)] {
        if body.len() > at {
            body.insert(at, furniture.to_owned());
        }
    }
    format!(
        "{}<body><nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/world\">World</a></li><li><a href=\"/sport\">Sport</a></li></ul></nav>\
         <div class=\"cookie-consent\"><p>We use cookies to make this site better. By continuing you accept.</p></div>\
         <article><h1>{}</h1><p class=\"byline\">{}</p><div class=\"share-bar\"><a href=\"#\">Share</a> <a href=\"#\">Tweet</a></div>{}</article>\
         <aside><h3>Most read</h3><ul><li><a href=\"/a\">Mayor opens new bridge</a></li><li><a href=\"/b\">Fog grounds ferries</a></li></ul></aside>\
         <section id=\"comments\"><h3>Leave a comment</h3><p>Your email address will not be published.</p></section>\
         <footer><p>© 2026 Northern Border Monitor. All rights reserved.</p></footer></body></html>",
        head(report, "en"),
        report.title,
        report.byline,
        body.join("\n")
    )
}

/// Nested `<div>`s, with "Read more" lines in the text.
fn harbour(report: &Report) -> String {
    let mut body = paragraphs(report);
    if body.len() > 2 {
        body.insert(
            2,
            "<p><strong>READ MORE:</strong> <a href=\"/x\">Fog closes the harbour for a second day</a></p>".to_owned(),
        );
    }
    format!(
        "{}<body><div id=\"top-menu\"><a href=\"/\">Herald</a> <a href=\"/ships\">Ships</a></div><div class=\"page\"><div class=\"story-wrap\">\
         <h1>{}</h1><div class=\"story-text\">{}</div><div class=\"related-posts\"><h4>You may also like</h4><a href=\"/y\">Old lighthouse for sale</a></div>\
         </div></div><div class=\"footer-links\">About · Contact · Imprint</div></body></html>",
        head(report, "en"),
        report.title,
        body.join("\n")
    )
}

/// A re-poster: the text of others, with "Source: Read Full Article" below; and a wall on what is premium.
fn eastgate(report: &Report) -> String {
    let body = if report.path.contains("premium") {
        "<p>This report is for subscribers. Subscribe now to continue reading.</p>".to_owned()
    } else {
        paragraphs(report).join("\n")
            + "<p>Source: <a href=\"https://meridian.example/\">Read Full Article</a></p><p>Connect with us</p>"
    };
    format!(
        "{}<body><header><p>Tuesday, 24 November 2026</p></header><main class=\"entry-content\"><h1>{}</h1>{body}</main></body></html>",
        head(report, "en"),
        report.title
    )
}

fn plain(report: &Report) -> String {
    let ld =
        serde_json::json!({ "@type": "NewsArticle", "headline": report.title, "author": { "name": report.byline } });
    format!(
        "{}<body><script type=\"application/ld+json\">{ld}</script><h1>{}</h1><div>{}</div></body></html>",
        head(report, "en"),
        report.title,
        paragraphs(report).join("\n")
    )
}

fn korean(report: &Report) -> String {
    format!(
        "{}<body><div class=\"gnb menu\"><a href=\"/\">홈</a><a href=\"/politics\">정치</a><a href=\"/world\">국제</a></div>\
         <div class=\"article_view\"><h2>{}</h2><div class=\"article_body\">{}<p>기사제보 및 보도자료 news@paper.example</p>\
         <p>{} ⓒ 무단 전재 및 재배포 금지</p></div><div class=\"related\"><strong>관련기사</strong><ul><li><a href=\"/1\">국경 도시의 겨울</a></li></ul></div></div>\
         </body></html>",
        head(report, "ko"),
        report.title,
        paragraphs(report).join("\n"),
        report.byline
    )
}

fn chinese(report: &Report) -> String {
    format!(
        "{}<body><div class=\"nav\"><a href=\"/\">首页</a> <a href=\"/guoji\">国际</a></div><div class=\"content\"><h1>{}</h1>{}\
         <p>（责任编辑：周宁）</p><p>相关阅读：<a href=\"/2\">边境小城的秋天</a></p></div><div class=\"footer\">版权所有 边界观察</div></body></html>",
        head(report, "zh-CN"),
        report.title,
        paragraphs(report).join("\n")
    )
}

/// A layout of tables, paragraphs parted by `<br>`.
fn table(report: &Report) -> String {
    format!(
        "{}<body><table width=\"980\"><tr><td width=\"160\"><a href=\"/\">首頁</a><br><a href=\"/w\">兩岸</a></td><td><h1>{}</h1>{}</td></tr>\
         <tr><td colspan=\"2\">版權所有 海峽晚報</td></tr></table></body></html>",
        head(report, "zh-TW"),
        report.title,
        report.paragraphs.join("<br><br>")
    )
}
