//! The routes. Everything else is a 404.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::guard::guard;
use crate::exposition::{CONTENT_TYPE, Exporter};

/// How long a scrape may take. Prometheus itself gives up after 10 s by default.
const SCRAPE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
struct Metrics {
    exporter: Option<Exporter>,
    /// One scrape at a time. They would wait for each other anyway, each in a thread of the blocking pool; here they
    /// wait without one.
    turn: Arc<Semaphore>,
}

pub(super) fn router(exporter: Option<Exporter>) -> Router {
    let metrics = Metrics {
        exporter,
        turn: Arc::new(Semaphore::new(1)),
    };
    Router::new()
        .route("/metrics", get(scrape))
        .route("/livez", get(async || "ok"))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "not found: there are /metrics and /livez\n",
            )
        })
        .with_state(metrics)
        .layer(from_fn(guard))
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    let Some(exporter) = metrics.exporter else {
        let why = "no metrics: `.prometheus()` was not called\n";
        return (StatusCode::NOT_FOUND, why).into_response();
    };
    let text = timeout(SCRAPE, async {
        let turn = metrics.turn.acquire_owned().await.ok()?;
        // Gathering computes: on a thread where that holds up nobody. It takes its turn along, since it goes on even
        // if the client leaves.
        let gathered = tokio::task::spawn_blocking(move || {
            let text = exporter.render();
            drop(turn);
            text
        });
        gathered.await.ok()
    });
    match text.await {
        Ok(Some(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        // Only a collector of the caller's own can do that.
        Ok(None) => {
            let why = "a collector in the registry panicked\n";
            (StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
        }
        Err(_) => {
            let why = "gathering took too long\n";
            (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
        }
    }
}
