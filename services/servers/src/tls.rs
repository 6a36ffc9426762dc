//! Certificates for servers on 127.0.0.1.

use std::path::PathBuf;

use crate::{Unavailable, folder::Folder, programs};

/// How long certificates hold, in days: a test may move its own clock, but not the server's.
const VALID_DAYS: &str = "30";

/// An issuer of certificates, and one certificate from it. All are PEM files.
#[derive(Debug)]
pub struct Certificates {
    /// The issuer's own.
    pub ca: PathBuf,
    /// The server's, for 127.0.0.1 and `localhost`.
    pub server: Pair,
    /// A client's, for the user `usher`.
    pub client: Pair,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, as PKCS #8.
    pub key: PathBuf,
}

impl Certificates {
    /// Makes new ones, which nobody else trusts.
    pub fn make(folder: &Folder) -> Result<Self, Unavailable> {
        let issuer = Pair::named(folder, "ca");
        issue(folder, &issuer, None, "/CN=usher tests", "basicConstraints=critical,CA:TRUE")?;
        let server = Pair::named(folder, "server");
        issue(folder, &server, Some(&issuer), "/CN=localhost", "subjectAltName=IP:127.0.0.1,DNS:localhost")?;
        let client = Pair::named(folder, "client");
        issue(folder, &client, Some(&issuer), "/CN=usher", "extendedKeyUsage=clientAuth")?;
        Ok(Self { ca: issuer.certificate, server, client })
    }
}

impl Pair {
    fn named(folder: &Folder, name: &str) -> Self {
        Self { certificate: folder.join(&format!("{name}.pem")), key: folder.join(&format!("{name}.key")) }
    }
}

/// Makes a certificate for `subject`; without an issuer, it is its own.
fn issue(
    folder: &Folder,
    pair: &Pair,
    issuer: Option<&Pair>,
    subject: &str,
    extension: &str,
) -> Result<(), Unavailable> {
    let mend = "install the package openssl, version 3 or later";
    let openssl = programs::find("openssl").ok_or(Unavailable::Missing { program: "openssl", mend })?;
    let path = |path: &PathBuf| path.to_string_lossy().into_owned();
    let (key, certificate) = (path(&pair.key), path(&pair.certificate));
    let mut arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"].to_vec();
    arguments.extend(["-days", VALID_DAYS, "-subj", subject, "-addext", extension]);
    arguments.extend(["-keyout", &key, "-out", &certificate]);
    let issued_by = issuer.map(|issuer| (path(&issuer.certificate), path(&issuer.key)));
    if let Some((certificate, key)) = &issued_by {
        arguments.extend(["-addext", "basicConstraints=critical,CA:FALSE", "-CA", certificate, "-CAkey", key]);
    }
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    folder.run(&openssl, &arguments)?;
    Ok(())
}
