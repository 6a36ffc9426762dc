//! The mail server, and the way to it.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use tokio::runtime::{Builder, Runtime};
use url::{Host, Url};

use crate::{NotifyError, Secret};

/// How long the server may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Whom mail comes from where the server is on this machine and nothing is said.
const LOCAL_FROM: &str = "Usher <usher@localhost>";

/// A mail server, who we are to it, and whom mail comes from:
/// `smtp://USER:PASSWORD@HOST:PORT?tls=starttls|required|none&from=ADDRESS`.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    host: String,
    port: u16,
    tls: TlsMode,
    login: Option<(String, Secret)>,
    from: Mailbox,
}

/// How the connection is kept from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TlsMode {
    /// By STARTTLS, without which nothing is sent.
    StartTls,
    /// From its beginning.
    Required,
    /// Not at all.
    None,
}

/// A text that names no mail server. Says nothing of what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSmtpUrl {
    /// It is no URL of that kind.
    #[error("use smtp://USER:PASSWORD@HOST:PORT?tls=starttls&from=ADDRESS, with %40 for an @ in user or password")]
    Form,
    /// A parameter that there is not, or with another value.
    #[error("use no other parameters than tls=starttls, tls=required or tls=none, and from=ADDRESS")]
    Parameter,
    /// The sender is no address.
    #[error("from is no address: use from=usher@example.com, or from=Usher%20%3Cusher@example.com%3E")]
    From,
    /// Nobody is named as the sender.
    #[error("from is missing: add from=usher@example.com, an address that the server takes mail from")]
    NoFrom,
    /// The password could be read by anybody on the way.
    #[error("tls=none shows user and password to everybody on the way: use tls=starttls or tls=required")]
    OpenPassword,
}

impl SmtpUrl {
    /// Host and port, without user and password.
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whom mail comes from.
    pub(super) const fn from(&self) -> &Mailbox {
        &self.from
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpUrl").field("server", &self.server()).field("tls", &self.tls).finish_non_exhaustive()
    }
}

impl FromStr for SmtpUrl {
    type Err = InvalidSmtpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidSmtpUrl> {
        let url = Url::parse(text).map_err(|_| InvalidSmtpUrl::Form)?;
        let is_bare = ["", "/"].contains(&url.path()) && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && is_bare).ok_or(InvalidSmtpUrl::Form)?;
        let is_local = is_local(&url);
        let (mut tls, mut from) = (None, None);
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "starttls") => tls = Some(TlsMode::StartTls),
                ("tls", "required") => tls = Some(TlsMode::Required),
                ("tls", "none") => tls = Some(TlsMode::None),
                ("from", address) => from = Some(address.parse::<Mailbox>().map_err(|_| InvalidSmtpUrl::From)?),
                _ => return Err(InvalidSmtpUrl::Parameter),
            }
        }
        let tls = match (url.scheme(), tls) {
            ("smtp", Some(tls)) => tls,
            ("smtp", None) if is_local => TlsMode::None,
            ("smtp", None) => TlsMode::StartTls,
            ("smtps", None | Some(TlsMode::Required)) => TlsMode::Required,
            _ => return Err(InvalidSmtpUrl::Form),
        };
        let login = login(&url)?;
        if login.is_some() && tls == TlsMode::None && !is_local {
            return Err(InvalidSmtpUrl::OpenPassword);
        }
        let from = match from {
            Some(from) => from,
            None if is_local => LOCAL_FROM.parse().map_err(|_| InvalidSmtpUrl::From)?,
            None => return Err(InvalidSmtpUrl::NoFrom),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(tls.port()), tls, login, from })
    }
}

impl TlsMode {
    /// The usual port.
    const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Required => 465,
            Self::None => 25,
        }
    }
}

/// Whether the server is on this machine. Schemes that are not the web's leave addresses as text.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn login(url: &Url) -> Result<Option<(String, Secret)>, InvalidSmtpUrl> {
    let decoded = |text: &str| {
        percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| InvalidSmtpUrl::Form)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(InvalidSmtpUrl::Form),
        (user, Some(password)) => Ok(Some((decoded(user)?, Secret::new(decoded(password)?)))),
    }
}

/// The way to the server: one connection, kept while mails follow each other.
pub(super) struct Transport {
    /// Always there until the end.
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    runtime: Runtime,
}

/// Why the server did not take a mail. Says nothing of what the server wrote: it repeats addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SendError {
    /// It said no, for good.
    #[error("the server refused it: {code}")]
    Refused {
        /// By this code.
        code: u16,
    },
    /// It said no, for now.
    #[error("the server put it off: {code}")]
    PutOff {
        /// By this code.
        code: u16,
    },
    /// It was not reached, or not understood, or it broke off.
    #[error("the server was not reached, or broke off")]
    Broken,
    /// It took too long.
    #[error("the server took too long")]
    TooSlow,
}

impl SendError {
    /// Whether it is about this mail alone, and will not change: about who gets it, or what is in it.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Refused { code: 550..=553 | 556 })
    }

    /// Whether other mails would meet the same.
    pub(super) const fn is_about_the_server(&self) -> bool {
        match self {
            Self::Broken | Self::TooSlow | Self::PutOff { code: 421 } => true,
            // The login, or what the server allows to us at all.
            Self::Refused { code } => matches!(code, 500..=549 | 554),
            Self::PutOff { .. } => false,
        }
    }

    /// The word for it in the metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::PutOff { .. } => "put_off",
            Self::Broken => "broken",
            Self::TooSlow => "too_slow",
        }
    }

    fn of(error: &lettre::transport::smtp::Error) -> Self {
        let code = error.status().map(u16::from);
        match code {
            Some(code) if error.is_permanent() => Self::Refused { code },
            Some(code) => Self::PutOff { code },
            None if error.is_timeout() => Self::TooSlow,
            None => Self::Broken,
        }
    }
}

