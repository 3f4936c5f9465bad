//! `listen`: receives deliveries, verifies, stores and forwards them, and shows them on a page.
//!
//! Two ports: one takes deliveries and may stand behind a tunnel, the other has the page, which no tunnel then reaches.

mod copy;
mod explained;
pub(crate) mod forward;
pub(crate) mod headers;
mod inspector;
mod random;
mod receive;
pub(crate) mod record;
mod report;
pub(crate) mod store;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use clap::Args;
use serde_json::json;
use tink_webhooks::WebhookHandler;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::failure::{Exit, Failure, Outcome};
use crate::output::{Output, STRONG, Styled};
use crate::secret::{Secret, SecretArgs};
use forward::Receiver;
use inspector::Inspector;
pub(crate) use inspector::sign_anew;
use receive::{Desk, Report, receive};
use store::{Store, default_folder};

/// How many reports wait for the terminal.
const REPORTS: usize = 256;
/// How long deliveries that have begun may take when the command is stopped.
const LAST_DELIVERIES: Duration = Duration::from_secs(5);

/// Options of `listen`.
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// The port for deliveries, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "4700")]
    port: u16,
    /// The port of the inspector page; by default the next one, or a free one
    #[arg(long, value_name = "PORT")]
    page_port: Option<u16>,
    /// Where deliveries are passed on to, as they came; its answer goes back to the sender
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// How long the receiver may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    forward_timeout: u64,
    /// How many deliveries are kept; the oldest are removed
    #[arg(long, value_name = "NUMBER", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    keep: u32,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Where deliveries are kept.
#[derive(Args)]
pub(crate) struct StoreArgs {
    /// The folder of deliveries; by default tink-webhooks/deliveries in the user's folder of state
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// # Errors
    /// Where none is given and the environment names no home.
    pub(crate) fn folder(&self) -> Outcome<PathBuf> {
        self.store.clone().map_or_else(default_folder, Ok)
    }
}

/// How old a delivery may be.
#[derive(Args)]
pub(crate) struct WindowArgs {
    /// How far its time of signing may lie from now, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    tolerance: u64,
}

impl WindowArgs {
    /// What verifies with these secrets.
    ///
    /// # Errors
    /// For a secret that the library refuses.
    pub(crate) fn hooks(&self, secrets: &[Secret]) -> Outcome<WebhookHandler> {
        let builder = WebhookHandler::builder().secrets(secrets.iter().map(Secret::bytes));
        Ok(builder.tolerance(Duration::from_secs(self.tolerance)).build()?)
    }
}

/// Receives until it is stopped.
pub(crate) fn run(args: &ListenArgs, output: &mut Output) -> Outcome {
    let secrets = args.secret.resolve()?;
    let hooks = args.window.hooks(&secrets)?;
    let timeout = Duration::from_secs(args.forward_timeout);
    let receiver = args.forward_to.as_deref().map(|url| Receiver::new(url, timeout)).transpose()?;
    let store = Store::open(&args.store.folder()?, args.keep as usize)?;
    let (reports, reported) = mpsc::channel(REPORTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unable(format!("no threads: {error}")))?;
    let desk = Arc::new(Desk::new(hooks, secrets, store, receiver, reports));
    let result = runtime.block_on(serve(args, desk, reported, output));
    // Requests for news wait for ever.
    runtime.shutdown_background();
    result
}

