//! A web service that runs the Python it is sent.
//!
//! `cargo run --release -p eryx-examples --bin web_service`, and then
//! `curl --data 'print(6 * 7)' localhost:3000/run`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use eryx::{ErrorKind, Limits, Sandbox};
use serde_json::json;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:3000".to_owned());

    // Building blocks its thread, so it is done before the first request.
    let sandbox = Sandbox::builder()
        .with_embedded_runtime()
        .build()?
        .with_limits(
            Limits::default()
                .wall_time(Duration::from_secs(2))
                .memory(256 << 20)
                .output_bytes(64 << 10)
                .queue_time(Duration::from_secs(5)), // how long a request waits for its turn
        );
    let processors = std::thread::available_parallelism()?.get();
    let sandbox = sandbox.with_max_concurrency(processors);

    let service = Router::new().route("/run", post(run)).with_state(sandbox);
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}

/// Runs the request's body. If the client goes away, this future is dropped, and the program ends.
async fn run(State(sandbox): State<Sandbox>, code: String) -> impl IntoResponse {
    let (status, body) = match sandbox.execute(&code).await {
        Ok(result) => (StatusCode::OK, json!({ "stdout": &*result.stdout })),
        Err(error) => {
            let status = match error.kind {
                // The program's own fault.
                ErrorKind::Exception(_) | ErrorKind::Exit(_) | ErrorKind::Limit(_) => {
                    StatusCode::OK
                }
                // Too many programs at a time.
                ErrorKind::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let stdout = &**error.stdout();
            (
                status,
                json!({ "stdout": stdout, "error": error.to_string() }),
            )
        }
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, body.to_string())
}
