//! Apache Kafka.

mod jars;
mod java;
mod security;

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub use jars::jars;
use security::Doors;

use crate::{
    Unavailable,
    folder::Folder,
    ports,
    supervisor::{Program, Supervisor},
    tls::Pair,
};

/// The user of a broker with logins.
const USER: &str = "usher";
/// Everybody's password.
const PASSWORD: &str = "secret";
/// The cluster's id: 16 bytes in base 64, here "usher-throw-away".
const CLUSTER_ID: &str = "dXNoZXItdGhyb3ctYXdheQ";
/// The variable by which whoever runs the tests says that there is no Kafka, and why. Its name does not begin with
/// `USHER_`: those are the program's settings.
const SWITCHED_OFF: &str = "WITHOUT_KAFKA";
const LOG_SETTINGS: &str = include_str!("../../kafka/log4j2.properties");

/// An Apache Kafka broker, which is its own controller (KRaft).
#[derive(Debug)]
pub struct Kafka {
    supervisor: Supervisor,
    port: u16,
    doors: Option<Doors>,
}

/// How a broker is to be.
#[derive(Debug, Clone, Default)]
pub struct KafkaOptions {
    /// It can be entered with TLS and with logins as well: see [`Kafka::address`]. `usher` may do everything, `guest` may
    /// log in and do nothing; the password of both is `secret`.
    pub secured: bool,
    /// Further settings, as in `server.properties`.
    pub settings: Vec<(String, String)>,
}

/// A way into a secured broker; the names are Kafka's own (`security.protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// In the clear, without a login.
    Plaintext,
    /// TLS, without a login; a client certificate is taken.
    Ssl,
    /// TLS, and a login by PLAIN or SCRAM.
    SaslSsl,
    /// A login in the clear, by PLAIN or SCRAM.
    SaslPlaintext,
}

impl Kafka {
    /// The one broker that all tests of this process share; started by whoever comes first.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had: the same for all.
    pub fn shared() -> Result<&'static Self, Unavailable> {
        static SHARED: OnceLock<Result<Kafka, Unavailable>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    /// Starts a broker of one's own, to be killed or paused.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start() -> Result<Self, Unavailable> {
        Self::start_with(&KafkaOptions::default())
    }

    /// Starts a broker that is not as the others.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start_with(options: &KafkaOptions) -> Result<Self, Unavailable> {
        if let Ok(reason) = env::var(SWITCHED_OFF) {
            return Err(Unavailable::SwitchedOff { server: "Apache Kafka", reason });
        }
        let java = java::find()?;
        let jars = jars()?;
        let (folder, guard) = Folder::new("kafka", &[])?;
        let settings_file = folder.join("server.properties");
        let mut arguments = java::arguments(&jars, folder.path(), "kafka.Kafka");
        arguments.push(settings_file.to_string_lossy().into_owned());
        let program = Program {
            name: "kafka",
            command: folder.as_owner(&java, &arguments),
            ready: "Kafka Server started",
            stop: "TERM",
        };
        let supervisor = Supervisor::new(program, &folder, guard)?;
        let doors = if options.secured { Some(Doors::make(&folder)?) } else { None };
        let port = ports::free()?;
        folder.write("log4j2.properties", LOG_SETTINGS)?;
        folder.write("server.properties", &settings(&folder, port, ports::free()?, doors.as_ref(), options))?;
        format(&folder, &java, &jars, doors.is_some())?;
        supervisor.restart()?;
        Ok(Self { supervisor, port, doors })
    }

    /// Where it is, in the clear and without a login: `127.0.0.1:PORT`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where it is by one way in; `None` if that isn't open, which only [`KafkaOptions::secured`] does.
    pub fn address(&self, listener: Listener) -> Option<String> {
        let doors = self.doors.as_ref();
        let port = match listener {
            Listener::Plaintext => Some(self.port),
            Listener::Ssl => doors.map(|doors| doors.ssl),
            Listener::SaslSsl => doors.map(|doors| doors.sasl_ssl),
            Listener::SaslPlaintext => doors.map(|doors| doors.sasl_plaintext),
        };
        port.map(|port| format!("127.0.0.1:{port}"))
    }

    /// The certificate of whoever issued the broker's, as a PEM file.
    pub fn ca(&self) -> Option<&Path> {
        self.doors.as_ref().map(|doors| doors.certificates.ca.as_path())
    }

    /// Certificate and key of the user `usher`, as PEM files.
    pub fn client_certificate(&self) -> Option<(&Path, &Path)> {
        let Pair { certificate, key } = &self.doors.as_ref()?.certificates.client;
        Some((certificate, key))
    }

    /// Kills the broker, as `kill -9` does.
    ///
    /// # Errors
    /// [`Unavailable`] if the shell that keeps it is gone.
    pub fn kill(&self) -> Result<(), Unavailable> {
        self.supervisor.kill()
    }

    /// Stops the broker in order.
    ///
    /// # Errors
    /// [`Unavailable`] if the shell that keeps it is gone.
    pub fn stop(&self) -> Result<(), Unavailable> {
        self.supervisor.stop()
    }

    /// Starts the broker again, on the same port with the same data; stops it before, if it runs.
    ///
    /// # Errors
    /// [`Unavailable`] if it doesn't come up.
    pub fn restart(&self) -> Result<(), Unavailable> {
        self.supervisor.restart()
    }

    /// Lets the broker stand still (`SIGSTOP`): nobody gets an answer.
    ///
    /// # Errors
    /// [`Unavailable`] if it is down.
    pub fn pause(&self) -> Result<(), Unavailable> {
        self.supervisor.signal("STOP")
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`Unavailable`] if it is down.
    pub fn resume(&self) -> Result<(), Unavailable> {
        self.supervisor.signal("CONT")
    }

    /// The broker's process, while it should run.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// Kafka's version.
    pub fn version() -> &'static str {
        jars::version()
    }
}

/// What a broker has to find in its data before its first start.
fn format(folder: &Folder, java: &Path, jars: &Path, is_secured: bool) -> Result<(), Unavailable> {
    let mut arguments = java::arguments(jars, folder.path(), "kafka.tools.StorageTool");
    let settings_file = folder.join("server.properties").to_string_lossy().into_owned();
    arguments.extend(["format", "--cluster-id", CLUSTER_ID, "--config", &settings_file].map(str::to_owned));
    if is_secured {
        arguments.extend(Doors::format_arguments());
    }
    folder.run(java, &arguments)?;
    Ok(())
}

fn settings(folder: &Folder, port: u16, controller_port: u16, doors: Option<&Doors>, options: &KafkaOptions) -> String {
    let data: PathBuf = folder.join("data");
    let others = doors.map(Doors::listeners).unwrap_or_default();
    let mut settings = format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{others}\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,\
         SASL_PLAINTEXT:SASL_PLAINTEXT\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         default.replication.factor=1\n\
         min.insync.replicas=1\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=4\n\
         group.initial.rebalance.delay.ms=0\n",
        data.display()
    );
    if let Some(doors) = doors {
        settings.push_str(&doors.settings(folder));
    }
    for (name, value) in &options.settings {
        settings.push_str(&format!("{name}={value}\n"));
    }
    settings
}
