//! The code generated from interop.proto, and what both ends share.

tonic::include_proto!("interop");

/// A connection's. Its half is what the h2 crate allows unread small messages, at 256 bytes each: with less, many small
/// messages at once end the connection with ENHANCE_YOUR_CALM.
pub const WINDOW: u32 = 8 << 20;
