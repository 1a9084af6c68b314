//! A web server on loopback that serves what a test puts there and remembers what it was asked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What to say to a path.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// 304 where the request names this tag.
    pub etag: Option<String>,
    pub fault: Option<Fault>,
    /// How long the server thinks before it answers.
    pub thinks: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Never answers.
    Hang,
    /// Cuts the connection in the middle of the body.
    Cut,
    /// Sends a body without end.
    Endless,
}

impl Answer {
    pub fn ok(media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        Answer { status: 200, headers, body: body.into(), etag: None, fault: None, thinks: Duration::ZERO }
    }

    pub fn feed(body: impl Into<Vec<u8>>) -> Answer {
        Answer::ok("application/rss+xml; charset=utf-8", body)
    }

    pub fn page(body: impl Into<Vec<u8>>) -> Answer {
        Answer::ok("text/html; charset=utf-8", body)
    }

    pub fn status(status: u16) -> Answer {
        Answer { status, ..Answer::ok("text/plain", "") }
    }

    pub fn redirect(status: u16, to: &str) -> Answer {
        Answer::status(status).with("Location", to)
    }

    pub fn fault(fault: Fault) -> Answer {
        Answer { fault: Some(fault), ..Answer::page("x".repeat(1000)) }
    }

    pub fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn after(mut self, thinks: Duration) -> Answer {
        self.thinks = thinks;
        self
    }

    pub fn tagged(mut self, etag: &str) -> Answer {
        self.etag = Some(etag.to_owned());
        self
    }
}

/// One request as it came; header names in lower case.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    pub answered: u16,
    pub began: Instant,
    /// When the answer was sent; `None` while it is not.
    pub ended: Option<Instant>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Default)]
struct State {
    /// The last of a path's answers is given again and again.
    answers: HashMap<String, VecDeque<Answer>>,
    asked: Vec<Asked>,
    connections: usize,
    held: HashSet<String>,
}

/// A path whose answers are held back until this is dropped.
pub struct Held {
    path: String,
    state: Arc<Mutex<State>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.state.lock().unwrap().held.remove(&self.path);
    }
}

/// Serves until the process ends.
pub struct FakeWeb {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeWeb {
    pub fn start() -> FakeWeb {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.lock().unwrap().connections += 1;
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || converse(stream, &shared));
            }
        });
        FakeWeb { address, state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn serve(&self, path: &str, answer: Answer) {
        self.serve_in_turn(path, [answer]);
    }

    /// One after another, the last of them again and again.
    pub fn serve_in_turn(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().answers.insert(path.to_owned(), answers.into_iter().collect());
    }

    /// Holds back what the path would answer.
    pub fn hold(&self, path: &str) -> Held {
        self.state.lock().unwrap().held.insert(path.to_owned());
        Held { path: path.to_owned(), state: Arc::clone(&self.state) }
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.log().into_iter().filter(|asked| asked.path == path).collect()
    }

    /// Everything that was asked, in its order.
    pub fn log(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// One connection; errors are the client's going away.
fn converse(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some((method, path, headers, body)) = request(&mut reader) {
        let (answer, status, place) = {
            let mut state = state.lock().unwrap();
            let answer = state.next_answer(&path);
            let unchanged = answer.etag.is_some() && headers.get("if-none-match") == answer.etag.as_ref();
            let status = if unchanged { 304 } else { answer.status };
            let (began, ended) = (Instant::now(), None);
            state.asked.push(Asked { method, path: path.clone(), headers, body, answered: status, began, ended });
            (answer, status, state.asked.len() - 1)
        };
        while state.lock().unwrap().held.contains(&path) {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        std::thread::sleep(answer.thinks);
        // Before the answer, so that who has it finds it here.
        state.lock().unwrap().asked[place].ended = Some(Instant::now());
        if tell(reader.get_mut(), &answer, status).is_err() || answer.fault.is_some() {
            return;
        }
    }
}

impl State {
    fn next_answer(&mut self, path: &str) -> Answer {
        let Some(answers) = self.answers.get_mut(path) else { return Answer::status(404) };
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.unwrap_or_else(|| Answer::status(404))
    }
}

type Request = (String, String, HashMap<String, String>, Vec<u8>);

fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, headers, body))
}

fn tell(stream: &mut TcpStream, answer: &Answer, status: u16) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(etag) = &answer.etag {
        head.push_str(&format!("ETag: {etag}\r\n"));
    }
    let body = if status == 304 { &[][..] } else { &answer.body };
    match answer.fault {
        None => {
            if status != 304 {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            stream.write_all(format!("{head}\r\n").as_bytes())?;
            stream.write_all(body)
        }
        Some(Fault::Hang) => {
            // Until the client gives up.
            let mut byte = [0];
            stream.read(&mut byte).map(|_| ())
        }
        Some(Fault::Cut) => {
            stream.write_all(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes())?;
            stream.write_all(&body[..body.len() / 2])
        }
        Some(Fault::Endless) => {
            stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }
    }
}
