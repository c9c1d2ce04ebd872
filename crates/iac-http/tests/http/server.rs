//! A server on loopback that breaks in ways a framework hides. One request for each connection.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Clone, Copy)]
pub(crate) enum Reply {
    /// A whole answer.
    Whole(u16, &'static str),
    /// Closes the connection after it read the request.
    Cut,
    /// Announces more body than it sends.
    Truncated(u16),
    /// Reads the request and never answers.
    Silent,
    /// A whole answer that leads elsewhere.
    Redirect,
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plays `script` connection by connection, then stops listening.
    pub(crate) async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut silent = Vec::new();
            for reply in script {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                log.lock().unwrap().push(request);
                match reply {
                    Reply::Silent => silent.push(stream),
                    reply => write_reply(&mut stream, reply).await,
                }
            }
            drop(listener);
            std::future::pending::<()>().await;
        });
        Self { url, requests, task }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        const TLS_HANDSHAKE: u8 = 22;
        if read == 0 || bytes.first() == Some(&TLS_HANDSHAKE) {
            return text;
        }
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            return text;
        }
    }
}

async fn write_reply(stream: &mut TcpStream, reply: Reply) {
    let text = match reply {
        Reply::Whole(status, body) => format!(
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
        Reply::Truncated(status) => {
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 99\r\n\r\n{{\"a")
        }
        Reply::Redirect => "HTTP/1.1 302 X\r\nconnection: close\r\ncontent-length: 0\r\n\
             location: http://127.0.0.1:1/\r\n\r\n"
            .to_owned(),
        Reply::Cut | Reply::Silent => String::new(),
    };
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}
