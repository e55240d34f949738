//! tonic's server of the benchmark `unary`, on one thread. taskset chooses its core.

use std::error::Error;

use bench::bench_server::{Bench, BenchServer};
use bench::{Flags, Payload, PublishReply, PublishRequest};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tonic::codegen::BoxStream;
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Request, Response, Status, Streaming};

struct Echo;

#[tonic::async_trait]
impl Bench for Echo {
    async fn unary(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    type EchoStream = BoxStream<Payload>;
    async fn echo(&self, _: Request<Streaming<Payload>>) -> Result<Response<Self::EchoStream>, Status> {
        Err(Status::unimplemented("only unary calls are measured"))
    }

    type DownloadStream = BoxStream<Payload>;
    async fn download(&self, _: Request<Payload>) -> Result<Response<Self::DownloadStream>, Status> {
        Err(Status::unimplemented("only unary calls are measured"))
    }

    async fn publish(&self, _: Request<PublishRequest>) -> Result<Response<PublishReply>, Status> {
        Err(Status::unimplemented("only unary calls are measured"))
    }
}

async fn serve(port: u16) -> Result<(), Box<dyn Error>> {
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], port).into())?.with_nodelay(Some(true));
    let mut terminated = signal(SignalKind::terminate())?;
    println!("listening on {}", incoming.local_addr()?.port());
    let serving = Server::builder()
        .max_concurrent_streams(10_000) // by default 200
        .add_service(BenchServer::new(Echo))
        .serve_with_incoming(incoming);
    // Clients that are still there are not waited for.
    tokio::select! {
        ended = serving => Ok(ended?),
        _ = terminated.recv() => Ok(()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut flags = Flags::parse();
    let port = flags.take("--port", 0);
    flags.finish();
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(port))
}
