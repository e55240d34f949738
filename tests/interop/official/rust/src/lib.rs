//! The code generated from test.proto, and what both ends share.

tonic::include_proto!("grpc.testing");

pub const INITIAL: &str = "x-grpc-test-echo-initial";
pub const TRAILING: &str = "x-grpc-test-echo-trailing-bin";

pub fn payload(size: usize) -> Option<Payload> {
    Some(Payload { body: vec![0; size], ..Default::default() })
}
