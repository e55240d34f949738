//! The server of the interoperability tests, by tonic. Usage: server [PORT]

mod streams;

use std::{env, error::Error, future, mem, sync::Mutex};

use axum::http::HeaderMap;
use axum::{body::Body, extract::Request as HttpRequest, middleware, middleware::Next, response};
use http_body_util::BodyExt;
use interop::interop_server::{Interop, InteropServer};
use interop::{EchoReply, EchoRequest, Empty, Failure, SeenReply, SeenRequest, Step, UploadReply};
use streams::{Ends, Pieces};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::service::Routes;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Code, Request, Response, Status, Streaming};

#[derive(Default)]
struct Service {
    ends: Ends,
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Service {
    /// Returns once so many calls wait here.
    async fn meet(&self, size: usize) {
        let (sender, receiver) = oneshot::channel();
        let complete = {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.push(sender);
            if waiting.len() >= size { mem::take(&mut *waiting) } else { Vec::new() }
        };
        for guest in complete {
            let _ = guest.send(());
        }
        let _ = receiver.await;
    }
}

/// The metadata of "x-" keys.
fn echoed(metadata: &MetadataMap) -> MetadataMap {
    let mut copy = MetadataMap::new();
    for pair in metadata.iter() {
        match pair {
            KeyAndValueRef::Ascii(key, value) if key.as_str().starts_with("x-") => {
                copy.append(key, value.clone());
            }
            KeyAndValueRef::Binary(key, value) if key.as_str().starts_with("x-") => {
                copy.append_bin(key, value.clone());
            }
            _ => {}
        }
    }
    copy
}

fn to_status(failure: Failure, metadata: MetadataMap) -> Status {
    let code = Code::from(failure.code);
    Status::with_details_and_metadata(code, failure.message, failure.details.into(), metadata)
}

#[tonic::async_trait]
impl Interop for Service {
    async fn nothing(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoReply>, Status> {
        let peer = request.remote_addr().map(|address| address.to_string()).unwrap_or_default();
        let metadata = echoed(request.metadata());
        let EchoRequest { mut payload, failure, meeting, reply_size } = request.into_inner();
        if let Some(failure) = failure.filter(|failure| failure.code != 0) {
            return Err(to_status(failure, metadata));
        }
        if reply_size > 0 {
            payload.resize(reply_size as usize, 0);
        }
        if meeting > 0 {
            self.meet(meeting as usize).await;
        }
        Ok(Response::from_parts(metadata, EchoReply { payload, peer }, Default::default()))
    }

    async fn upload(&self, request: Request<Streaming<Step>>) -> Result<Response<UploadReply>, Status> {
        Ok(Response::new(streams::upload(&self.ends, request.into_inner()).await?))
    }

    type DownloadStream = Pieces;
    async fn download(&self, request: Request<Step>) -> Result<Response<Pieces>, Status> {
        Ok(Response::new(streams::download(&self.ends, request.into_inner())))
    }

    type ChatStream = Pieces;
    async fn chat(&self, request: Request<Streaming<Step>>) -> Result<Response<Pieces>, Status> {
        Ok(Response::new(streams::chat(&self.ends, request.into_inner())))
    }

    async fn seen(&self, request: Request<SeenRequest>) -> Result<Response<SeenReply>, Status> {
        Ok(Response::new(self.ends.wait_for(&request.into_inner().id).await))
    }
}

/// Repeats the "x-" headers of a response in its trailers: tonic lets a unary method that succeeds set only headers.
async fn repeat_in_trailers(request: HttpRequest, next: Next) -> response::Response {
    let response = next.run(request).await;
    if response.headers().contains_key("grpc-status") {
        return response; // there is nothing behind the headers
    }
    let own = |(key, value): (_, _)| (Clone::clone(key), Clone::clone(value));
    let trailers: HeaderMap =
        response.headers().iter().filter(|(key, _)| key.as_str().starts_with("x-")).map(own).collect();
    response.map(|body| Body::new(body.with_trailers(future::ready(Some(Ok(trailers))))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).unwrap_or_else(|| "0".into());
    let incoming = TcpIncoming::bind(format!("127.0.0.1:{port}").parse()?)?;
    let routes = Routes::new(InteropServer::new(Service::default())).into_axum_router();
    let routes = routes.layer(middleware::from_fn(repeat_in_trailers));
    let mut terminated = signal(SignalKind::terminate())?;
    println!("listening on {}", incoming.local_addr()?.port());
    Server::builder()
        .max_concurrent_streams(10_000) // by default 200
        .initial_connection_window_size(interop::WINDOW)
        .add_routes(Routes::from(routes))
        .serve_with_incoming_shutdown(incoming, async move { terminated.recv().await.unwrap_or_default() })
        .await?;
    Ok(())
}
