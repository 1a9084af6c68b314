//! Sitemaps and listing pages as sources, and how sources are found and added: the real program on a web of its own.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write as _;
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::fake_proxy::FakeProxy;
use support::fake_web::Answer;
use support::world::{World, rss};

fn newsroom(source: &str) -> World {
    let mut world = World::new();
    let source = source.replace("URL", &world.web.url(""));
    world.maildir().config(&source).watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world
}

/// An article page that the watch is after.
fn serve_report(world: &World, path: &str, title: &str) {
    let page = format!(
        "<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>Police led away nine people on Sunday \
         night near {path}, a neighbour said.</p><p>Their families fear that they will be repatriated.</p></article></body></html>"
    );
    world.web.serve(path, Answer::page(page));
}

fn sitemap(world: &World, entries: &[(&str, &str)]) -> String {
    let one = |(path, news): &(&str, &str)| format!("<url><loc>{}</loc>{news}</url>", world.web.url(path));
    let all: String = entries.iter().map(one).collect();
    format!(
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{all}</urlset>"
    )
}

fn xml(body: impl Into<Vec<u8>>) -> Answer {
    Answer::ok("application/xml", body)
}

fn listing(items: &[(&str, &str)]) -> Answer {
    let items: String =
        items.iter().map(|(path, title)| format!("<li class=r><a href='{path}'>{title}</a></li>")).collect();
    Answer::page(format!("<html lang=en><head><title>Desk</title></head><body><ul>{items}</ul></body></html>"))
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_a_sitemap_lists_at_first_is_not_mailed_and_what_comes_is_under_the_pages_own_title() {
    let world = newsroom("[[source]]\nurl = \"URL/sitemap.xml\"\nname = \"Gazette\"\nkind = \"sitemap\"");
    serve_report(&world, "/old.html", "Old raid");
    serve_report(&world, "/new.html", "Nine held in city flat");
    world.web.serve("/sitemap.xml", xml(sitemap(&world, &[("/old.html", "")])));
    world.ok(&["once"]);
    world.web.serve(
        "/sitemap.xml",
        xml(sitemap(&world, &[("/old.html", "<lastmod>2026-11-24</lastmod>"), ("/new.html", "")])),
    );
    world.ok(&["once", "--all"]);
    let [mail] = world.mails().try_into().unwrap();
    assert!(mail.contains("Nine held in city flat") && !mail.contains("Old raid"), "{mail}");
}

#[test]
fn an_index_is_followed_to_its_newest_sitemaps_at_each_poll_whatever_it_says_of_itself() {
    let world = newsroom("[[source]]\nurl = \"URL/index.xml\"\nname = \"Gazette\"\nkind = \"sitemap\"");
    let child = |number: u32| {
        format!(
            "<sitemap><loc>{}</loc><lastmod>2026-11-0{number}</lastmod></sitemap>",
            world.web.url(&format!("/{number}.xml.gz"))
        )
    };
    let index = format!("<sitemapindex>{}</sitemapindex>", (1..=5).map(child).collect::<String>());
    world.web.serve("/index.xml", xml(index).tagged("\"one\""));
    let packed = |text: String| {
        let mut packed = GzEncoder::new(vec![], Compression::default());
        packed.write_all(text.as_bytes()).unwrap();
        Answer::ok("application/gzip", packed.finish().unwrap())
    };
    for number in 1..=5 {
        serve_report(&world, &format!("/{number}.html"), &format!("Report {number}"));
        let entry = format!("/{number}.html");
        world.web.serve(&format!("/{number}.xml.gz"), packed(sitemap(&world, &[(&entry, "")])));
    }
    world.ok(&["once"]);
    assert_eq!(world.json(&["sources", "--json"])[0]["entries"], 3);
    serve_report(&world, "/new.html", "Nine held in city flat");
    world.web.serve("/5.xml.gz", packed(sitemap(&world, &[("/5.html", ""), ("/new.html", "")])));
    world.ok(&["once", "--all"]);
    let [mail] = world.mails().try_into().unwrap();
    assert!(mail.contains("Nine held in city flat"), "{mail}");
    let asked = |number: u32| world.web.asked(&format!("/{number}.xml.gz")).len();
    assert_eq!([1, 2, 3, 4, 5].map(asked), [0, 0, 2, 2, 2]);
    assert!(world.web.asked("/index.xml").iter().all(|asked| asked.header("if-none-match").is_none()));
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 1, "unchanged, nothing new");
}

