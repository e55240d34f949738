//! The client of the interoperability tests, by tonic. Usage: client ADDRESS CALLS CASE...

mod streams;

use std::collections::HashSet;
use std::time::Duration;
use std::{env, error::Error, process};

use interop::interop_client::InteropClient;
use interop::{EchoReply, EchoRequest, Empty, Failure};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::JoinSet;
use tokio::time;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

type Outcome = Result<(), Box<dyn Error>>;

const TEXT: &str = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n";

/// A google.rpc.Status of code 9 with a Duration of 90 s in its details.
const DETAILS: &[u8] = b"\x08\x09\x12\x12not while it rains\
    \x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a";

fn require(holds: bool, otherwise: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.into().into()) }
}

/// Bytes that differ from their neighbours.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

/// A payload as the server makes it of a request's.
fn resized(mut payload: Vec<u8>, size: u32) -> Vec<u8> {
    payload.resize(size as usize, 0);
    payload
}

/// Asks the runner for something, and returns when it is done.
async fn ask(what: &str) -> Outcome {
    println!("{what}");
    BufReader::new(stdin()).read_line(&mut String::new()).await?;
    Ok(())
}

#[derive(Clone)]
struct Client {
    channel: Channel,
    stub: InteropClient<Channel>,
    calls: u32,
}

impl Client {
    async fn nothing(&mut self) -> Result<(), Status> {
        self.stub.nothing(Empty {}).await?;
        Ok(())
    }

    /// The error of a call that asks for one.
    async fn fail(&mut self, code: i32, message: &str, details: &[u8]) -> Result<Status, Box<dyn Error>> {
        let failure = Some(Failure { code, message: message.into(), details: details.into() });
        match self.stub.echo(EchoRequest { failure, ..Default::default() }).await {
            Ok(_) => Err(format!("the call that asked for code {code} did not fail").into()),
            Err(status) => Ok(status),
        }
    }

    /// Sends a payload and gets one of another size.
    async fn large(&mut self, size: usize, reply_size: u32) -> Outcome {
        let payload = pattern(size);
        let request = EchoRequest { payload: payload.clone(), reply_size, ..Default::default() };
        let reply = self.stub.echo(request).await?.into_inner();
        require(reply.payload == resized(payload, reply_size), "another payload came back")
    }

    async fn codes(&mut self) -> Outcome {
        self.stub.echo(EchoRequest { failure: Some(Failure::default()), ..Default::default() }).await?;
        for code in 1..=16 {
            let message = format!("code {code}");
            let status = self.fail(code, &message, &[]).await?;
            let good = status.code() == Code::from(code) && status.message() == message;
            require(good, format!("asked for {message}, got {status}"))?;
        }
        Ok(())
    }

    async fn unicode(&mut self) -> Outcome {
        let status = self.fail(2, TEXT, &[]).await?;
        require(status.message() == TEXT, format!("got {status:?}"))
    }

    async fn details(&mut self) -> Outcome {
        let status = self.fail(9, "not while it rains", DETAILS).await?;
        require(status.code() == Code::FailedPrecondition, format!("got {status}"))?;
        require(status.details() == DETAILS, format!("got the details {:?}", status.details()))
    }

    async fn metadata(&mut self) -> Outcome {
        let texts = ["first", "second", "third"];
        let binaries: [&[u8]; 3] = [b"\x00\x01\xfe\xff,\n", b"second!", b"thirds!!"];
        let mut request = Request::new(EchoRequest::default());
        for (text, binary) in texts.iter().zip(binaries) {
            request.metadata_mut().append("x-text", text.parse()?);
            request.metadata_mut().append_bin("x-bytes-bin", MetadataValue::from_bytes(binary));
        }
        // As a stream of one reply: the stub of a unary method gives headers and trailers mixed up in one map.
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready().await?;
        let path = PathAndQuery::from_static("/interop.Interop/Echo");
        let codec = ProstCodec::<EchoRequest, EchoReply>::default();
        let (headers, mut replies, _) = grpc.server_streaming(request, path, codec).await?.into_parts();
        require(replies.message().await?.is_some(), "no reply came")?;
        let trailers = replies.trailers().await?.unwrap_or_default();
        for (place, metadata) in [("headers", headers), ("trailers", trailers)] {
            let (got_texts, got_binaries) = values(&metadata)?;
            require(got_texts == texts, format!("x-text in the {place} is {got_texts:?}"))?;
            require(got_binaries == binaries, format!("x-bytes-bin in the {place} is {got_binaries:?}"))?;
        }
        Ok(())
    }

