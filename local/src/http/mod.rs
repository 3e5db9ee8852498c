//! The HTTP door: the world in the wire protocols that AWS's SDKs speak, on one local port.
//!
//! All regions and services share the address; the signature's credential scope tells them apart. Which protocol a
//! request speaks is told by its headers. Every answer carries the virtual time as `date` and `x-meridian-now`; one that
//! would never come is answered at once with 503 and `x-meridian-hang: true`, and the client makes a silence of it; one that
//! comes late is answered at once with `x-meridian-late` and how late, and the client waits. What a
//! web page in this machine's browser could ask is [refused](guard).

mod cbor;
mod chunked;
mod date;
mod dispatch;
mod form;
mod guard;
mod guests;
mod invoke;
mod json;
mod query;
mod record;
mod registry;
mod reply;
pub(crate) mod runtime_api;
mod s3;
mod scope;
mod xml;

use crate::engine::SharedWorld;
use axum::serve::ListenerExt;
use dispatch::Dispatcher;
pub use guests::Guests;
pub use record::{RecordError, Recorder};
use runtime_api::line::{ChildId, Report, Switchboard};
use runtime_api::routes::router;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A world that listens on a port of 127.0.0.1, until this value is dropped. It answers from a thread of its own.
pub struct Door {
    address: SocketAddr,
    switchboard: Arc<Switchboard>,
    close: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Opens a door for clients that are no functions. Their clock is at [`Door::clock_url`].
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn open(world: SharedWorld) -> io::Result<Self> {
        let (unheard, _) = mpsc::channel();
        Door::listen(world, 0, unheard, None, None)
    }

    /// Opens a door of a world that an engine drives, on a port of choice (0: any that is free). Those who sleep at its clock
    /// wait in `guests` for the engine to come to their moment.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn for_guests(
        world: SharedWorld,
        port: u16,
        guests: Guests,
        record: Option<Arc<Recorder>>,
    ) -> io::Result<Self> {
        let (unheard, _) = mpsc::channel();
        Door::listen(world, port, unheard, Some(guests), record)
    }

    /// Opens a door for child processes too, whose reports go to `reports`.
    pub(crate) fn for_children(
        world: SharedWorld,
        reports: Sender<(ChildId, Report)>,
        record: Option<Arc<Recorder>>,
    ) -> io::Result<Self> {
        Door::listen(world, 0, reports, None, record)
    }

    fn listen(
        world: SharedWorld,
        port: u16,
        reports: Sender<(ChildId, Report)>,
        guests: Option<Guests>,
        record: Option<Arc<Recorder>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let switchboard = Arc::new(Switchboard::new(world.clone(), reports));
        let dispatcher = Arc::new(Dispatcher::new(world.clone(), switchboard.clone(), record));
        let routes = router(switchboard.clone(), world, guests)
            .fallback(move |request| dispatch::serve(dispatcher.clone(), request))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .layer(axum::middleware::from_fn(move |request, next| guard::guard(address.port(), request, next)));
        let (close, closed) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let thread = std::thread::Builder::new().name("aws-door".to_owned()).spawn(move || {
            runtime.block_on(async move {
                // Without this each small answer could wait 40 ms for the kernel to send it.
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener.tap_io(|stream| {
                        let _slower = stream.set_nodelay(true);
                    }),
                    Err(error) => return tracing::error!(%error, "the door cannot listen"),
                };
                tokio::select! {
                    _ = axum::serve(listener, routes) => {}
                    _ = closed => {}
                }
            });
        })?;
        Ok(Door { address, switchboard, close: Some(close), thread: Some(thread) })
    }

    /// The door's address, for `AWS_ENDPOINT_URL`: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The clock of clients that are no functions, for `MERIDIAN_CLOCK_URL`: while they sleep, the world's time passes by
    /// itself. Where an engine runs, that is only right of a door [for guests](Door::for_guests).
    pub fn clock_url(&self) -> String {
        format!("{}/_clock/outside", self.url())
    }

    pub(crate) fn switchboard(&self) -> &Switchboard {
        &self.switchboard
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Ends the thread's runtime, and with it every connection; it has gone already where nobody listens.
        drop(self.close.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("address", &self.address).finish_non_exhaustive()
    }
}
