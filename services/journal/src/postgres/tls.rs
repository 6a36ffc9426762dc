//! TLS to the server.

use std::{error::Error, fs, path::Path};

use openssl::{
    ssl::{SslConnector, SslConnectorBuilder, SslFiletype, SslMethod, SslVerifyMode},
    x509::{
        X509,
        store::{X509Store, X509StoreBuilder},
    },
};
use postgres_openssl::MakeTlsConnector;

use super::url::{Tls, Verification};
use crate::JournalError;

/// What makes TLS of a connection, as it is asked for.
pub(super) fn connector(tls: &Tls) -> Result<MakeTlsConnector, JournalError> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(|error| unusable("", error))?;
    if tls.verification == Verification::None {
        builder.set_verify(SslVerifyMode::NONE);
    }
    load_files(&mut builder, tls)?;
    let mut connector = MakeTlsConnector::new(builder.build());
    let checks_host = tls.verification == Verification::IssuerAndHost;
    connector.set_callback(move |connection, _| {
        connection.set_verify_hostname(checks_host);
        Ok(())
    });
    Ok(connector)
}

fn load_files(builder: &mut SslConnectorBuilder, tls: &Tls) -> Result<(), JournalError> {
    if let Some(file) = &tls.root_certificate {
        builder.set_cert_store(read_store(file).map_err(|error| unusable(file, error))?);
    }
    if let Some(file) = &tls.certificate {
        builder.set_certificate_chain_file(file).map_err(|error| unusable(file, error))?;
    }
    if let Some(file) = &tls.key {
        builder.set_private_key_file(file, SslFiletype::PEM).map_err(|error| unusable(file, error))?;
        builder.check_private_key().map_err(|error| unusable(file, error))?;
    }
    Ok(())
}

/// Only what is in the file is trusted, not what the system trusts besides.
fn read_store(file: &Path) -> Result<X509Store, Box<dyn Error + Send + Sync>> {
    let certificates = X509::stack_from_pem(&fs::read(file)?)?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".into());
    }
    let mut store = X509StoreBuilder::new()?;
    for certificate in certificates {
        store.add_cert(certificate)?;
    }
    Ok(store.build())
}

fn unusable(file: impl AsRef<Path>, error: impl Into<Box<dyn Error + Send + Sync>>) -> JournalError {
    JournalError::Certificate { file: file.as_ref().to_owned(), source: error.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_missing_is_named() {
        let tls = Tls { root_certificate: Some("/nowhere/ca.pem".into()), ..Tls::default() };
        let Err(error) = connector(&tls) else { panic!("it was taken") };
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    }
}
