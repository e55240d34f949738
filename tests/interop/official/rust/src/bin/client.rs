//! The official interoperability client, by tonic. Usage: client --server_port=PORT --test_case=CASE

use std::time::{Duration, Instant};
use std::{collections::HashMap, env, error::Error};

use interop::test_service_client::TestServiceClient;
use interop::unimplemented_service_client::UnimplementedServiceClient;
use interop::{
    EchoStatus, Empty, INITIAL, ResponseParameters, SimpleRequest, StreamingInputCallRequest,
    StreamingOutputCallRequest, StreamingOutputCallResponse, TRAILING, payload,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};

type Outcome = Result<(), Box<dyn Error>>;
type Stub = TestServiceClient<Channel>;
type Flags = HashMap<String, String>;

const SIZES: [(usize, i32); 4] = [(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)];
const SPECIAL: &str = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, got: T) -> Outcome {
    if expected == got { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}").into()) }
}

fn expect_status<T>(outcome: Result<T, Status>, code: Code, message: Option<&str>) -> Outcome {
    let status = outcome.err().ok_or(format!("expected {code:?}, got OK"))?;
    expect("code", code, status.code())?;
    expect("message", message.unwrap_or(status.message()), status.message())
}

fn output_request(size: usize, response_sizes: &[i32]) -> StreamingOutputCallRequest {
    let parameters = |&size: &i32| ResponseParameters { size, ..Default::default() };
    let response_parameters = response_sizes.iter().map(parameters).collect();
    StreamingOutputCallRequest { payload: payload(size), response_parameters, ..Default::default() }
}

async fn expect_sizes(responses: &mut Streaming<StreamingOutputCallResponse>, sizes: &[i32]) -> Outcome {
    for &size in sizes {
        let response = responses.message().await?.ok_or("expected one more response")?;
        expect("size of the response", size as usize, response.payload.unwrap_or_default().body.len())?;
    }
    Ok(())
}

async fn expect_end(responses: &mut Streaming<StreamingOutputCallResponse>) -> Outcome {
    expect("after the last response", None, responses.message().await?)
}

async fn empty_unary(mut stub: Stub) -> Outcome {
    expect("the response", Empty {}, stub.empty_call(Empty {}).await?.into_inner())
}

fn large_request() -> SimpleRequest {
    SimpleRequest { response_size: 314159, payload: payload(271828), ..Default::default() }
}

async fn large_unary(mut stub: Stub) -> Outcome {
    let response = stub.unary_call(large_request()).await?.into_inner();
    expect("the payload is of zeros", true, response.payload == payload(314159))
}

async fn client_streaming(mut stub: Stub) -> Outcome {
    let requests = SIZES.map(|(size, _)| StreamingInputCallRequest { payload: payload(size), ..Default::default() });
    let response = stub.streaming_input_call(tokio_stream::iter(requests)).await?.into_inner();
    expect("aggregated_payload_size", 74922, response.aggregated_payload_size)
}

async fn server_streaming(mut stub: Stub) -> Outcome {
    let sizes = SIZES.map(|(_, size)| size);
    let mut responses = stub.streaming_output_call(output_request(0, &sizes)).await?.into_inner();
    expect_sizes(&mut responses, &sizes).await?;
    expect_end(&mut responses).await
}

async fn ping_pong(mut stub: Stub) -> Outcome {
    let (sender, receiver) = mpsc::channel(1);
    // The first request goes ahead: tonic returns once the server has sent its headers.
    sender.send(output_request(SIZES[0].0, &[SIZES[0].1])).await?;
    let mut responses = stub.full_duplex_call(ReceiverStream::new(receiver)).await?.into_inner();
    expect_sizes(&mut responses, &[SIZES[0].1]).await?;
    for (size, response_size) in &SIZES[1..] {
        sender.send(output_request(*size, &[*response_size])).await?;
        expect_sizes(&mut responses, &[*response_size]).await?;
    }
    drop(sender);
    expect_end(&mut responses).await
}

async fn empty_stream(mut stub: Stub) -> Outcome {
    let mut responses = stub.full_duplex_call(tokio_stream::empty()).await?.into_inner();
    expect_end(&mut responses).await
}

fn with_metadata<T>(message: T) -> Result<Request<T>, Box<dyn Error>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(INITIAL, "test_initial_metadata_value".parse()?);
    request.metadata_mut().insert_bin(TRAILING, MetadataValue::from_bytes(b"\xab\xab\xab"));
    Ok(request)
}

