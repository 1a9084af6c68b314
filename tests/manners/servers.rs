//! What else a server sees: where we go, how many of us come, and what we say.

use std::io::Write as _;
use std::time::Duration;

use newsvigil::model::feed::FeedState;
use newsvigil::stage::poll;

use crate::harness::{Newsroom, feed, feed_saying, hours};
use crate::support::fake_web::{Answer, Asked};
use crate::support::world::{World, rss};

// P21
#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_redirect_is_believed_the_third_time_and_a_temporary_one_never() {
    for (status, moves) in [(301, true), (308, true), (302, false), (307, false), (303, false)] {
        let newsroom = Newsroom::new().await;
        newsroom.serve([Answer::redirect(status, "/new.xml")]);
        newsroom.world.web.serve("/new.xml", feed("a"));
        newsroom.poll_times(6).await;
        let asked = newsroom.world.web.asked("/feed.xml").len();
        assert_eq!(asked, if moves { 3 } else { 6 }, "{status}");
        assert_eq!(newsroom.world.web.asked("/new.xml").len(), 6, "{status}");
    }
}

// P21
#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_redirect_to_a_temporary_one_or_a_row_that_is_broken_moves_nothing() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([Answer::redirect(301, "/hop")]);
    newsroom.world.web.serve("/hop", Answer::redirect(302, "/new.xml"));
    newsroom.world.web.serve("/new.xml", feed("a"));
    newsroom.poll_times(5).await;
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 5);

    let newsroom = Newsroom::new().await;
    let moved = || Answer::redirect(301, "/new.xml");
    newsroom.serve([moved(), moved(), feed("a"), moved(), moved(), feed("a")]);
    newsroom.world.web.serve("/new.xml", feed("a"));
    newsroom.poll_times(6).await;
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 6);
}

// P21
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_new_address_dies_is_looked_for_at_the_old_one() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([Answer::redirect(301, "/new.xml")]);
    newsroom.world.web.serve_in_turn("/new.xml", [feed("a"), feed("a"), feed("a"), Answer::status(404)]);
    newsroom.poll_times(3).await;
    newsroom.serve([feed("b")]);
    newsroom.clock.advance(newsroom.pause().await);
    newsroom.poll_times(6).await;
    assert_eq!(newsroom.feed().await.entries, 2, "what stands at the old address is read");
    assert_eq!(newsroom.feed().await.failures_in_a_row, 0);
}

// P22
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_gone_is_asked_no_more_and_shown_as_ended() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a"), Answer::status(410)]);
    newsroom.poll_times(2).await;
    newsroom.clock.advance(hours(24 * 30));
    newsroom.poll().await;
    let newsroom = newsroom.restarted().await;
    newsroom.poll().await;
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 2);
    let feed = newsroom.feed().await;
    assert!(matches!(&feed.state, FeedState::Disabled { reason } if reason.contains("410")), "{feed:?}");
    assert_eq!(newsroom.desk.store.counts().await.expect("counts").feeds_disabled, 1, "the metrics tell it");
}

// P22
#[test]
fn a_person_is_told_of_a_feed_that_is_gone() {
    let mut world = World::new();
    world.maildir().source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example");
    world.web.serve("/feed.xml", Answer::status(410));
    let log = String::from_utf8(world.run(&["once"]).stderr).unwrap();
    assert!(log.contains("ERROR") && log.contains("is switched off, nothing is read there any more"), "{log}");
    let source = &world.json(&["sources", "--json"])[0];
    assert_eq!(source["state"], "disabled");
}

fn overlap(log: &[Asked]) -> bool {
    let mut log: Vec<&Asked> = log.iter().collect();
    log.sort_by_key(|asked| asked.began);
    log.windows(2).any(|pair| pair[0].ended.is_none_or(|ended| ended > pair[1].began))
}

// P23
#[tokio::test(flavor = "multi_thread")]
async fn a_host_gets_one_request_at_a_time_feeds_and_pages_together_and_a_second_apart() {
    let mut world = World::fetching("host_gap = \"150ms\"");
    let web = &world.web;
    let slow = |answer: Answer| answer.after(Duration::from_millis(60));
    let mut paths = vec![];
    for number in 0..4 {
        let items: String = (0..2)
            .map(|page| {
                let path = format!("/{number}-{page}.html");
                web.serve(&path, slow(Answer::page("<p>Some text of a report.</p>")));
                format!("<item><title>x</title><link>{}</link></item>", web.url(&path))
            })
            .collect();
        let path = format!("/{number}.xml");
        web.serve(&path, slow(Answer::feed(rss(&items))));
        paths.push(path);
    }
    world.mail_back();
    for path in &paths {
        world.source(path, path);
    }
    let newsroom = Newsroom::of(world).await;
    let (polled, _) = tokio::join!(poll::drain(&newsroom.desk, &newsroom.plan), newsroom.process());
    polled.expect("polls are stored");
    newsroom.process().await;
    let log = newsroom.world.web.log();
    assert_eq!(log.len(), 4 + 8 + 1, "feeds, pages, robots.txt");
    assert!(!overlap(&log));
    let gaps = log.windows(2).map(|pair| pair[1].began - pair[0].began);
    assert!(gaps.clone().all(|gap| gap >= Duration::from_millis(120)), "{:?}", gaps.collect::<Vec<_>>());
}

// P23
#[tokio::test(flavor = "multi_thread")]
async fn no_two_polls_of_one_feed_run_at_a_time() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").after(Duration::from_millis(200))]);
    let drain = || poll::drain(&newsroom.desk, &newsroom.plan);
    let (one, two, three) = tokio::join!(drain(), drain(), drain());
    assert_eq!([one, two, three].into_iter().map(|polled| polled.expect("stored")).sum::<u64>(), 1);
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 1);
}

