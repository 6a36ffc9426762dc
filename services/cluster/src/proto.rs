//! The generated protobuf types and the gRPC service.

#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::expect_used)]

tonic::include_proto!("usher.cluster.v1");
