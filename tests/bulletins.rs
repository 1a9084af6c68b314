//! Bulletins: each watch's newest hits as feeds, in a folder and over HTTP. The real program writes them, a feed reader
//! of others reads them.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;

use support::world::{World, get, wait_until};

const TEXT: &str =
    "Police stopped two &lt;buses&gt; &amp; a van before a repatriation. Nobody said more about it that day.";

fn newsroom() -> World {
    let mut world = World::new();
    world.publish(
        "/rss",
        &[("/a", "버스 두 대", TEXT), ("/b", "Weather", "It rained in the whole of the province today.")],
    );
    world.mail_back().source("/rss", "Smith &amp; Sons").watch("returns", &["repatriat*"]).watch("rain", &["rained"]);
    world.maildir().reader("kim", "kim@ngo.example");
    world
}

fn read(text: &str) -> feed_rs::model::Feed {
    feed_rs::parser::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_folder_holds_an_atom_and_a_json_feed_of_each_watch_that_feed_readers_read() {
    let mut world = newsroom();
    world.config("[bulletins]\nfolder = \"bulletins\"");
    world.ok(&["once"]);
    let folder = world.dir.path().join("bulletins");
    let files = || {
        let mut names: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(files(), ["rain.atom", "rain.json", "returns.atom", "returns.json"]);
    for file in ["returns.atom", "returns.json"] {
        let path = folder.join(file);
        let feed = read(&std::fs::read_to_string(&path).unwrap());
        let [entry] = feed.entries.as_slice() else { panic!("{feed:?}") };
        assert_eq!(entry.title.as_ref().unwrap().content, "버스 두 대");
        assert_eq!(entry.links[0].href, world.web.url("/a"));
        assert!(entry.id.starts_with("tag:news.example,2026:newsvigil:returns:e_"), "{}", entry.id);
        let html = entry.content.as_ref().unwrap().body.clone().unwrap();
        assert!(html.contains("&lt;buses&gt; &amp; a van before a <mark>repatriation</mark>"), "{html}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
    // A second report, and a copy of the first: one more entry, the newest first.
    let reports = [
        ("/a", "버스 두 대", TEXT),
        ("/copy", "버스 두 대", TEXT),
        ("/c", "A second one", "A second repatriation began on Monday at the bridge."),
    ];
    world.publish("/rss", &reports);
    world.ok(&["once", "--all"]);
    let feed = read(&std::fs::read_to_string(folder.join("returns.atom")).unwrap());
    let titles: Vec<_> = feed.entries.iter().map(|entry| entry.title.as_ref().unwrap().content.clone()).collect();
    assert_eq!(titles, ["A second one", "버스 두 대"]);
    assert_eq!(files().len(), 4, "no draft is left");
}

fn ask(address: SocketAddr, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_bulletin_is_served_to_who_has_its_address_and_nothing_tells_others_that_it_is_there() {
    let mut world = newsroom();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.in_section("[service]", &format!("listen = \"{address}\"")).config("[bulletins]\nserve = true");
    let _daemon = world.daemon();
    wait_until("the mail", || !world.mails().is_empty());
    let watches = world.json(&["watches", "--json"]);
    let urls = watches[0]["bulletins"].as_array().unwrap();
    let path =
        |url: &serde_json::Value| url.as_str().unwrap().strip_prefix(&format!("http://{address}")).unwrap().to_owned();
    let (atom, json) = (path(&urls[0]), path(&urls[1]));
    let answer = get(address, &atom);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/atom+xml"), "{head}");
    assert_eq!(read(body).entries.len(), 1);
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = ask(address, &atom, &format!("If-None-Match: {tag}\r\n"));
    assert!(again.starts_with("HTTP/1.1 304"), "{again}");
    let answer = get(address, &json);
    assert!(
        answer.contains("content-type: application/feed+json") && answer.contains("jsonfeed.org/version/1.1"),
        "{answer}"
    );
    let token = atom.split('/').nth(2).unwrap().to_owned();
    for wrong in [
        atom.replace("returns", "rain"),
        atom.replace("returns", "other"),
        atom.replace(&token, "0"),
        atom.replace(".atom", ".xml"),
    ] {
        let answer = get(address, &wrong);
        assert!(answer.starts_with("HTTP/1.1 404") && answer.ends_with("\r\n\r\n"), "{wrong}: {answer}");
    }
}