async fn custom_metadata(mut stub: Stub) -> Outcome {
    let initial = Some("test_initial_metadata_value".as_bytes());
    let trailing = Some(MetadataValue::from_bytes(b"\xab\xab\xab"));
    // tonic has headers and trailers of a unary call in one map.
    let unary = stub.unary_call(with_metadata(large_request())?).await?;
    expect("headers", initial, unary.metadata().get(INITIAL).map(|value| value.as_bytes()))?;
    expect("trailers", trailing.as_ref(), unary.metadata().get_bin(TRAILING))?;

    let requests = with_metadata(tokio_stream::once(output_request(271828, &[314159])))?;
    let (headers, mut responses, _) = stub.full_duplex_call(requests).await?.into_parts();
    expect("headers", initial, headers.get(INITIAL).map(|value| value.as_bytes()))?;
    expect_sizes(&mut responses, &[314159]).await?;
    expect_end(&mut responses).await?;
    let trailers = responses.trailers().await?.unwrap_or_default();
    expect("trailers", trailing.as_ref(), trailers.get_bin(TRAILING))
}

async fn unary_status(stub: &mut Stub, message: &str) -> Outcome {
    let response_status = Some(EchoStatus { code: 2, message: message.into() });
    let outcome = stub.unary_call(SimpleRequest { response_status, ..Default::default() }).await;
    expect_status(outcome, Code::Unknown, Some(message))
}

async fn status_code_and_message(mut stub: Stub) -> Outcome {
    let message = "test status message";
    unary_status(&mut stub, message).await?;
    let response_status = Some(EchoStatus { code: 2, message: message.into() });
    let request = StreamingOutputCallRequest { response_status, ..Default::default() };
    let outcome = match stub.full_duplex_call(tokio_stream::once(request)).await {
        Ok(responses) => responses.into_inner().message().await,
        Err(status) => Err(status),
    };
    expect_status(outcome, Code::Unknown, Some(message))
}

async fn special_status_message(mut stub: Stub) -> Outcome {
    unary_status(&mut stub, SPECIAL).await
}

async fn unimplemented_method(mut stub: Stub) -> Outcome {
    expect_status(stub.unimplemented_call(Empty {}).await, Code::Unimplemented, None)
}

async fn unimplemented_service(channel: Channel) -> Outcome {
    let outcome = UnimplementedServiceClient::new(channel).unimplemented_call(Empty {}).await;
    expect_status(outcome, Code::Unimplemented, None)
}

fn connect(flags: &Flags) -> Result<Channel, Box<dyn Error>> {
    Ok(Endpoint::new(format!("http://{}:{}", flags["server_host"], flags["server_port"]))?.connect_lazy())
}

async fn soak(flags: &Flags, new_channels: bool) -> Outcome {
    let most = Duration::from_millis(flags["soak_per_iteration_max_acceptable_latency_ms"].parse()?);
    let mut channel = connect(flags)?;
    for _ in 0..flags["soak_iterations"].parse()? {
        let begin = Instant::now();
        large_unary(Stub::new(channel.clone())).await?;
        expect("the call was quick enough", true, begin.elapsed() <= most)?;
        if new_channels {
            channel = connect(flags)?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome {
    let split = |flag: String| flag.trim_start_matches("--").split_once('=').map(|(a, b)| (a.into(), b.into()));
    let flags: Flags = env::args().skip(1).filter_map(split).collect();
    let channel = connect(&flags)?;
    let stub = Stub::new(channel.clone());
    match flags["test_case"].as_str() {
        "empty_unary" => empty_unary(stub).await,
        "large_unary" => large_unary(stub).await,
        "client_streaming" => client_streaming(stub).await,
        "server_streaming" => server_streaming(stub).await,
        "ping_pong" => ping_pong(stub).await,
        "empty_stream" => empty_stream(stub).await,
        "custom_metadata" => custom_metadata(stub).await,
        "status_code_and_message" => status_code_and_message(stub).await,
        "special_status_message" => special_status_message(stub).await,
        "unimplemented_method" => unimplemented_method(stub).await,
        "unimplemented_service" => unimplemented_service(channel).await,
        "rpc_soak" => soak(&flags, false).await,
        "channel_soak" => soak(&flags, true).await,
        unknown => Err(format!("there is no case {unknown}").into()),
    }
}
