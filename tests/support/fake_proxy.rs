//! Proxies on loopback, HTTP and SOCKS5, that lead every name to one web server and remember what they were asked for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Serves until the process ends.
pub struct FakeProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeProxy {
    /// An HTTP proxy, for requests of whole URLs.
    pub fn http(web: SocketAddr) -> FakeProxy {
        FakeProxy::start(move |stream, asked| over_http(stream, web, asked))
    }

    /// A SOCKS5 proxy (RFC 1928) without log-in.
    pub fn socks(web: SocketAddr) -> FakeProxy {
        FakeProxy::start(move |stream, asked| over_socks(stream, web, asked))
    }

    fn start(serve: impl Fn(TcpStream, &Mutex<Vec<String>>) -> Option<()> + Send + Sync + 'static) -> FakeProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (shared, serve) = (Arc::clone(&asked), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, serve) = (Arc::clone(&shared), Arc::clone(&serve));
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        FakeProxy { address, asked }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The targets as they were named, `host:port`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn over_http(stream: TcpStream, web: SocketAddr, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut client = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            client.read_line(&mut head).ok().filter(|read| *read > 0)?;
        }
        let (line, rest) = head.split_once("\r\n")?;
        let target = line.split(' ').nth(1)?.strip_prefix("http://")?;
        let (host, path) = target.split_once('/')?;
        asked.lock().unwrap().push(host.to_owned());
        let mut upstream = TcpStream::connect(web).ok()?;
        write!(upstream, "GET /{path} HTTP/1.1\r\n{rest}").ok()?;
        upstream.shutdown(std::net::Shutdown::Write).ok()?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).ok()?;
        client.get_mut().write_all(&answer).ok()?;
    }
}

fn over_socks(mut client: TcpStream, web: SocketAddr, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let methods = usize::from(read(2)?[1]);
    read(methods)?;
    client.write_all(&[5, 0]).ok()?;
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let host = match read(4)?[3] {
        3 => {
            let length = usize::from(read(1)?[0]);
            String::from_utf8(read(length)?).ok()?
        }
        kind => {
            let address = read(if kind == 1 { 4 } else { 16 })?;
            format!("an address, not a name: {address:?}")
        }
    };
    let port = read(2)?;
    asked.lock().unwrap().push(format!("{host}:{}", u16::from(port[0]) << 8 | u16::from(port[1])));
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).ok()?;
    let upstream = TcpStream::connect(web).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, upstream.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let (mut from, mut to) = (upstream, client);
    std::io::copy(&mut from, &mut to).ok().map(drop)
}
