//! Which way requests go, and as whom.

use std::net::TcpListener;

use crate::harness::{Newsroom, feed};
use crate::support::fake_proxy::FakeProxy;
use crate::support::fake_web::{Answer, FakeWeb};
use crate::support::world::{World, rss};

/// A feed at a name that only the proxy can resolve, with one page there.
async fn proxied(route: &str, web: &FakeWeb) -> Newsroom {
    let link = "<item><title>x</title><link>http://news.example/page.html</link></item>";
    web.serve("/feed.xml", Answer::feed(rss(link)));
    web.serve("/page.html", Answer::page("<p>They fear to be repatriated.</p>"));
    let mut world = World::fetching("host_gap = \"0s\"\ncontact = \"https://ngo.example/our-reader\"");
    world.mail_back();
    world.config(&format!("[[source]]\nurl = \"http://news.example/feed.xml\"\nroute = \"{route}\""));
    Newsroom::of(world).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_and_its_pages_go_through_the_proxy_which_resolves_the_names() {
    for socks in [true, false] {
        let web = FakeWeb::start();
        let proxy = if socks { FakeProxy::socks(web.address()) } else { FakeProxy::http(web.address()) };
        let scheme = if socks { "socks5h" } else { "http" };
        let newsroom = proxied(&format!("{scheme}://{}", proxy.address()), &web).await;
        newsroom.poll().await;
        newsroom.process().await;
        let paths: Vec<String> = web.log().into_iter().map(|asked| asked.path).collect();
        assert_eq!(paths, ["/feed.xml", "/robots.txt", "/page.html"]);
        let named = if socks { "news.example:80" } else { "news.example" };
        assert!(proxy.asked().iter().all(|target| target == named), "names, not addresses: {:?}", proxy.asked());
        let said: Vec<_> =
            web.log().iter().map(|asked| asked.header("user-agent").unwrap_or_default().to_owned()).collect();
        assert!(said.iter().all(|said| !said.contains("ngo")), "a detour does not say who asks: {said:?}");
        assert_eq!(newsroom.feed().await.failures_in_a_row, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_proxy_is_down_not_one_packet_goes_to_the_host() {
    // A port that nobody listens on.
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    for scheme in ["socks5h", "http"] {
        let mut world = World::new();
        world.config(&format!("[[source]]\nurl = \"{}\"\nroute = \"{scheme}://{closed}\"", world.web.url("/feed.xml")));
        world.web.serve("/feed.xml", feed("a"));
        let newsroom = Newsroom::of(world).await;
        newsroom.poll_times(5).await;
        let status = newsroom.feed().await;
        assert_eq!(status.failures_in_a_row, 5);
        assert!(status.last_error.contains(&format!("through the proxy {scheme}://{closed}")), "{}", status.last_error);
        assert_eq!((newsroom.world.web.connections(), newsroom.world.web.log().len()), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_proxy_is_down_is_not_fetched_directly() {
    let web = FakeWeb::start();
    let proxy = FakeProxy::http(web.address());
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let mut world = World::new();
    world.mail_back();
    // The page stands at an address that could be reached directly.
    let page = world.web.url("/page.html");
    web.serve("/feed.xml", Answer::feed(rss(&format!("<item><title>x</title><link>{page}</link></item>"))));
    world
        .config(&format!("[[source]]\nurl = \"http://news.example/feed.xml\"\nroute = \"http://{}\"", proxy.address()));
    let newsroom = Newsroom::of(world).await;
    newsroom.poll().await;
    assert_eq!(newsroom.feed().await.entries, 1);
    let Newsroom { mut world, clock, desk, plan } = newsroom;
    world.change(|config| config.replace(&proxy.address().to_string(), &closed.to_string()));
    let newsroom = Newsroom { world, clock, desk, plan }.restarted().await;
    newsroom.process().await;
    assert_eq!(newsroom.world.web.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_proxy_private_addresses_and_local_names_are_not_asked_for() {
    let web = FakeWeb::start();
    let proxy = FakeProxy::http(web.address());
    let mut world = World::new();
    for (number, host) in ["localhost", "intranet", "10.0.0.1", "[::1]", "169.254.169.254"].iter().enumerate() {
        let route = format!("http://{}", proxy.address());
        world.config(&format!(
            "[[source]]\nurl = \"http://{host}/{number}.xml\"\nname = \"{host}\"\nroute = \"{route}\""
        ));
    }
    web.serve("/feed.xml", Answer::redirect(302, "http://127.0.0.1.localhost/secret"));
    world
        .config(&format!("[[source]]\nurl = \"http://news.example/feed.xml\"\nroute = \"http://{}\"", proxy.address()));
    let newsroom = Newsroom::of(world).await;
    newsroom.poll().await;
    assert_eq!(proxy.asked(), ["news.example"]);
    assert!(newsroom.desk.store.feeds().await.expect("a list").iter().all(|feed| feed.failures_in_a_row == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_feeds_by_three_routes_need_three_clients() {
    let web = FakeWeb::start();
    web.serve("/feed.xml", feed("a"));
    let proxies = [FakeProxy::socks(web.address()), FakeProxy::socks(web.address())];
    let mut world = World::fetching("host_gap = \"0s\"\nmax_concurrent = 4");
    for number in 0..300 {
        let proxy = proxies[number % 2].address();
        let url = format!("http://news.example/feed.xml?{number}");
        world.web.serve(&format!("/feed.xml?{number}"), feed("a"));
        web.serve(&format!("/feed.xml?{number}"), feed("a"));
        world.config(&format!("[[source]]\nurl = \"{url}\"\nroute = \"socks5h://{proxy}\""));
    }
    let newsroom = Newsroom::of(world).await;
    newsroom.poll().await;
    assert_eq!(web.log().len(), 300);
    assert!(web.connections() < 50, "connections are kept and shared: {}", web.connections());
}

/// A program run over a source with secrets; its log at the loudest level.
fn run_with_secrets(world: &mut World) -> String {
    for (file, secret) in [("pw", "hunter2"), ("key", "k-secret"), ("cookie", "sid=c-secret")] {
        std::fs::write(world.dir.path().join(file), secret).unwrap();
    }
    let url = world.web.url("/feed.xml");
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.config(&format!(
        "[[source]]\nurl = \"{url}\"\nusername = \"desk\"\npassword_file = \"pw\"\n\
         header_files = {{ X-Api-Key = \"key\", Cookie = \"cookie\" }}"
    ));
    let output = world.command(&["once"]).env("NEWSVIGIL_LOG", "trace").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

const SECRET_HEADERS: [&str; 3] = ["authorization", "x-api-key", "cookie"];

#[test]
fn a_feeds_secrets_go_to_its_own_server_alone_and_into_no_log() {
    let elsewhere = FakeWeb::start();
    let mut world = World::new();
    let (own, other) = (world.web.url("/own.html"), elsewhere.url("/other.html"));
    let items =
        format!("<item><title>x</title><link>{own}</link></item><item><title>y</title><link>{other}</link></item>");
    world.web.serve("/feed.xml", Answer::redirect(302, "/real.xml"));
    world.web.serve("/real.xml", Answer::feed(rss(&items)));
    world.web.serve("/own.html", Answer::redirect(302, &elsewhere.url("/trap.html")));
    for path in ["/other.html", "/trap.html"] {
        elsewhere.serve(path, Answer::page("<p>Some text.</p>"));
    }
    let log = run_with_secrets(&mut world);
    for path in ["/feed.xml", "/real.xml", "/own.html"] {
        let asked = world.web.asked(path).remove(0);
        assert_eq!(asked.header("authorization"), Some("Basic ZGVzazpodW50ZXIy"), "{path}");
        assert_eq!((asked.header("x-api-key"), asked.header("cookie")), (Some("k-secret"), Some("sid=c-secret")));
    }
    assert_eq!(elsewhere.log().len(), 3, "its robots.txt and two pages");
    let others = elsewhere.log().into_iter().chain(world.web.asked("/robots.txt"));
    for asked in others {
        assert!(SECRET_HEADERS.iter().all(|name| asked.header(name).is_none()), "{asked:?}");
    }
    assert!(log.contains("Feed "), "the log is loud: {log}");
    for secret in ["hunter2", "k-secret", "c-secret", "ZGVzazpodW50ZXIy"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn a_feed_that_redirects_to_another_host_takes_no_secret_along() {
    let elsewhere = FakeWeb::start();
    elsewhere.serve("/feed.xml", feed("a"));
    for status in [301, 302, 307] {
        let mut world = World::new();
        world.web.serve("/feed.xml", Answer::redirect(status, &elsewhere.url("/feed.xml")));
        run_with_secrets(&mut world);
    }
    assert_eq!(elsewhere.log().len(), 3);
    for asked in elsewhere.log() {
        assert!(SECRET_HEADERS.iter().all(|name| asked.header(name).is_none()), "{asked:?}");
    }
}
