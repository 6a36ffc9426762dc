//! Generates the protobuf types and the gRPC service from `proto/`, without a `protoc` on the machine.

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let file = root.join("usher/access/v1/access.proto");
    println!("cargo::rerun-if-changed={}", file.display());
    let descriptors = protox::compile([file], [root])?;
    tonic_prost_build::configure()
        .extern_path(".google.protobuf.Timestamp", "::contract::timestamp::Timestamp")
        .codec_path("crate::grpc::codec::SmallMessages")
        .compile_fds(descriptors)?;
    Ok(())
}
