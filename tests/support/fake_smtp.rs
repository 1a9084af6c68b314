//! A mail server on loopback that keeps what it takes and misbehaves where a test says so.
//!
//! Plain threads, so that tests with and without `async` use it alike. What it keeps it keeps before it answers, so that
//! [`FakeSmtp::kept`] is the truth about what has arrived. Its certificate, for `localhost` by [`TEST_CA`], lies beside
//! it and is worth nothing to anybody.

#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Who the server's certificate is by.
pub const TEST_CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/ca.pem");

/// How a recipient's mail is met; the count is how often, then it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// 550 at RCPT, for good.
    Refuses,
    /// 554 at RCPT, as to any recipient of a sender that did not log in.
    RefusesToRelay,
    /// 450 at RCPT.
    Greylists(u32),
    /// 421 at RCPT, and the connection is cut.
    BidsFarewell(u32),
    /// Something that is no reply at RCPT.
    Babbles(u32),
    /// 451 after the final dot.
    Defers(u32),
    /// 554 after the final dot, for good.
    CallsItSpam,
    /// Keeps the mail and cuts the connection before the answer.
    KeepsAndDrops(u32),
    /// Cuts the connection before the answer and keeps nothing.
    LosesAndDrops(u32),
    /// Cuts the connection amid the mail.
    DropsAmid(u32),
    /// Keeps the mail and answers nothing until the other side hangs up.
    Hangs(u32),
    /// Keeps the mail and says so only when [`FakeSmtp::answer`] is called.
    Ponders,
}

impl Manner {
    fn times(self) -> Option<u32> {
        match self {
            Manner::Takes | Manner::Refuses | Manner::RefusesToRelay | Manner::CallsItSpam | Manner::Ponders => None,
            Manner::Greylists(n)
            | Manner::BidsFarewell(n)
            | Manner::Babbles(n)
            | Manner::Defers(n)
            | Manner::KeepsAndDrops(n)
            | Manner::LosesAndDrops(n)
            | Manner::DropsAmid(n)
            | Manner::Hangs(n) => Some(n),
        }
    }
}

/// How the server meets everybody.
#[derive(Clone, Debug)]
pub struct Habits {
    /// `None`: says nothing until the other side hangs up.
    pub greeting: Option<&'static str>,
    /// The last line's words of the answer to EHLO, extensions.
    pub offers: Vec<&'static str>,
    /// The answer to AUTH.
    pub auth: &'static str,
    /// The answer to MAIL.
    pub mail: &'static str,
    /// Then 421 to the next MAIL, though it still answers NOOP.
    pub mails_a_connection: usize,
    /// Hangs up after each mail without a word.
    pub cuts_after_a_mail: bool,
    pub tls: TlsHabit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsHabit {
    None,
    Implicit,
    StartTls,
    /// Somebody in between says something behind the answer to STARTTLS, in plain text.
    StartTlsWithWordsBehind,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits {
            greeting: Some("220 mail.example ESMTP"),
            offers: vec!["8BITMIME"],
            auth: "235 2.7.0 welcome",
            mail: "250 2.1.0 ok",
            mails_a_connection: usize::MAX,
            cuts_after_a_mail: false,
            tls: TlsHabit::None,
        }
    }
}

/// A mail that the server kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub from: String,
    pub to: String,
    pub data: String,
    /// The client was told so.
    pub acknowledged: bool,
}

impl Kept {
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next()?;
        let start = format!("{}:", name.to_lowercase());
        let line = head.replace("\r\n ", " ").lines().find(|line| line.to_lowercase().starts_with(&start))?.to_owned();
        Some(line[start.len()..].trim().to_owned())
    }
}

#[derive(Default)]
struct State {
    habits: Habits,
    manners: HashMap<String, Manner>,
    met: HashMap<String, u32>,
    kept: Vec<Kept>,
    heard: Vec<String>,
    connections: usize,
    /// Who ponders may answer.
    may_answer: bool,
}

/// Serves until the process ends.
pub struct FakeSmtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeSmtp {
    pub fn start() -> FakeSmtp {
        FakeSmtp::with(Habits::default())
    }

    pub fn with(habits: Habits) -> FakeSmtp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { habits, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || converse(stream, &shared));
            }
        });
        FakeSmtp { address, state }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn meet(&self, recipient: &str, manner: Manner) {
        self.state.lock().unwrap().manners.insert(recipient.to_owned(), manner);
    }

    /// Lets those who ponder answer.
    pub fn answer(&self) {
        self.state.lock().unwrap().may_answer = true;
    }

    pub fn kept(&self) -> Vec<Kept> {
        self.state.lock().unwrap().kept.clone()
    }

    /// All command lines, in the order they came.
    pub fn heard(&self) -> Vec<String> {
        self.state.lock().unwrap().heard.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    fn tls(plain: TcpStream) -> Stream {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/localhost.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/localhost.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        Stream::Tls(Box::new(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), plain)))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

struct Conversation {
    reader: BufReader<Stream>,
    from: String,
    to: String,
    mails: usize,
}