async fn serve(
    args: &ListenArgs,
    desk: Arc<Desk>,
    mut reports: mpsc::Receiver<Report>,
    output: &mut Output,
) -> Outcome {
    let mut interrupts = interrupts()?;
    let deliveries = bind(args.port).await?;
    let address = local(&deliveries)?;
    let page = bind_page(args.page_port, address.port()).await?;
    let settings = json!({
        "deliveries_at": format!("http://{address}"),
        "forward_to": desk.receiver.as_ref().map(Receiver::url),
        "store": desk.store.folder().display().to_string(),
        "version": tink_webhooks::VERSION,
    });
    let inspector = Arc::new(Inspector::new(Arc::clone(&desk), local(&page)?, settings)?);
    announce(&desk, address, &inspector.url(), output)?;

    let page_routes = Router::new().fallback(move |request: Request<Body>| Arc::clone(&inspector).answer(request));
    tokio::spawn(async move { axum::serve(page, page_routes).await });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let taking = Arc::clone(&desk);
    let routes = Router::new().fallback(move |request: Request<Body>| receive(Arc::clone(&taking), request));
    let server = axum::serve(deliveries, routes).with_graceful_shutdown(async move {
        let _ = stopped.await;
    });
    let server = tokio::spawn(async move { server.await });
    let mut ended = std::pin::pin!(async {
        let ended = server.await;
        desk.all_reported().await;
        ended
    });
    let mut stop = Some(stop);
    let mut deadline = std::pin::pin!(tokio::time::sleep(Duration::MAX));
    loop {
        tokio::select! {
            Some(report) = reports.recv() => print(&report, output)?,
            ended = &mut ended => {
                while let Ok(report) = reports.try_recv() {
                    print(&report, output)?;
                }
                return match ended {
                    Ok(Ok(())) => Ok(Exit::Yes),
                    _ => Err(Failure::unable("the server has failed")),
                };
            }
            Some(()) = interrupts.recv() => {
                // Those that have begun are answered; a second signal ends them too.
                if stop.take().is_none() {
                    return Ok(Exit::Yes);
                }
                deadline.as_mut().reset(Instant::now() + LAST_DELIVERIES);
            }
            () = &mut deadline, if stop.is_none() => return Ok(Exit::Yes),
        }
    }
}

/// Gets a message for each signal that stops a program. Dropping the receiver does not give the signals back.
fn interrupts() -> Outcome<mpsc::Receiver<()>> {
    let failed = |error: std::io::Error| Failure::unable(format!("signals: {error}"));
    let (told, interrupts) = mpsc::channel(1);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                let _ = told.send(()).await;
            }
        });
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c().map_err(failed)?;
        tokio::spawn(async move {
            while interrupt.recv().await.is_some() {
                let _ = told.send(()).await;
            }
        });
    }
    Ok(interrupts)
}

fn print(report: &Report, output: &mut Output) -> Outcome<()> {
    match report {
        Report::Delivery(record) if output.is_json() => output.value(&report::json(record)),
        Report::Delivery(record) => output.line(report::text(record)),
        Report::NotKept(text) => {
            output.note(text);
            Ok(())
        }
    }
}

fn announce(desk: &Desk, address: SocketAddr, page: &str, output: &mut Output) -> Outcome<()> {
    let receiver = desk.receiver.as_ref().map(Receiver::url);
    let store = desk.store.folder().display();
    if output.is_json() {
        return output.value(&json!({
            "type": "listening",
            "deliveries": format!("http://{address}"),
            "page": page,
            "receiver": receiver,
            "store": store.to_string(),
        }));
    }
    for warning in desk.hooks.warnings() {
        output.note(warning);
    }
    output.line(format!("deliveries  {} (POST, any path)", Styled(STRONG, format!("http://{address}"))))?;
    output.line(format!("receiver    {}", receiver.as_deref().unwrap_or("none; --forward-to URL passes them on")))?;
    output.line(format!("page        {}", Styled(STRONG, page)))?;
    output.line(format!("kept in     {store}\n"))
}

async fn bind(port: u16) -> Outcome<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        Failure::unable(format!("127.0.0.1:{port}: {error}")).hint("another port: --port, --page-port")
    })
}

async fn bind_page(wanted: Option<u16>, deliveries: u16) -> Outcome<TcpListener> {
    match wanted {
        Some(port) => bind(port).await,
        None => match TcpListener::bind((Ipv4Addr::LOCALHOST, deliveries.checked_add(1).unwrap_or(0))).await {
            Ok(listener) => Ok(listener),
            Err(_) => bind(0).await,
        },
    }
}

fn local(listener: &TcpListener) -> Outcome<SocketAddr> {
    listener.local_addr().map_err(|error| Failure::unable(format!("the address: {error}")))
}
