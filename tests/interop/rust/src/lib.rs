//! The code generated from interop.proto.

tonic::include_proto!("interop");
