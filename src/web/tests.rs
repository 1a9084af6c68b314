use super::*;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::model::time::Timestamp;

/// The endpoint on a port of its own, and the clock and health behind it.
struct Endpoint {
    address: SocketAddr,
    clock: Clock,
    health: Health,
    _stop: oneshot::Sender<()>,
}

impl Endpoint {
    async fn new() -> Endpoint {
        Endpoint::with(32, Duration::from_secs(15)).await
    }

    async fn with(connections: usize, longest: Duration) -> Endpoint {
        let clock = Clock::manual(Timestamp::from_millis(1_000_000));
        let health = Health::new();
        let monitor = Monitor {
            metrics: Arc::new(Metrics::new()),
            health: health.clone(),
            clock: clock.clone(),
            levels: Arc::new(|| Box::pin(async { Some(Levels { feeds: 42, ..Levels::default() }) })),
            hosts: Arc::from(["monitor.ngo.example".to_owned()]),
            unsubscribing: None,
            bulletins: None,
        };
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(bounded::Bounded::with_bounds(listener, connections, longest), router(monitor));
        tokio::spawn(serve.with_graceful_shutdown(async { drop(stopped.await) }).into_future());
        Endpoint { address, clock, health, _stop: stop }
    }

    async fn ask(&self, path: &str, host: &str) -> String {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn health_names_the_loop_that_is_stuck() {
    let endpoint = Endpoint::new().await;
    endpoint.health.expect("poll", Duration::from_secs(60), endpoint.clock.now());
    let well = endpoint.ask("/healthz", "localhost").await;
    assert!(well.starts_with("HTTP/1.1 200") && well.ends_with("{\"status\":\"healthy\"}"), "{well}");
    endpoint.clock.advance(Duration::from_secs(61));
    let stuck = endpoint.ask("/healthz", "localhost").await;
    assert!(stuck.starts_with("HTTP/1.1 503"), "{stuck}");
    assert!(stuck.ends_with("{\"status\":\"stuck\",\"which\":\"poll\",\"since\":1000000}"), "{stuck}");
}

#[tokio::test]
async fn metrics_hold_what_the_database_says_now() {
    let answer = Endpoint::new().await.ask("/metrics", "127.0.0.1:9117").await;
    assert!(answer.contains("\ncontent-type: application/openmetrics-text"), "{answer}");
    assert!(answer.contains("newsvigil_feeds{state=\"configured\"} 42\n") && answer.ends_with("# EOF\n"), "{answer}");
}

#[tokio::test]
async fn there_is_nothing_else() {
    let endpoint = Endpoint::new().await;
    for path in ["/", "/healthz/", "/metrics/../etc/passwd", "/debug"] {
        let answer = endpoint.ask(path, "localhost").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_page_elsewhere_cannot_read_us_through_its_own_name() {
    let endpoint = Endpoint::new().await;
    for path in ["/healthz", "/metrics", "/"] {
        let answer = endpoint.ask(path, "rebound.attacker.example:9117").await;
        assert!(answer.starts_with("HTTP/1.1 421"), "{path}: {answer}");
    }
}

#[test]
fn our_names_are_ours_with_and_without_port() {
    let known = ["monitor.ngo.example".to_owned()];
    for host in
        ["localhost", "LOCALHOST:9117", "127.0.0.1", "127.0.0.1:9117", "[::1]", "[::1]:9117", "Monitor.ngo.example:80"]
    {
        assert!(is_ours(host, &known), "{host}");
    }
    for host in [
        "",
        "attacker.example",
        "localhost.attacker.example",
        "10.0.0.1",
        "127.0.0.1.attacker.example",
        "[fe80::1]",
        ":",
    ] {
        assert!(!is_ours(host, &known), "{host}");
    }
}

#[tokio::test]
async fn one_who_never_finishes_a_request_is_cut_off_and_makes_room() {
    // One place, held by somebody who sends half a request: the next one waits until the place is free.
    let endpoint = Endpoint::with(1, Duration::from_millis(50)).await;
    let mut slow = TcpStream::connect(endpoint.address).await.unwrap();
    slow.write_all(b"GET /healthz HT").await.unwrap();
    let answer = endpoint.ask("/healthz", "localhost").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let mut rest = Vec::new();
    // Reset or closed: either way it is over.
    let _ = slow.read_to_end(&mut rest).await;
}
