//! A mail server on loopback that keeps what it takes and misbehaves where a test says so.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How a recipient's mail is met; the count is how often, then it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// 550 at RCPT, for good.
    Refuses,
    /// 450 at RCPT.
    Greylists(u32),
    /// 451 after the final dot.
    Defers(u32),
    /// Keeps the mail and cuts the connection before the answer.
    KeepsAndDrops(u32),
    /// Cuts the connection before the answer and keeps nothing.
    LosesAndDrops(u32),
}

/// A mail that the server kept.
#[derive(Clone, Debug)]
pub struct Kept {
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
    manners: HashMap<String, Manner>,
    met: HashMap<String, u32>,
    kept: Vec<Kept>,
}

/// Serves until the process ends.
pub struct FakeSmtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeSmtp {
    pub fn start() -> FakeSmtp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
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

    pub fn kept(&self) -> Vec<Kept> {
        self.state.lock().unwrap().kept.clone()
    }
}

fn converse(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let say = |reader: &mut BufReader<TcpStream>, text: &str| {
        reader.get_mut().write_all(format!("{text}\r\n").as_bytes()).ok()
    };
    say(&mut reader, "220 mail.example ESMTP")?;
    let mut to = String::new();
    loop {
        let line = read_line(&mut reader)?;
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut reader, "250-mail.example\r\n250 8BITMIME")?,
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                say(&mut reader, &at_rcpt(state, &to))?;
            }
            "DATA" => {
                say(&mut reader, "354 go on")?;
                let data = read_data(&mut reader)?;
                say(&mut reader, at_data(state, &to, data)?)?;
            }
            "QUIT" => return say(&mut reader, "221 bye"),
            _ => say(&mut reader, "250 ok")?,
        }
    }
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
    Some(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn read_data(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut data = String::new();
    loop {
        let line = read_line(reader)?;
        if line == "." {
            return Some(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
}

fn manner(state: &mut State, to: &str, met: bool) -> Manner {
    let manner = state.manners.get(to).copied().unwrap_or(Manner::Takes);
    let count = state.met.entry(to.to_owned()).or_default();
    let limit = match manner {
        Manner::Takes | Manner::Refuses => return manner,
        Manner::Greylists(n) | Manner::Defers(n) | Manner::KeepsAndDrops(n) | Manner::LosesAndDrops(n) => n,
    };
    if *count >= limit {
        return Manner::Takes;
    }
    *count += u32::from(met);
    manner
}

fn at_rcpt(state: &Mutex<State>, to: &str) -> String {
    let mut state = state.lock().unwrap();
    match manner(&mut state, to, false) {
        Manner::Refuses => format!("550 5.1.1 <{to}>: no such user"),
        Manner::Greylists(_) => {
            manner(&mut state, to, true);
            "450 4.7.1 greylisted, try again later".to_owned()
        }
        _ => "250 2.1.5 ok".to_owned(),
    }
}

/// `None`: the connection is cut.
fn at_data(state: &Mutex<State>, to: &str, data: String) -> Option<&'static str> {
    let mut state = state.lock().unwrap();
    let manner = manner(&mut state, to, true);
    let mut keep = |acknowledged| state.kept.push(Kept { to: to.to_owned(), data: data.clone(), acknowledged });
    match manner {
        Manner::Defers(_) => Some("451 4.3.0 try later"),
        Manner::KeepsAndDrops(_) => {
            keep(false);
            None
        }
        Manner::LosesAndDrops(_) => None,
        _ => {
            keep(true);
            Some("250 2.0.0 taken")
        }
    }
}
