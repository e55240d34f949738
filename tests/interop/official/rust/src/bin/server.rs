//! The official interoperability server, by tonic. Usage: server --port=PORT [--max_concurrent_streams=STREAMS]

use std::{env, error::Error, future, net::SocketAddr, pin::Pin};

use axum::http::HeaderMap;
use axum::{body::Body, extract::Request as HttpRequest, middleware, middleware::Next, response};
use http_body_util::BodyExt;
use interop::test_service_server::{TestService, TestServiceServer};
use interop::{
    EchoStatus, Empty, INITIAL, SimpleRequest, SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse,
    StreamingOutputCallRequest, StreamingOutputCallResponse, TRAILING, payload,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::service::Routes;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Code, Request, Response, Status, Streaming};

type Answer = Result<StreamingOutputCallResponse, Status>;
type Answers = Pin<Box<dyn Stream<Item = Answer> + Send>>;

struct Service;

/// The error that a request asks for, if it does.
fn asked(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(Status::new(Code::from(status.code), status.message)),
        _ => Ok(()),
    }
}

/// Sends what a request asks for. No case here asks for an interval. An error: the call is over.
async fn send_answers(
    request: StreamingOutputCallRequest,
    peer: Option<SocketAddr>,
    sender: &mpsc::Sender<Answer>,
) -> Result<(), mpsc::error::SendError<Answer>> {
    for parameters in request.response_parameters {
        let payload = payload(parameters.size as usize);
        let tells_peer = parameters.fill_peer_socket_address.is_some_and(|fill| fill.value);
        let peer_socket_address = peer.filter(|_| tells_peer).map(|peer| peer.to_string()).unwrap_or_default();
        sender.send(Ok(StreamingOutputCallResponse { payload, peer_socket_address })).await?;
    }
    Ok(())
}

/// Answers a stream of requests, each as it comes, or all at the end.
fn duplex(request: Request<Streaming<StreamingOutputCallRequest>>, at_the_end: bool) -> Response<Answers> {
    let (sender, receiver) = mpsc::channel(1);
    let peer = request.remote_addr();
    let mut requests = request.into_inner();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(Some(mut request)) = requests.message().await {
            if let Err(status) = asked(request.response_status.take()) {
                let _ = sender.send(Err(status)).await;
                return;
            }
            if at_the_end {
                held.push(request);
            } else if send_answers(request, peer, &sender).await.is_err() {
                return;
            }
        }
        for request in held {
            if send_answers(request, peer, &sender).await.is_err() {
                return;
            }
        }
    });
    Response::new(Box::pin(ReceiverStream::new(receiver)))
}

#[tonic::async_trait]
impl TestService for Service {
    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        let request = request.into_inner();
        asked(request.response_status)?;
        let payload = payload(request.response_size as usize);
        Ok(Response::new(SimpleResponse { payload, ..Default::default() }))
    }

    async fn cacheable_unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        self.unary_call(request).await
    }

    type StreamingOutputCallStream = Answers;
    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Answers>, Status> {
        let (sender, receiver) = mpsc::channel(1);
        let peer = request.remote_addr();
        tokio::spawn(async move { send_answers(request.into_inner(), peer, &sender).await });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut size = 0;
        while let Some(request) = requests.message().await? {
            size += request.payload.unwrap_or_default().body.len();
        }
        Ok(Response::new(StreamingInputCallResponse { aggregated_payload_size: size as i32 }))
    }

    type FullDuplexCallStream = Answers;
    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(duplex(request, false))
    }

    type HalfDuplexCallStream = Answers;
    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(duplex(request, true))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("it is for that"))
    }
}

/// Echoes metadata, as headers and trailers of HTTP: tonic lets a method that succeeds set only headers.
async fn echo_metadata(request: HttpRequest, next: Next) -> response::Response {
    let (initial, trailing) = (request.headers().get(INITIAL).cloned(), request.headers().get(TRAILING).cloned());
    let mut response = next.run(request).await;
    if response.headers().contains_key("grpc-status") {
        return response; // there is nothing behind the headers
    }
    if let Some(value) = initial {
        response.headers_mut().insert(INITIAL, value);
    }
    let trailers: HeaderMap = trailing.into_iter().map(|value| (TRAILING.parse().unwrap(), value)).collect();
    response.map(|body| Body::new(body.with_trailers(future::ready(Some(Ok(trailers))))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let flag = |name| env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned));
    let port = flag("--port=").ok_or("usage: server --port=PORT [--max_concurrent_streams=STREAMS]")?;
    let streams = flag("--max_concurrent_streams=").map(|streams| streams.parse()).transpose()?;
    let incoming = TcpIncoming::bind(format!("127.0.0.1:{port}").parse()?)?;
    let routes = Routes::new(TestServiceServer::new(Service)).into_axum_router();
    let routes = routes.layer(middleware::from_fn(echo_metadata));
    let mut terminated = signal(SignalKind::terminate())?;
    Server::builder()
        .max_concurrent_streams(streams)
        .add_routes(Routes::from(routes))
        .serve_with_incoming_shutdown(incoming, async move { terminated.recv().await.unwrap_or_default() })
        .await?;
    Ok(())
}
