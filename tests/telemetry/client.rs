//! A client that says exactly what a test wants it to say, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Far more than anything here takes: it ends a test that hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for `work`, and fails the test if it does not come.
#[track_caller]
pub(crate) fn within<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(DEADLINE, work).await {
            Ok(output) => output,
            Err(_) => panic!("nothing came of {caller} in {DEADLINE:?}"),
        }
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A connection, which stays open as long as this lives.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = within(TcpStream::connect(address))
            .await
            .expect("a connection");
        Self { stream }
    }

    pub(crate) async fn send(&mut self, bytes: &str) {
        self.try_send(bytes).await.expect("written");
    }

    /// For what the server may refuse before it is all there.
    pub(crate) async fn try_send(&mut self, bytes: &str) -> std::io::Result<()> {
        within(self.stream.write_all(bytes.as_bytes())).await
    }

    /// A request as a browser or Prometheus makes it.
    pub(crate) async fn ask(&mut self, method: &str, path: &str) -> Answer {
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ))
        .await;
        self.answer().await
    }

    /// Reads one answer, which says how long it is.
    pub(crate) async fn answer(&mut self) -> Answer {
        let mut read = Vec::new();
        let end = loop {
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more(&mut read).await;
        };
        let head = String::from_utf8(read[..end].to_vec()).expect("text");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("a status");
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let length: usize = answer
            .header("content-length")
            .and_then(|length| length.parse().ok())
            .expect("a length");
        while read.len() < end + length {
            self.more(&mut read).await;
        }
        assert_eq!(read.len(), end + length, "more than one answer");
        answer.body = String::from_utf8(read.split_off(end)).expect("text");
        answer
    }

    async fn more(&mut self, read: &mut Vec<u8>) {
        let got = within(self.stream.read_buf(read)).await.expect("readable");
        assert!(got > 0, "closed after {:?}", String::from_utf8_lossy(read));
    }

    /// Waits until the server closes, and returns what it said before.
    pub(crate) async fn closed(&mut self) -> String {
        let mut read = Vec::new();
        // A reset is a close as well.
        let _ = within(self.stream.read_to_end(&mut read)).await;
        String::from_utf8(read).expect("text")
    }

    /// Whether nothing has come so far.
    pub(crate) fn is_silent(&self) -> bool {
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// One GET on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    Client::connect(address).await.ask("GET", path).await
}
