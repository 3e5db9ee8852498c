//! The way from the functions' containers to the local world, which listens on this machine's loopback interface only.
//!
//! A container of its own listens where the others can reach it, and hands each connection on through a socket in a folder of
//! this machine's that it shares; on this side of the socket it goes on to the world. Nothing here listens on a network.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Where the relay listens in its container.
const PORT: u16 = 8000;
/// The shared folder, in the container.
const FOLDER: &str = "/world";
const SOCKET: &str = "door";

/// A relay that runs until it is dropped.
pub struct Relay {
    container: String,
    /// What the functions are given as the address of AWS.
    pub url: String,
    _folder: tempfile::TempDir,
}

impl Relay {
    /// Starts this test binary as the relay, in a container of the functions' own image.
    pub fn start(image: &str, door: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let door = door.strip_prefix("http://").unwrap().to_owned();
        thread::spawn(move || {
            for inside in listener.incoming().flatten() {
                let Ok(outside) = TcpStream::connect(&door) else { return };
                join(inside, outside);
            }
        });
        let this = std::env::current_exe().unwrap();
        let container = docker(&[
            "run",
            "--detach",
            "--rm",
            "--entrypoint",
            "/relay",
            "--volume",
            &format!("{}:/relay:ro", this.display()),
            "--volume",
            &format!("{}:{FOLDER}", folder.path().display()),
            image,
            "--exact",
            "relay::in_its_container",
            "--ignored",
            "--nocapture",
        ]);
        let address = docker(&["inspect", "--format", "{{.NetworkSettings.IPAddress}}", &container]);
        let relay = Relay { container, url: format!("http://{address}:{PORT}"), _folder: folder };
        relay.wait(&format!("{address}:{PORT}"));
        relay
    }

    fn wait(&self, address: &str) {
        for _ in 0..200 {
            if TcpStream::connect(address).is_ok() {
                return;
            }
            super::rest();
        }
        panic!("the relay does not listen:\n{}", docker(&["logs", &self.container]));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "--force", &self.container]).stdout(Stdio::null()).status();
    }
}

/// What a docker command says.
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Two streams as one. Each direction ends when its source does.
fn join<A, B>(one: A, other: B)
where
    A: Stream,
    B: Stream,
{
    let (one_again, other_again) = (one.again(), other.again());
    thread::spawn(move || pour(one, other));
    thread::spawn(move || pour(other_again, one_again));
}

fn pour(mut from: impl Stream, mut to: impl Stream) {
    let _ = std::io::copy(&mut from, &mut to);
    to.end();
}

trait Stream: Read + Write + Send + 'static {
    fn again(&self) -> Self;
    fn end(&self);
}

impl Stream for TcpStream {
    fn again(&self) -> Self {
        self.try_clone().unwrap()
    }
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Stream for UnixStream {
    fn again(&self) -> Self {
        self.try_clone().unwrap()
    }
    fn end(&self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

/// Not a test: what [`Relay::start`] runs in a container.
#[test]
#[ignore = "the relay, started by the other test in a container"]
fn in_its_container() {
    let socket = Path::new(FOLDER).join(SOCKET);
    // Anybody may run ignored tests; only the relay's container has its socket.
    if !socket.exists() {
        return;
    }
    for outside in TcpListener::bind(("0.0.0.0", PORT)).unwrap().incoming().flatten() {
        let _ = outside.set_nodelay(true);
        match UnixStream::connect(&socket) {
            Ok(inside) => join(outside, inside),
            Err(_) => return,
        }
    }
}