#[test]
fn a_sitemap_of_an_index_that_fails_costs_itself_and_is_told() {
    let world = newsroom("[[source]]\nurl = \"URL/index.xml\"\nkind = \"sitemap\"");
    let index =
        ["/a.xml", "/b.xml"].map(|path| format!("<sitemap><loc>{}</loc></sitemap>", world.web.url(path))).concat();
    world.web.serve("/index.xml", xml(format!("<sitemapindex>{index}</sitemapindex>")));
    world.web.serve("/a.xml", xml(sitemap(&world, &[("/1.html", "")])));
    world.ok(&["once"]);
    let status = &world.json(&["sources", "--json"])[0];
    assert_eq!((&status["entries"], &status["failures_in_a_row"]), (&1.into(), &0.into()));
    assert!(status["note"].as_str().unwrap().contains("/b.xml: "), "{status}");
    world.web.serve("/a.xml", Answer::status(500));
    world.run(&["once", "--all"]);
    let status = &world.json(&["sources", "--json"])[0];
    assert!(status["last_error"].as_str().unwrap().contains("none of its sitemaps could be read"), "{status}");
}

#[test]
fn a_page_is_read_by_its_selectors_and_asked_for_as_a_page() {
    let world = newsroom("[[source]]\nurl = \"URL/list\"\nname = \"Gazette\"\nkind = \"page\"\nitem = \"li.r\"");
    world.web.serve("/list", listing(&[("/old.html", "Old raid")]));
    serve_report(&world, "/old.html", "Old raid");
    serve_report(&world, "/new.html", "Nine held in city flat");
    world.ok(&["once"]);
    world.web.serve("/list", listing(&[("/new.html", "Nine held"), ("/old.html", "Old raid, again")]));
    world.ok(&["once", "--all"]);
    let [mail] = world.mails().try_into().unwrap();
    assert!(mail.contains("Nine held") && !mail.contains("Old raid"), "{mail}");
    assert!(world.web.asked("/list")[0].header("accept").unwrap().starts_with("text/html"));
    let shown = world.ok(&["inspect", "feed", &world.web.url("/list")]);
    assert!(shown.contains("kind     page") && shown.contains("Old raid, again"), "{shown}");
}

#[test]
fn selectors_that_find_nothing_are_a_failure_that_is_told_and_mended_ones_read_the_same_page_again() {
    let mut world = newsroom("[[source]]\nurl = \"URL/list\"\nname = \"Gazette\"\nkind = \"page\"\nitem = \"li.r\"");
    serve_report(&world, "/old.html", "Old raid");
    serve_report(&world, "/new.html", "Nine held in city flat");
    world.web.serve("/list", listing(&[("/old.html", "Old raid")]).tagged("\"1\""));
    world.ok(&["once"]);
    let rebuilt = "<div class=card><h2><a href=/new.html>Nine held</a></h2></div><div class=card><a href=/old.html>Old raid</a></div>";
    world.web.serve("/list", Answer::page(rebuilt).tagged("\"2\""));
    let output = world.run(&["once", "--all"]);
    assert!(err(&output).contains("item = \"li.r\" matches nothing in the page"), "{}", err(&output));
    let listed = world.ok(&["sources", "--troubled"]);
    assert!(listed.contains("failed 1×") && listed.contains("mend `item`"), "{listed}");
    world.change(|config| config.replace("li.r", "div.card"));
    world.ok(&["once", "--all"]);
    let [mail] = world.mails().try_into().unwrap();
    assert!(
        mail.contains("Nine held") && !mail.contains("Old raid"),
        "what came meanwhile is mailed, and no more: {mail}"
    );
    assert_eq!(world.web.asked("/list").last().unwrap().header("if-none-match"), None);
    assert_eq!(world.ok(&["sources", "--troubled"]).trim(), "every source is in good order");
}

fn items(count: usize) -> String {
    let date = |number: usize| format!("Tue, 24 Nov 2026 {:02}:00:00 GMT", 23 - number);
    (0..count)
        .map(|n| {
            format!(
                "<item><title>Report {n}</title><link>http://news.example/{n}</link><pubDate>{}</pubDate></item>",
                date(n)
            )
        })
        .collect()
}

