//! The daemon as its service manager and its operator meet it: readiness, watchdog, reload, status pages, credentials.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use support::fake_smtp::{FakeSmtp, Habits};
use support::world::{Daemon, World, wait_until};

const RAID: (&str, &str, &str) =
    ("/raid.html", "Nine held in city flat", "Their families fear that they will be repatriated within days.");

fn newsroom() -> World {
    let mut world = World::new();
    world.mail_back().source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example").publish("/feed.xml", &[RAID]);
    world
}

/// A service manager's end of the notification socket (sd_notify(3)).
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn start(world: &World) -> (Manager, Daemon) {
        let path = world.dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let log = std::fs::File::create(world.log()).unwrap();
        let mut command = world.command(&["run"]);
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000").stderr(log).stdout(Stdio::null());
        (Manager { socket, heard: vec![] }, Daemon(command.spawn().unwrap()))
    }

    fn wait_for(&mut self, what: &str) {
        wait_until(what, || {
            let mut message = [0; 4096];
            if let Ok(length) = self.socket.recv(&mut message) {
                self.heard.extend(String::from_utf8_lossy(&message[..length]).lines().map(str::to_owned));
            }
            self.heard.iter().any(|line| line.starts_with(what))
        });
        self.heard.clear();
    }
}

#[test]
fn its_service_manager_hears_when_it_is_ready_alive_reloading_and_stopping() {
    let mut world = newsroom();
    world.maildir();
    let (mut manager, mut daemon) = Manager::start(&world);
    manager.wait_for("READY=1");
    manager.wait_for("WATCHDOG=1");
    manager.wait_for("WATCHDOG=1");
    daemon.signal("HUP");
    manager.wait_for("RELOADING=1");
    manager.wait_for("READY=1");
    daemon.signal("TERM");
    manager.wait_for("STOPPING=1");
    assert!(daemon.ended().success());
}

#[test]
fn a_second_signal_ends_the_wait_for_a_mail_server_that_never_answers() {
    let smtp = FakeSmtp::with(Habits { greeting: None, ..Habits::default() });
    let mut world = newsroom();
    world.smtp(smtp.port());
    let mut daemon = world.daemon();
    wait_until("the mail server is asked", || smtp.connections() == 1);
    daemon.signal("TERM");
    let log = || std::fs::read_to_string(world.log()).unwrap();
    wait_until("it is stopping", || log().contains("SIGTERM: stopping"));
    daemon.signal("INT");
    assert!(daemon.ended().success());
    assert!(log().contains("a second signal"), "{}", log());
    let waiting = world.json(&["deliveries", "--json"]);
    assert_eq!(waiting.as_array().unwrap().len(), 1, "what was not sent waits: {waiting}");
}

/// An address that nothing listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn health_and_metrics_are_served_where_the_configuration_says() {
    let address = free_address();
    let mut world = newsroom();
    world.maildir().in_section("[service]", &format!("listen = \"{address}\""));
    let mut daemon = world.daemon();
    wait_until("the first mail", || world.mails().len() == 1);
    assert!(ask(address, "/healthz").starts_with("HTTP/1.1 200"), "{}", ask(address, "/healthz"));
    let metrics = || ask(address, "/metrics");
    wait_until("the mail is counted", || metrics().contains("newsvigil_deliveries_total{outcome=\"sent\"} 1"));
    assert!(!metrics().contains("desk@ngo.example") && !metrics().contains("repatriat"), "{}", metrics());
    daemon.signal("TERM");
    assert!(daemon.ended().success());
}

#[test]
fn a_watch_that_is_added_by_a_reload_finds_the_next_report() {
    let mut world = newsroom();
    world.maildir().in_section("[poll]", "every = \"1s\"\nmin_every = \"1s\"");
    let mut daemon = world.daemon();
    wait_until("the first mail", || world.mails().len() == 1);
    world.watch("harvest", &["apples"]).config_path();
    daemon.signal("HUP");
    let log = || std::fs::read_to_string(world.log()).unwrap();
    wait_until("the new configuration is taken", || log().contains("configuration read anew"));
    let harvest = ("/harvest.html", "A rich year", "The hills are full of apples.");
    world.publish("/feed.xml", &[RAID, harvest]);
    wait_until("the second mail", || world.mails().iter().any(|mail| mail.contains("*apples*")));
    daemon.signal("INT");
    assert!(daemon.ended().success(), "SIGINT stops it as well");
}

#[test]
fn the_password_of_the_mail_server_comes_from_a_credential_and_stands_in_no_log() {
    let habits = Habits { offers: vec!["AUTH PLAIN LOGIN"], ..Habits::default() };
    let smtp = FakeSmtp::with(habits);
    let mut world = newsroom();
    world.smtp(smtp.port()).in_section("[mail.smtp]", "username = \"newsvigil\"");
    let credentials = world.dir.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("smtp-password"), "open sesame\n").unwrap();
    let output = world.command(&["once"]).env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    assert_eq!(smtp.kept().len(), 1);
    let login = smtp.heard().into_iter().find(|line| line.starts_with("AUTH PLAIN ")).unwrap();
    // NUL newsvigil NUL "open sesame", in base 64.
    assert_eq!(login, "AUTH PLAIN AG5ld3N2aWdpbABvcGVuIHNlc2FtZQ==");
    assert!(!log.contains("sesame"), "{log}");
}