impl Transport {
    pub(super) fn new(url: &SmtpUrl) -> Result<Self, NotifyError> {
        let parameters = || TlsParameters::new(url.host.clone()).map_err(|error| NotifyError::Tls(Box::new(error)));
        let tls = match url.tls {
            TlsMode::StartTls => Tls::Required(parameters()?),
            TlsMode::Required => Tls::Wrapper(parameters()?),
            TlsMode::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(url.host.clone())
            .port(url.port)
            .tls(tls)
            .timeout(Some(ANSWER_TIMEOUT))
            .pool_config(PoolConfig::new().max_size(1));
        if let Some((user, password)) = &url.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        let runtime = Builder::new_current_thread().enable_all().build().map_err(NotifyError::Thread)?;
        // What keeps the connection starts a task.
        let smtp = {
            let _entered = runtime.enter();
            builder.build()
        };
        Ok(Self { smtp: Some(smtp), runtime })
    }

    /// Sends a mail, and blocks until that is over. It is given up after `attempt_max`, when it is open whether the mail
    /// arrived; or when `overdue` is over before, which gives `None`.
    pub(super) fn send(
        &self,
        message: Message,
        attempt_max: Duration,
        overdue: impl Future<Output = ()>,
    ) -> Option<Result<(), SendError>> {
        let smtp = self.smtp.as_ref()?;
        self.runtime.block_on(async {
            let sent = tokio::select! {
                sent = tokio::time::timeout(attempt_max, smtp.send(message)) => Some(match sent {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(SendError::of(&error)),
                    Err(_) => Err(SendError::TooSlow),
                }),
                () = overdue => None,
            };
            // The connection is put back by a task, which has its turn only while something is waited for.
            tokio::task::yield_now().await;
            sent
        })
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        // So does what ends it.
        let _entered = self.runtime.enter();
        drop(self.smtp.take());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_server_login_and_sender() {
        let url: SmtpUrl =
            "smtp://me%40a:pa%3Ass@mail.example.com?from=Usher%20%3Cusher@example.com%3E".parse().unwrap();
        assert_eq!((url.server().as_str(), url.tls), ("mail.example.com:587", TlsMode::StartTls));
        assert_eq!(url.login, Some(("me@a".into(), Secret::new("pa:ss"))));
        assert_eq!(url.from.to_string(), "Usher <usher@example.com>");
        let shown = format!("{url:?}");
        assert!(!shown.contains("pa:ss") && !shown.contains("pa%3Ass") && !shown.contains("me"), "{shown}");
    }

    #[test]
    fn a_server_on_this_machine_needs_nothing_else() {
        for (text, server) in [
            ("smtp://localhost", "localhost:25"),
            ("smtp://127.0.0.1:2525", "127.0.0.1:2525"),
            ("smtp://[::1]:2525/", "::1:2525"),
            ("smtp://me:secret@127.0.0.1:2525?tls=none", "127.0.0.1:2525"),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!((url.server().as_str(), url.tls), (server, TlsMode::None), "{text}");
        }
    }

    #[test]
    fn the_port_follows_from_the_way() {
        for (text, port) in [
            ("smtp://a?from=u@a", 587),
            ("smtp://a?tls=required&from=u@a", 465),
            ("smtps://a?from=u@a", 465),
            ("smtp://a?tls=none&from=u@a", 25),
            ("smtp://a:26?tls=none&from=u@a", 26),
        ] {
            assert_eq!(text.parse::<SmtpUrl>().unwrap().port, port, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_without_the_password() {
        for (text, told) in [
            ("mail.example.com", InvalidSmtpUrl::Form),
            ("http://mail.example.com?from=u@a", InvalidSmtpUrl::Form),
            ("smtp://", InvalidSmtpUrl::Form),
            ("smtp://me@a?from=u@a", InvalidSmtpUrl::Form),
            ("smtp://a/b?from=u@a", InvalidSmtpUrl::Form),
            ("smtps://a?tls=none&from=u@a", InvalidSmtpUrl::Form),
            ("smtp://a?tls=maybe&from=u@a", InvalidSmtpUrl::Parameter),
            ("smtp://a?from=u@a&cc=b@a", InvalidSmtpUrl::Parameter),
            ("smtp://a?from=nobody", InvalidSmtpUrl::From),
            ("smtp://a", InvalidSmtpUrl::NoFrom),
            ("smtp://me:hunter2@a?tls=none&from=u@a", InvalidSmtpUrl::OpenPassword),
        ] {
            let error = text.parse::<SmtpUrl>().unwrap_err();
            assert_eq!(error, told, "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn only_what_is_said_of_the_mail_itself_is_final() {
        for (code, is_final, is_about_the_server) in [(550, true, false), (535, false, true), (554, false, true)] {
            let error = SendError::Refused { code };
            assert_eq!((error.is_final(), error.is_about_the_server()), (is_final, is_about_the_server), "{code}");
        }
        assert!(!SendError::PutOff { code: 450 }.is_about_the_server() && SendError::Broken.is_about_the_server());
    }
}