#[test]
fn a_feed_is_shown_and_written_only_when_confirmed() {
    let mut world = World::new();
    world.web.serve("/feed.xml", Answer::feed(rss(&items(6))));
    let url = world.web.url("/feed.xml");
    let shown = world.ok(&["sources", "add", &url, "--lang", "ko"]);
    for words in [
        "1. feed",
        "A newsroom",
        "entries   6",
        "2026-11-24",
        "Report 0",
        "[[source]]",
        "lang = \"ko\"",
        "every     1h, the default",
        "Nothing was written",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let folder = world.dir.path().join("sources.d");
    assert!(!folder.exists());
    let told = world.ok(&["sources", "add", &url, "--yes", "--every", "20m", "--name", "Northern \"Monitor\""]);
    assert!(told.contains("Wrote"), "{told}");
    let written = std::fs::read_to_string(folder.join("127-0-0-1.toml")).unwrap();
    assert!(
        written.contains("name = \"Northern \\\"Monitor\\\"\"") && written.contains("every = \"20m\""),
        "{written}"
    );
    let again = world.ok(&["sources", "add", &url, "--yes"]);
    assert!(again.contains("is a source already"), "{again}");
    assert_eq!(folder.read_dir().unwrap().count(), 1);
    world.maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.ok(&["check"]);
}

#[test]
fn a_site_gives_the_feeds_it_names_links_and_has_at_the_usual_places() {
    let world = World::new();
    let page = "<html><head><link rel=alternate type=application/rss+xml href=/main.xml><link rel=alternate type=application/rss+xml \
                href=/gone.xml></head><body><a href='/asia/rss'>Asia</a><a href='/about'>About</a></body></html>";
    world.web.serve("/", Answer::page(page));
    world.web.serve("/main.xml", Answer::feed(rss(&items(3))));
    world.web.serve("/asia/rss", Answer::feed(rss(&items(2))));
    world.web.serve("/feed", Answer::redirect(301, &world.web.url("/main.xml")));
    world.web.serve(
        "/news-sitemap.xml",
        xml(sitemap(&world, &[("/1.html", "<news:news><news:title>Raid</news:title></news:news>")])),
    );
    let site = world.web.url("/");
    let shown = world.ok(&["sources", "add", &site]);
    for words in
        ["1. feed", "/main.xml", "2. feed", "/asia/rss", "3. sitemap", "/news-sitemap.xml", "/gone.xml", "--feed N"]
    {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!shown.contains("4. ") && !world.dir.path().join("sources.d").exists(), "{shown}");
    assert_eq!(world.run(&["sources", "add", &site, "--yes"]).status.code(), Some(64), "which one?");
    let told = world.json(&["sources", "add", &site, "--feed", "3", "--yes", "--json"]);
    assert_eq!(told["found"].as_array().unwrap().len(), 3);
    let written = std::fs::read_to_string(told["written"].as_str().unwrap()).unwrap();
    assert!(written.contains("kind = \"sitemap\"") && written.contains("/news-sitemap.xml"), "{written}");
    assert!(world.web.log().len() < 40, "politely");
}

#[test]
fn selectors_are_tried_before_they_are_written() {
    let world = World::new();
    world.web.serve("/list", listing(&[("/1.html", "Raid"), ("/2.html", "Buses")]));
    let url = world.web.url("/list");
    let bad = world.run(&["sources", "add", &url, "--item", "li["]);
    assert_eq!(bad.status.code(), Some(64));
    assert!(err(&bad).contains("`item` cannot be used") && world.web.log().is_empty(), "{}", err(&bad));
    let nothing = world.run(&["sources", "add", &url, "--item", "article"]);
    assert!(err(&nothing).contains("matches nothing in the page"), "{}", err(&nothing));
    let told = world.json(&["sources", "add", &url, "--item", "li.r", "--title", "a", "--yes", "--json"]);
    assert_eq!((&told["found"][0]["kind"], &told["found"][0]["newest"][1]["title"]), (&"page".into(), &"Buses".into()));
    let written = std::fs::read_to_string(told["written"].as_str().unwrap()).unwrap();
    assert!(written.contains("kind = \"page\"\nitem = \"li.r\"\ntitle = \"a\""), "{written}");
    assert!(!written.contains("link ="), "the default is left out: {written}");
}

#[test]
fn what_no_feed_can_be_found_at_says_how_to_go_on() {
    let world = World::new();
    world.web.serve("/list", Answer::page("<html><body>nothing</body></html>"));
    let output = world.run(&["sources", "add", &world.web.url("/list")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("--item SELECTOR"), "{}", err(&output));
    let gone = world.run(&["sources", "add", &world.web.url("/nowhere.xml"), "--yes"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(err(&gone).contains("404"), "{}", err(&gone));
}

#[test]
fn nothing_goes_around_the_route_of_a_source_or_of_the_command_line() {
    let mut world =
        newsroom("[[source]]\nurl = \"http://news.example/index.xml\"\nkind = \"sitemap\"\nroute = \"PROXY\"");
    let proxy = FakeProxy::http(world.web.address());
    world.change(|config| config.replace("PROXY", &format!("http://{}", proxy.address())));
    let index = "<sitemapindex><sitemap><loc>http://news.example/1.xml</loc></sitemap></sitemapindex>";
    world.web.serve("/index.xml", xml(index));
    world.web.serve("/1.xml", xml("<urlset><url><loc>http://news.example/1.html</loc></url></urlset>"));
    world.ok(&["once"]);
    assert_eq!(world.json(&["sources", "--json"])[0]["entries"], 1, "the names are known to the proxy alone");
    let told = world.json(&["sources", "add", "http://news.example/1.xml", "--json"]);
    assert_eq!(told["found"][0]["entries"], 1, "by the route of a source of that host");
    let before = (proxy.asked().len(), world.web.log().len());
    let url = world.web.url("/1.xml");
    let away = world.run(&["sources", "add", &url, "--route", "http://127.0.0.1:9", "--yes"]);
    assert!(err(&away).contains("127.0.0.1:9"), "{}", err(&away));
    assert_eq!((away.status.code(), proxy.asked().len(), world.web.log().len()), (Some(1), before.0, before.1));
}

#[test]
fn a_route_that_is_written_wrongly_is_never_gone_around() {
    let mut world = World::new();
    world.in_section("[fetch]", "route = \"socks5://127.0.0.1:9050\"");
    world.web.serve("/feed.xml", Answer::feed(rss(&items(1))));
    let output = world.run(&["sources", "add", &world.web.url("/feed.xml"), "--yes"]);
    assert_eq!(output.status.code(), Some(78), "{}{}", out(&output), err(&output));
    assert!(world.web.log().is_empty());
    let guarded = World::new();
    let private = guarded.run(&["sources", "add", "http://10.0.0.1/feed.xml"]);
    assert!(err(&private).contains("10.0.0.1"), "{}", err(&private));
}

#[test]
fn a_source_without_a_name_goes_by_its_feeds_title_until_it_is_given_one() {
    let mut world = newsroom("[[source]]\nurl = \"URL/feed.xml\"\n[poll]\nmail_back = \"all\"");
    let outlet = |world: &World| world.json(&["sources", "--json"])[0]["outlet"].as_str().unwrap().to_owned();
    assert_eq!(outlet(&world), "127.0.0.1");
    serve_report(&world, "/raid.html", "Nine held in city flat");
    let item = format!("<item><title>Nine held</title><link>{}</link></item>", world.web.url("/raid.html"));
    let feed = rss(&item);
    let title = feed.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    world.web.serve("/feed.xml", Answer::feed(feed.replacen(&title, "Northern Monitor", 1)));
    world.ok(&["once"]);
    assert_eq!(outlet(&world), "Northern Monitor");
    let mails = world.mails();
    assert!(mails.len() == 1 && mails[0].contains("Northern Monitor"), "{mails:?}");
    world.ok(&["once", "--all"]);
    assert_eq!(outlet(&world), "Northern Monitor", "the configuration does not take it back");
    world.change(|config| config.replace("/feed.xml\"", "/feed.xml\"\nname = \"The Monitor\""));
    world.ok(&["once", "--all"]);
    assert_eq!(outlet(&world), "The Monitor");
    world.change(|config| config.replace("\nname = \"The Monitor\"", ""));
    world.ok(&["once", "--all"]);
    assert_eq!(outlet(&world), "Northern Monitor");
}

#[test]
fn a_server_without_tls_is_told_from_one_without_a_certificate() {
    let world = newsroom("[[source]]\nurl = \"URL/other.xml\"\nname = \"Gazette\"");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").unwrap();
        // What it was asked is read to its end, so that the answer is not cut off.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let output = world.run(&["sources", "add", &address]);
    server.join().unwrap();
    assert!(!output.status.success());
    let told = err(&output);
    assert!(told.contains("does not speak TLS") && told.contains(&format!("http://{address}")), "{told}");
    assert!(!told.contains("certificate"), "{told}");
}
