//! The server.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playhouse::prelude::*;
use playhouse::telemetry::prometheus::core::{Collector, Desc};
use playhouse::telemetry::prometheus::proto::MetricFamily;
use playhouse::telemetry::prometheus::{IntCounter, Registry};
use playhouse::telemetry::{InstallError, ServeError, Served, Telemetry};

use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::client::{Client, DEADLINE, get, within};

async fn served() -> Served {
    let system = System::new("bank");
    let telemetry = Telemetry::new(&system).prometheus();
    within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port")
}

#[tokio::test]
async fn metrics_are_served_on_a_port_that_the_url_tells() {
    let served = served().await;
    assert_ne!(served.addr().port(), 0);
    assert_eq!(
        served.url(),
        format!("http://127.0.0.1:{}", served.addr().port())
    );
    let answer = get(served.addr(), "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(
        answer
            .body
            .contains("actor_snapshots_total{actor_system=\"bank\"} 1\n"),
        "{}",
        answer.body
    );
    within(served.stop()).await;
}

#[tokio::test]
async fn ipv6_is_loopback_too() {
    let system = System::new("bank");
    match within(Telemetry::new(&system).prometheus().serve("[::1]:0")).await {
        Ok(served) => {
            assert_eq!(
                served.url(),
                format!("http://[::1]:{}", served.addr().port())
            );
            assert_eq!(get(served.addr(), "/livez").await.status, 200);
        }
        // A machine without IPv6 says so; that it is not taken for a foreign address is what matters.
        Err(error) => assert!(matches!(error, ServeError::Bind { .. }), "{error:?}"),
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let served = served().await;
    let mut client = Client::connect(served.addr()).await;
    for _ in 0..3 {
        let answer = client.ask("GET", "/livez").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404() {
    let served = served().await;
    for path in [
        "/",
        "/metrics/",
        "/metrics/x",
        "/livez2",
        "/../metrics",
        "/%6detrics",
    ] {
        let answer = get(served.addr(), path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.len() < 100, "{}", answer.body);
    }
    assert_eq!(get(served.addr(), "/metrics?x=1").await.status, 200);
}

#[tokio::test]
async fn only_get() {
    let served = served().await;
    for path in ["/metrics", "/livez", "/nothing"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FROB"] {
            let answer = Client::connect(served.addr()).await.ask(method, path).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET"));
        }
    }
}

async fn status(served: &Served, request: &str) -> u16 {
    let mut client = Client::connect(served.addr()).await;
    client.send(request).await;
    client.answer().await.status
}

#[tokio::test]
async fn only_requests_for_this_machine_are_answered() {
    let served = served().await;
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:9090", "[::1]"] {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(&served, &request).await, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "evil.example:9090",
        "localhost@evil.example",
        "",
    ] {
        for path in ["/metrics", "/livez", "/nothing"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(status(&served, &request).await, 421, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_second_host_or_another_in_the_target_is_misdirected() {
    let served = served().await;
    for request in [
        "GET /metrics HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.0\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        assert_eq!(status(&served, request).await, 421, "{request}");
    }
    let absolute = "GET http://localhost/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(status(&served, absolute).await, 200);
}

#[tokio::test]
async fn a_header_that_does_not_end_is_cut_off() {
    let served = served().await;
    let mut client = Client::connect(served.addr()).await;
    client
        .send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n")
        .await;
    let filler = format!("X-Filler: {}\r\n", "x".repeat(1000));
    // It may close before it has read all of this.
    let _ = client.try_send(&filler.repeat(64)).await;
    let said = client.closed().await;
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 431 "),
        "{said}"
    );
    // And nobody else noticed.
    assert_eq!(get(served.addr(), "/livez").await.status, 200);
}

#[tokio::test]
async fn half_a_header_and_an_unused_connection_are_closed_by_the_timeout() {
    let system = System::new("bank");
    let telemetry = Telemetry::new(&system)
        .prometheus()
        .header_timeout(Duration::from_millis(50));
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let mut silent = Client::connect(served.addr()).await;
    let mut half = Client::connect(served.addr()).await;
    half.send("GET /metrics HTTP/1.1\r\nHost: local").await;
    let mut used = Client::connect(served.addr()).await;
    assert_eq!(used.ask("GET", "/livez").await.status, 200);
    for client in [&mut silent, &mut half, &mut used] {
        let said = client.closed().await;
        assert!(!said.contains("200"), "{said}");
    }
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let system = System::new("bank");
    let telemetry = Telemetry::new(&system).prometheus().connections(1);
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let mut first = Client::connect(served.addr()).await;
    assert_eq!(first.ask("GET", "/livez").await.status, 200);
    let mut second = Client::connect(served.addr()).await;
    second
        .send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    // The server works all the while, and would have had the time to answer the second as well.
    for _ in 0..50 {
        assert_eq!(first.ask("GET", "/livez").await.status, 200);
        assert!(second.is_silent());
    }
    drop(first);
    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_at_once_and_leaves_nothing_behind() {
    let system = System::new("bank");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let registry = Registry::new();
    let telemetry = Telemetry::new(&system).registry(registry.clone());
    let error = within(telemetry.serve(address))
        .await
        .expect_err("the port is taken");
    assert!(
        matches!(error, ServeError::Busy { address: told } if told == address),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("cannot serve on {address}: the port is in use")
    );
    assert!(registry.gather().is_empty());
}

#[tokio::test]
async fn a_system_is_in_a_registry_once() {
    let system = System::new("bank");
    let registry = Registry::new();
    let telemetry = Telemetry::new(&system).registry(registry.clone());
    let served = within(telemetry.clone().serve("127.0.0.1:0"))
        .await
        .expect("the first");
    let error = within(telemetry.clone().serve("127.0.0.1:0"))
        .await
        .expect_err("the second");
    let ServeError::Install(InstallError::Duplicate { system: name }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(&**name, "bank");
    within(served.stop()).await;
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("the first has left");
    within(served.stop()).await;
}

#[tokio::test]
async fn only_loopback_addresses() {
    let system = System::new("bank");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9090"] {
        let telemetry = Telemetry::new(&system).prometheus();
        let error = within(telemetry.serve(address))
            .await
            .expect_err("not loopback");
        assert!(matches!(error, ServeError::NotLoopback { .. }), "{error:?}");
        assert!(
            error.to_string().contains("only loopback addresses"),
            "{error}"
        );
    }
    for address in ["", "nonsense", "127.0.0.1", "127.0.0.1:99999"] {
        let telemetry = Telemetry::new(&system).prometheus();
        let error = within(telemetry.serve(address))
            .await
            .expect_err("not an address");
        assert!(
            matches!(error, ServeError::Address(_)),
            "{address}: {error:?}"
        );
    }
}

/// No other limit than that of the stop itself may end these connections.
const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn stop_ends_with_connections_open_and_frees_the_port() {
    let system = System::new("bank");
    let telemetry = Telemetry::new(&system)
        .prometheus()
        .header_timeout(LONG)
        .grace(LONG);
    let served = within(telemetry.clone().serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let address = served.addr();
    let mut idle = Client::connect(address).await;
    assert_eq!(idle.ask("GET", "/livez").await.status, 200);
    let mut half = Client::connect(address).await;
    half.send("GET /metrics HTTP/1.1\r\n").await;
    let mut silent = Client::connect(address).await;
    within(served.stop()).await;
    for client in [&mut idle, &mut half, &mut silent] {
        assert_eq!(client.closed().await, "");
    }
    let again = within(telemetry.serve(address)).await;
    within(again.expect("the port is free again").stop()).await;
}

#[tokio::test]
async fn a_server_that_has_stopped_leaves_no_task() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let served = served().await;
    let mut idle = Client::connect(served.addr()).await;
    assert_eq!(idle.ask("GET", "/metrics").await.status, 200);
    let _silent = Client::connect(served.addr()).await;
    assert!(tasks() > before);
    within(served.stop()).await;
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn dropping_it_stops_it() {
    let served = served().await;
    let mut idle = Client::connect(served.addr()).await;
    assert_eq!(idle.ask("GET", "/livez").await.status, 200);
    drop(served);
    assert_eq!(idle.closed().await, "");
}

/// A collector that does what a test says, each time it is asked.
struct Scripted(Mutex<Box<dyn FnMut() + Send>>, Desc);

impl Scripted {
    fn register(registry: &Registry, script: impl FnMut() + Send + 'static) {
        let desc = Desc::new(
            "scripted".to_owned(),
            "For a test".to_owned(),
            vec![],
            Default::default(),
        );
        let scripted = Self(Mutex::new(Box::new(script)), desc.expect("a description"));
        registry.register(Box::new(scripted)).expect("room");
    }
}

impl Collector for Scripted {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.1]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        (self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()))();
        Vec::new()
    }
}

#[tokio::test]
async fn a_registry_of_the_callers_own_is_served_too() {
    let system = System::new("bank");
    let registry = Registry::new();
    let orders = IntCounter::new("orders_total", "Orders").expect("a counter");
    registry.register(Box::new(orders.clone())).expect("room");
    let telemetry = Telemetry::new(&system).registry(registry);
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    orders.inc_by(3);
    let body = get(served.addr(), "/metrics").await.body;
    assert!(body.contains("orders_total 3\n"), "{body}");
    assert!(body.contains("actor_snapshots_total{"), "{body}");
}

#[tokio::test]
async fn a_collector_that_panics_costs_that_scrape_alone() {
    let system = System::new("bank");
    let registry = Registry::new();
    let mut scrapes = 0;
    Scripted::register(&registry, move || {
        scrapes += 1;
        assert!(scrapes > 1, "the first scrape fails");
    });
    let telemetry = Telemetry::new(&system).registry(registry);
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let failed = get(served.addr(), "/metrics").await;
    assert_eq!(failed.status, 500);
    assert!(!failed.body.contains("the first scrape"), "{}", failed.body);
    assert_eq!(get(served.addr(), "/metrics").await.status, 200);
}

/// A registry whose scrapes begin, say so, and end when `release` is gone.
struct Held {
    registry: Registry,
    inside: mpsc::Receiver<()>,
    release: mpsc::Sender<()>,
}

impl Held {
    fn new() -> Self {
        let registry = Registry::new();
        let (entered, inside) = mpsc::channel();
        let (release, released) = mpsc::channel();
        Scripted::register(&registry, move || {
            let _ = entered.send(());
            let _ = released.recv();
        });
        Self {
            registry,
            inside,
            release,
        }
    }
}

/// Asks for the metrics, and returns when the scrape is in hand.
async fn scrape_in_hand(address: SocketAddr, inside: mpsc::Receiver<()>) -> Client {
    let mut client = Client::connect(address).await;
    client
        .send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let inside = tokio::task::spawn_blocking(move || inside.recv_timeout(DEADLINE));
    let inside = inside.await.expect("not cancelled");
    inside.expect("the scrape has begun");
    client
}

#[tokio::test]
async fn a_scrape_in_hand_is_answered_when_the_server_stops() {
    let system = System::new("bank");
    let held = Held::new();
    let telemetry = Telemetry::new(&system).registry(held.registry).grace(LONG);
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let address = served.addr();
    let mut client = scrape_in_hand(address, held.inside).await;
    let stopping = tokio::spawn(served.stop());
    within(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // The stop is under way. Only now can the scrape go on.
    drop(held.release);
    let answer = client.answer().await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("actor_snapshots_total{"),
        "{}",
        answer.body
    );
    within(stopping).await.expect("not cancelled");
}

#[tokio::test]
async fn a_scrape_that_does_not_end_holds_the_stop_up_no_longer_than_the_grace() {
    let system = System::new("bank");
    let held = Held::new();
    let telemetry = Telemetry::new(&system)
        .registry(held.registry)
        .grace(Duration::from_millis(20));
    let served = within(telemetry.serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    let mut client = scrape_in_hand(served.addr(), held.inside).await;
    within(served.stop()).await;
    assert_eq!(client.closed().await, "");
    drop(held.release);
}

#[tokio::test]
async fn without_an_exporter_there_is_only_the_liveness() {
    let system = System::new("bank");
    let served = within(Telemetry::new(&system).serve("127.0.0.1:0"))
        .await
        .expect("a free port");
    assert!(served.exporter().is_none());
    assert_eq!(get(served.addr(), "/livez").await.body, "ok");
    let answer = get(served.addr(), "/metrics").await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.body.contains("`.prometheus()` was not called"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn many_scrapes_at_once_are_all_answered() {
    let served = Arc::new(served().await);
    let scrapes: Vec<_> = (0..20)
        .map(|_| {
            let address = served.addr();
            tokio::spawn(async move { get(address, "/metrics").await.status })
        })
        .collect();
    for scrape in scrapes {
        assert_eq!(within(scrape).await.expect("not cancelled"), 200);
    }
}
