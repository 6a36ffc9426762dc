//! How a broker is entered.

use std::fmt::Write;

use super::{PASSWORD, USER};
use crate::{Unavailable, folder::Folder, ports, tls::Certificates};

/// A user who may log in, and do nothing.
const GUEST: &str = "guest";
/// Kafka's ways to log in by challenge.
const SCRAM: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/// The ways in that have a lock.
#[derive(Debug)]
pub struct Doors {
    /// The port with TLS.
    pub ssl: u16,
    /// The port with TLS and a login.
    pub sasl_ssl: u16,
    /// The port with a login in the clear.
    pub sasl_plaintext: u16,
    /// The certificates of the ones with TLS.
    pub certificates: Certificates,
}

impl Doors {
    /// Makes certificates, and finds ports.
    pub fn make(folder: &Folder) -> Result<Self, Unavailable> {
        let certificates = Certificates::make(folder)?;
        let read =
            |path| std::fs::read_to_string(path).map_err(Unavailable::system("read a certificate that was just made"));
        let pair = read(&certificates.server.key)? + &read(&certificates.server.certificate)?;
        folder.write("server-pair.pem", &pair)?;
        Ok(Self { ssl: ports::free()?, sasl_ssl: ports::free()?, sasl_plaintext: ports::free()?, certificates })
    }

    /// The listeners, as the broker's setting has them.
    pub fn listeners(&self) -> String {
        let Self { ssl, sasl_ssl, sasl_plaintext, .. } = self;
        format!(",SSL://127.0.0.1:{ssl},SASL_SSL://127.0.0.1:{sasl_ssl},SASL_PLAINTEXT://127.0.0.1:{sasl_plaintext}")
    }

    /// The broker's further settings. Whoever comes without a login may do everything, as may the user `usher`, who logs
    /// in or shows the client certificate.
    pub fn settings(&self, folder: &Folder) -> String {
        let mut settings = format!(
            "ssl.keystore.type=PEM\n\
             ssl.keystore.location={}\n\
             ssl.truststore.type=PEM\n\
             ssl.truststore.location={}\n\
             ssl.client.auth=requested\n\
             ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/\n\
             sasl.enabled.mechanisms=PLAIN,{}\n\
             authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
             super.users=User:ANONYMOUS;User:{USER}\n",
            folder.join("server-pair.pem").display(),
            self.certificates.ca.display(),
            SCRAM.join(","),
        );
        let package = "org.apache.kafka.common.security";
        let plain = format!(
            "{package}.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\" user_{GUEST}=\"{PASSWORD}\";"
        );
        let scram = format!("{package}.scram.ScramLoginModule required;");
        for listener in ["sasl_ssl", "sasl_plaintext"] {
            for (mechanism, login) in [("plain", &plain), ("scram-sha-256", &scram), ("scram-sha-512", &scram)] {
                // Writing to a String cannot fail.
                let _ = writeln!(settings, "listener.name.{listener}.{mechanism}.sasl.jaas.config={login}");
            }
        }
        settings
    }

    /// What formatting has to be told, so that the users can log in by challenge from the beginning.
    pub fn format_arguments() -> Vec<String> {
        let mut arguments = Vec::new();
        for mechanism in SCRAM {
            for user in [USER, GUEST] {
                arguments.push("--add-scram".to_owned());
                arguments.push(format!("{mechanism}=[name={user},password={PASSWORD}]"));
            }
        }
        arguments
    }
}
