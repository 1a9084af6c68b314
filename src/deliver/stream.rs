//! A connection to a mail server that does not trust what comes over it before TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Far above a certificate chain or a long EHLO answer.
const MAX_BYTES_A_STEP: usize = 256 * 1024;

/// What may be read in the step of the conversation that is under way; shared with whoever leads it.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<Step>);

#[derive(Debug)]
struct Step {
    bytes_left: AtomicUsize,
    byte_by_byte: AtomicBool,
}

impl Allowance {
    pub fn new() -> Allowance {
        Allowance(Arc::new(Step {
            bytes_left: AtomicUsize::new(MAX_BYTES_A_STEP),
            byte_by_byte: AtomicBool::new(false),
        }))
    }

    /// For the next step.
    pub fn renew(&self) {
        self.0.bytes_left.store(MAX_BYTES_A_STEP, Ordering::Relaxed);
        self.0.byte_by_byte.store(false, Ordering::Relaxed);
    }

    /// For STARTTLS: nothing is read ahead of its answer. What an attacker sends behind it in plain text would
    /// otherwise lie in lettre's buffer and be taken for the server's words under TLS (CVE-2021-38371 and its like);
    /// so it meets the TLS handshake, which fails.
    pub fn renew_without_read_ahead(&self) {
        self.renew();
        self.0.byte_by_byte.store(true, Ordering::Relaxed);
    }

    /// How many bytes may be read at once; none: the server has sent more than it may.
    fn now(&self) -> io::Result<usize> {
        let left = self.0.bytes_left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("the server sends without end"));
        }
        Ok(if self.0.byte_by_byte.load(Ordering::Relaxed) { 1 } else { left })
    }

    fn use_up(&self, bytes: usize) {
        let left = self.0.bytes_left.load(Ordering::Relaxed);
        self.0.bytes_left.store(left.saturating_sub(bytes), Ordering::Relaxed);
    }
}

/// lettre reads an answer's line whole before it looks at its length, so that a line without end would take all memory
/// there is; whoever sits between us and the server can send one before STARTTLS.
#[derive(Debug)]
pub struct Bounded {
    stream: TcpStream,
    allowance: Allowance,
}

impl Bounded {
    pub fn new(stream: TcpStream, allowance: Allowance) -> Bounded {
        Bounded { stream, allowance }
    }
}

impl AsyncRead for Bounded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let most = bytes.len().min(buf.remaining()).min(self.allowance.now()?);
        let mut read = ReadBuf::new(&mut bytes[..most]);
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        self.allowance.use_up(read.filled().len());
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// Our end of a connection over which `sent` has come.
    async fn receiving(sent: &[u8]) -> (Bounded, Allowance) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut theirs, _) = listener.accept().await.unwrap();
        let sent = sent.to_vec();
        tokio::spawn(async move { theirs.write_all(&sent).await });
        let allowance = Allowance::new();
        (Bounded::new(ours, allowance.clone()), allowance)
    }

    #[tokio::test]
    async fn what_comes_behind_the_answer_to_starttls_is_not_read_before_tls() {
        let (stream, allowance) = receiving(b"220 go on\r\n250 AUTH PLAIN\r\n").await;
        allowance.renew_without_read_ahead();
        let mut reader = BufReader::new(stream);
        let mut answer = String::new();
        reader.read_line(&mut answer).await.unwrap();
        assert_eq!(answer, "220 go on\r\n");
        assert_eq!(reader.buffer(), b"");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let (mut stream, allowance) = receiving(&vec![b'x'; 2 * MAX_BYTES_A_STEP]).await;
        let mut answer = vec![];
        let error = stream.read_to_end(&mut answer).await.unwrap_err();
        assert_eq!(error.to_string(), "the server sends without end");
        assert!(answer.len() <= MAX_BYTES_A_STEP);
        allowance.renew();
        assert!(stream.read_u8().await.is_ok(), "each step has its own allowance");
    }
}