// P24
#[tokio::test(flavor = "multi_thread")]
async fn every_request_says_which_program_asks_and_whom_to_write_to() {
    let mut world = World::fetching("host_gap = \"0s\"\ncontact = \"https://ngo.example/our-reader\"");
    world.mail_back().source("/feed.xml", "Northern Monitor");
    world.publish("/feed.xml", &[("/a.html", "A report", "Its text.")]);
    let newsroom = Newsroom::of(world).await;
    newsroom.poll_times(2).await;
    newsroom.process().await;
    let ours = concat!("newsvigil/", env!("CARGO_PKG_VERSION"), " (+https://ngo.example/our-reader)");
    let log = newsroom.world.web.log();
    assert_eq!(log.len(), 4, "the feed twice, robots.txt, the page");
    assert!(log.iter().all(|asked| asked.header("user-agent") == Some(ours)), "{log:?}");
}

// P25
#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_no_referrer_and_no_query_of_our_own_is_sent() {
    let mut world = World::new();
    world.mail_back().source("/feed.xml?a=1", "Northern Monitor");
    let page = world.web.url("/start.html");
    let cookie = |answer: Answer| answer.with("Set-Cookie", "id=1; Path=/");
    let item = format!("<item><title>x</title><link>{page}</link></item>");
    world.web.serve("/feed.xml?a=1", cookie(Answer::redirect(302, "/real.xml?b=2")));
    world.web.serve("/real.xml?b=2", cookie(Answer::feed(rss(&item))));
    world.web.serve("/start.html", cookie(Answer::redirect(302, "/end.html")));
    world.web.serve("/end.html", cookie(Answer::page("<p>Some text.</p>")));
    let newsroom = Newsroom::of(world).await;
    newsroom.poll_times(2).await;
    newsroom.process().await;
    let log = newsroom.world.web.log();
    let paths: Vec<&str> = log.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/feed.xml?a=1", "/real.xml?b=2", "/feed.xml?a=1", "/real.xml?b=2", "/robots.txt", "/start.html", "/end.html"]
    );
    for name in ["cookie", "referer", "origin", "x-requested-with"] {
        assert!(log.iter().all(|asked| asked.header(name).is_none()), "{name}");
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

// P26
#[tokio::test(flavor = "multi_thread")]
async fn compression_is_asked_for_and_undone_and_a_body_beyond_the_limit_is_cut_off() {
    let mut world = World::fetching("host_gap = \"0s\"\nmax_feed_size = \"64 KiB\"");
    for path in ["/small.xml", "/bomb.xml", "/large.xml"] {
        world.source(path, path);
    }
    let bomb = rss(&format!("<item><title>{}</title></item>", "x".repeat(1 << 20)));
    let coded = |text: &str| Answer::feed(gzip(text.as_bytes())).with("Content-Encoding", "gzip");
    world.web.serve("/small.xml", coded(&rss("<item><title>x</title><guid>1</guid></item>")));
    world.web.serve("/bomb.xml", coded(&bomb));
    world.web.serve("/large.xml", Answer::feed(bomb));
    let newsroom = Newsroom::of(world).await;
    newsroom.poll().await;
    assert!(newsroom.world.web.log().iter().all(|asked| asked.header("accept-encoding") == Some("gzip")));
    for feed in newsroom.desk.store.feeds().await.expect("a list") {
        match feed.outlet.as_str() {
            "/small.xml" => assert_eq!(feed.entries, 1),
            _ => assert!(feed.last_error.contains("is larger than 65536 bytes"), "{feed:?}"),
        }
    }
}

// P26
#[tokio::test(flavor = "multi_thread")]
async fn the_time_for_an_exchange_counts_all_its_hops_together() {
    let mut world = World::fetching("host_gap = \"0s\"\ntotal_timeout = \"600ms\"");
    world.source("/feed.xml", "Northern Monitor");
    for hop in 0..5 {
        let answer = Answer::redirect(302, &format!("/{}", hop + 1)).after(Duration::from_millis(250));
        world.web.serve(&if hop == 0 { "/feed.xml".to_owned() } else { format!("/{hop}") }, answer);
    }
    world.web.serve("/5", feed("a"));
    let newsroom = Newsroom::of(world).await;
    newsroom.poll().await;
    let error = newsroom.feed().await.last_error;
    assert!(error.contains("did not answer within 600ms"), "{error}");
    assert!(newsroom.world.web.log().len() <= 3);
}

// P27
#[tokio::test(flavor = "multi_thread")]
async fn neither_a_hub_nor_a_difference_is_asked_for_and_a_difference_is_not_taken_for_the_whole() {
    let newsroom = Newsroom::new().await;
    let hub = newsroom.world.web.url("/hub");
    let head = format!("<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{hub}\"/>");
    let with_hub = feed_saying(&head).with("Link", &format!("<{hub}>; rel=\"hub\"")).with("ETag", "\"1\"");
    let difference = Answer { status: 226, ..feed("b") }.with("IM", "feed").with("ETag", "\"2\"");
    newsroom.serve([with_hub, difference, Answer::status(304)]);
    newsroom.poll_times(3).await;
    let log = newsroom.world.web.log();
    assert!(log.iter().all(|asked| asked.path == "/feed.xml" && asked.method == "GET"), "{log:?}");
    assert!(log.iter().all(|asked| asked.header("a-im").is_none()));
    assert_eq!(log[2].header("if-none-match"), Some("\"1\""), "the difference left no trace");
}