    async fn at_once(&mut self) -> Outcome {
        let mut under_way = JoinSet::new();
        for i in 0..self.calls {
            let mut stub = self.stub.clone();
            let request = EchoRequest { payload: i.to_string().into(), meeting: self.calls, ..Default::default() };
            under_way.spawn(async move { (i, stub.echo(request).await) });
        }
        let mut peers = HashSet::new();
        while let Some(ended) = under_way.join_next().await {
            let (i, reply) = ended?;
            let reply = reply?.into_inner();
            require(reply.payload == i.to_string().into_bytes(), "a call got the reply of another")?;
            peers.insert(reply.peer);
        }
        require(peers.len() == 1, format!("the calls came over {} connections", peers.len()))
    }

    async fn restart(&mut self) -> Outcome {
        self.nothing().await?;
        ask("stop the server").await?;
        match self.nothing().await {
            Err(status) => require(status.code() == Code::Unavailable, format!("without a server: {status}"))?,
            Ok(()) => return Err("a call without a server did not fail".into()),
        }
        self.start_server().await
    }

    /// Has the server started, and returns when it answers.
    async fn start_server(&mut self) -> Outcome {
        println!("start the server");
        // tonic has no wait-for-ready.
        while self.nothing().await.is_err() {
            time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn run(&mut self, case: &str) -> Outcome {
        match case {
            "empty_unary" => Ok(self.nothing().await?),
            "large_unary" => self.large(271828, 314159).await,
            "large" => self.large(1 << 20, 1 << 20).await,
            "codes" => self.codes().await,
            "unicode" => self.unicode().await,
            "details" => self.details().await,
            "metadata" => self.metadata().await,
            "at_once" => self.at_once().await,
            "restart" => self.restart().await,
            _ => self.run_streams(case).await,
        }
    }
}

/// The values of x-text and x-bytes-bin. Values of ASCII keys may have been joined by commas on their way
/// (PROTOCOL-HTTP2.md, Custom-Metadata).
fn values(metadata: &MetadataMap) -> Result<(Vec<String>, Vec<Vec<u8>>), Box<dyn Error>> {
    let (mut texts, mut binaries) = (Vec::new(), Vec::new());
    for value in metadata.get_all("x-text") {
        texts.extend(value.to_str()?.split(',').map(|text| text.trim().to_string()));
    }
    for value in metadata.get_all_bin("x-bytes-bin") {
        binaries.push(value.to_bytes()?.to_vec());
    }
    Ok((texts, binaries))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, address, calls, cases @ ..] = arguments.as_slice() else {
        return Err("usage: client ADDRESS CALLS CASE...".into());
    };
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?.initial_connection_window_size(interop::WINDOW);
    let channel = endpoint.connect_lazy();
    let mut client = Client { stub: InteropClient::new(channel.clone()), channel, calls: calls.parse()? };
    let mut failed = false;
    for case in cases {
        let outcome = time::timeout(Duration::from_secs(30), client.run(case)).await;
        match outcome.unwrap_or_else(|late| Err(late.into())) {
            Ok(()) => println!("{case} ok"),
            Err(failure) => {
                println!("{case} FAILED: {failure}");
                failed = true;
            }
        }
    }
    process::exit(failed.into())
}
