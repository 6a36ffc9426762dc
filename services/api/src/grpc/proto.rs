//! The generated protobuf types of `usher.access.v1`, its service, and a client for it.

#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::expect_used)]

tonic::include_proto!("usher.access.v1");