/// What follows an answer.
enum Then {
    Say(String),
    SayAndCut(String),
    Cut,
    Hang,
    SayWhenAsked(String),
    SayAndEncrypt(&'static str),
}

fn converse(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let habits = {
        let mut state = state.lock().unwrap();
        state.connections += 1;
        state.habits.clone()
    };
    let encrypted = stream.try_clone().ok()?;
    let stream = if habits.tls == TlsHabit::Implicit { Stream::tls(stream) } else { Stream::Plain(stream) };
    let mut talk = Conversation { reader: BufReader::new(stream), from: String::new(), to: String::new(), mails: 0 };
    match habits.greeting {
        Some(greeting) => talk.say(greeting)?,
        None => return talk.wait_for_the_end(),
    }
    loop {
        let line = talk.line()?;
        let how = if matches!(talk.reader.get_ref(), Stream::Tls(_)) { "tls: " } else { "" };
        state.lock().unwrap().heard.push(format!("{how}{line}"));
        match talk.answer(&line, &habits, state)? {
            Then::Say(text) => talk.say(&text)?,
            Then::SayAndCut(text) => return talk.say(&text),
            Then::Cut => return None,
            Then::Hang => return talk.wait_for_the_end(),
            Then::SayWhenAsked(text) => {
                while !state.lock().unwrap().may_answer {
                    std::thread::park_timeout(std::time::Duration::from_millis(10));
                }
                talk.say(&text)?;
            }
            Then::SayAndEncrypt(text) => {
                talk.say(text)?;
                talk.reader = BufReader::new(Stream::tls(encrypted.try_clone().ok()?));
            }
        }
    }
}

impl Conversation {
    fn answer(&mut self, line: &str, habits: &Habits, state: &Mutex<State>) -> Option<Then> {
        let said = |text: &str| Some(Then::Say(text.to_owned()));
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => {
                let lines: Vec<_> = habits.offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
                said(&format!("250-mail.example\r\n{}250 HELP", lines.concat()))
            }
            "AUTH" => said(habits.auth),
            "MAIL" if self.mails >= habits.mails_a_connection => {
                Some(Then::SayAndCut("421 4.7.0 enough for one connection".to_owned()))
            }
            "MAIL" => {
                self.from = address();
                said(habits.mail)
            }
            "RCPT" => {
                self.to = address();
                Some(at_rcpt(&mut state.lock().unwrap(), &self.to))
            }
            "DATA" => {
                self.say("354 go on")?;
                if manner(&mut state.lock().unwrap(), &self.to, |manner| matches!(manner, Manner::DropsAmid(_)))
                    .is_some()
                {
                    self.line()?;
                    return Some(Then::Cut);
                }
                let data = self.data()?;
                self.mails += 1;
                let then = self.at_data(&mut state.lock().unwrap(), data);
                match then {
                    Then::Say(text) if habits.cuts_after_a_mail => Some(Then::SayAndCut(text)),
                    then => Some(then),
                }
            }
            "STARTTLS" => match habits.tls {
                TlsHabit::StartTls => Some(Then::SayAndEncrypt("220 go on")),
                TlsHabit::StartTlsWithWordsBehind => Some(Then::SayAndEncrypt("220 go on\r\n250 HELP")),
                TlsHabit::None | TlsHabit::Implicit => said("502 5.5.1 not here"),
            },
            "QUIT" => Some(Then::SayAndCut("221 bye".to_owned())),
            _ => said("250 ok"),
        }
    }

    fn at_data(&self, state: &mut State, data: String) -> Then {
        let met = manner(state, &self.to, |_| true);
        let mut keep = |acknowledged| {
            let (from, to) = (self.from.clone(), self.to.clone());
            state.kept.push(Kept { from, to, data: data.clone(), acknowledged });
        };
        match met {
            Some(Manner::Defers(_)) => Then::Say("451 4.3.0 try later".to_owned()),
            Some(Manner::CallsItSpam) => Then::Say("554 5.7.1 looks like spam".to_owned()),
            Some(Manner::KeepsAndDrops(_)) => {
                keep(false);
                Then::Cut
            }
            Some(Manner::Hangs(_)) => {
                keep(false);
                Then::Hang
            }
            Some(Manner::Ponders) => {
                keep(true);
                Then::SayWhenAsked("250 2.0.0 taken, after some thought".to_owned())
            }
            Some(Manner::LosesAndDrops(_)) => Then::Cut,
            _ => {
                keep(true);
                Then::Say("250 2.0.0 taken".to_owned())
            }
        }
    }

    fn say(&mut self, text: &str) -> Option<()> {
        let stream = self.reader.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes()).ok()?;
        stream.flush().ok()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    fn data(&mut self) -> Option<String> {
        let mut data = String::new();
        loop {
            let line = self.line()?;
            if line == "." {
                return Some(data);
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
    }

    fn wait_for_the_end(&mut self) -> Option<()> {
        self.reader.read_to_end(&mut Vec::new()).ok().map(drop)
    }
}

/// The recipient's manner if it is one of those asked for and has not been met often enough; counts the meeting.
fn manner(state: &mut State, to: &str, asked: impl Fn(Manner) -> bool) -> Option<Manner> {
    let manner = state.manners.get(to).copied().filter(|manner| asked(*manner))?;
    let Some(times) = manner.times() else { return Some(manner) };
    let met = state.met.entry(to.to_owned()).or_default();
    *met += 1;
    (*met <= times).then_some(manner)
}

fn at_rcpt(state: &mut State, to: &str) -> Then {
    let met = manner(state, to, |manner| {
        matches!(
            manner,
            Manner::Refuses
                | Manner::RefusesToRelay
                | Manner::Greylists(_)
                | Manner::BidsFarewell(_)
                | Manner::Babbles(_)
        )
    });
    let text = match met {
        Some(Manner::Refuses) => format!("550 5.1.1 <{to}>: no such user"),
        Some(Manner::RefusesToRelay) => format!("554 5.7.1 <{to}>: Relay access denied"),
        Some(Manner::Greylists(_)) => "450 4.7.1 greylisted, try again later".to_owned(),
        Some(Manner::BidsFarewell(_)) => return Then::SayAndCut("421 4.3.2 shutting down".to_owned()),
        Some(Manner::Babbles(_)) => "hello, this is no reply".to_owned(),
        _ => "250 2.1.5 ok".to_owned(),
    };
    Then::Say(text)
}
