//! The files in `deploy/` can be read, fit together, and fit the program, and so does the guide for who runs it. No
//! container engine is needed for that.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{files, root};

const COMPOSE: &str = "compose.yaml";
const CONTAINERFILE: &str = "Containerfile";
const IGNORED: &str = "Containerfile.dockerignore";
const README: &str = "README.md";

/// Names the file of settings; not itself one.
const CONFIG_VARIABLE: &str = "USHER_CONFIG";
/// Settings that no node takes.
const NOT_OF_NODES: &[&str] = &["format", "token", "url"];
const INSTRUCTIONS: &[&str] =
    &["CMD", "COPY", "ENTRYPOINT", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "STOPSIGNAL", "USER", "WORKDIR"];

/// What does not fit, in words.
type Problems = Vec<String>;

/// The files in `deploy/` by name.
struct Deployment(BTreeMap<String, String>);

impl Deployment {
    fn read() -> Self {
        let paths = files(&root().join("deploy"), &[""]).into_iter();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        Self(paths.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect())
    }

    /// The same with another text in the place of the first `from` in a file.
    fn with(&self, file: &str, from: &str, to: &str) -> Self {
        let mut texts = self.0.clone();
        let text = texts.get_mut(file).unwrap();
        assert!(text.contains(from), "{file} no longer has {from:?}");
        *text = text.replacen(from, to, 1);
        Self(texts)
    }

    fn problems(&self) -> Problems {
        let compose: Value = match serde_saphyr::from_str(&self.0[COMPOSE]) {
            Ok(compose) => compose,
            Err(error) => return vec![format!("{COMPOSE} cannot be read: {error}")],
        };
        let image = Image { instructions: instructions(&self.0[CONTAINERFILE]) };
        let compose = Compose(compose);
        [
            self.settings(),
            self.documentation(&compose),
            self.secrecy(&compose),
            compose.references(),
            compose.health(),
            compose.addresses(),
            compose.nodes_that_differ(),
            compose.unpinned(),
            image.sources(&self.0[IGNORED]),
            image.runtime(&compose),
            image.unpinned(),
        ]
        .concat()
    }

    /// Every variable of ours is a setting that the program knows.
    fn settings(&self) -> Problems {
        let known = known_variables();
        let named = self.0.iter().flat_map(|(file, text)| variables(text).map(move |name| (file, name)));
        let unknown = named.filter(|(_, name)| !known.contains(name) && name != CONFIG_VARIABLE);
        unknown.map(|(file, name)| format!("{file} has {name}, which is no setting")).collect()
    }

    /// Everything that can be set is explained.
    fn documentation(&self, compose: &Compose) -> Problems {
        let of_nodes = compose.nodes().flat_map(|(_, node)| keys(&node["environment"]));
        let of_compose = self.0[COMPOSE].split("${").skip(1).map(|rest| word(rest).to_owned());
        let all: BTreeSet<String> = known_variables().into_iter().chain(of_nodes).chain(of_compose).collect();
        let is_explained = |name: &&String| self.0[README].contains(&format!("`{name}`"));
        let is_for_others = |name: &&String| NOT_OF_NODES.iter().any(|other| **name == variable_of(other));
        let unexplained = all.iter().filter(|name| !is_explained(name) && !is_for_others(name));
        unexplained.map(|name| format!("{README} does not explain {name}")).collect()
    }

    /// No secret is written down, and nobody is let in without a token.
    fn secrecy(&self, compose: &Compose) -> Problems {
        let mut problems = Problems::new();
        for (service, variable, value) in compose.environments() {
            if variable.contains("PASSWORD") && !value.starts_with("${") {
                problems.push(format!("{service} has the password of {variable} written down"));
            }
            let login = value.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(login, _)| login);
            if login.is_some_and(|login| login.contains(':')) {
                problems.push(format!("{service} has a password in {variable}"));
            }
        }
        for (name, node) in compose.nodes() {
            let auth = text(&node["environment"]["USHER_AUTH"]);
            let secret = auth.strip_prefix("tokens:/run/secrets/").unwrap_or_default();
            if !strings(&node["secrets"]).any(|given| given == secret) {
                problems.push(format!("{name} takes callers by {auth:?}, which is no secret that it is given"));
            }
        }
        problems
    }
}

/// `compose.yaml`.
struct Compose(Value);

impl Compose {
    fn services(&self) -> impl Iterator<Item = (&str, &Value)> {
        entries(&self.0["services"])
    }

    /// The services that are nodes of usher.
    fn nodes(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.services().filter(|(_, service)| !service["environment"]["USHER_NODE_LISTEN"].is_null())
    }

    /// Service, variable and value.
    fn environments(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.services().flat_map(|(service, content)| {
            entries(&content["environment"]).map(move |(variable, value)| (service, variable, text(value)))
        })
    }

    /// What a service names is there.
    fn references(&self) -> Problems {
        let mut problems = Problems::new();
        for (name, service) in self.services() {
            let volumes = strings(&service["volumes"]).map(before_colon);
            let wanted = [
                ("services", keys(&service["depends_on"])),
                ("volumes", volumes.map(ToOwned::to_owned).collect()),
                ("secrets", strings(&service["secrets"]).map(ToOwned::to_owned).collect()),
            ];
            for (kind, wanted) in wanted {
                let missing = wanted.difference(&keys(&self.0[kind])).cloned().collect::<Vec<_>>();
                problems.extend(missing.iter().map(|wanted| format!("{name} wants {wanted} of the {kind}")));
            }
        }
        problems
    }

    /// What is waited for can come: a health check that is watched, or an end.
    fn health(&self) -> Problems {
        let mut problems = Problems::new();
        for (name, service) in self.services() {
            for (other, wanted) in entries(&service["depends_on"]) {
                let (condition, other_service) = (text(&wanted["condition"]), &self.0["services"][other]);
                let comes = match condition {
                    "service_healthy" => other_service["healthcheck"]["test"].is_array(),
                    "service_completed_successfully" => other_service["restart"] == "no",
                    _ => false,
                };
                if !comes {
                    problems.push(format!("{name} waits for {other} to be {condition:?}, which never comes"));
                }
            }
        }
        problems
    }

    /// Ports and addresses are those where somebody listens.
    fn addresses(&self) -> Problems {
        let mut problems = Problems::new();
        let mut published = BTreeSet::new();
        for (name, node) in self.nodes() {
            let set = |variable: &str| text(&node["environment"][variable]);
            let node_address = format!("{name}:{}", port(set("USHER_NODE_LISTEN")));
            if set("USHER_NODE_ADDRESS") != node_address {
                problems.push(format!("{name} is not reached by other nodes: its address is not {node_address}"));
            }
            for mapping in strings(&node["ports"]) {
                let is_local = mapping.starts_with("127.0.0.1:");
                if !is_local || port(mapping) != port(set("USHER_LISTEN")) || !published.insert(mapping) {
                    problems.push(format!("{name} publishes {mapping}: another has it, all see it, or nobody listens"));
                }
            }
            let broker = set("USHER_KAFKA");
            let advertised = &self.0["services"][before_colon(broker)]["environment"]["KAFKA_ADVERTISED_LISTENERS"];
            if !text(advertised).contains(&format!("://{broker}")) {
                problems.push(format!("{name} looks for Kafka at {broker}, which no broker goes by"));
            }
        }
        for (name, variable, url) in self.environments().filter(|(_, name, _)| *name == "USHER_DATABASE_URL") {
            let host = url.split_once('@').map(|(_, rest)| before_colon(rest)).unwrap_or_default();
            let database = &self.0["services"][host]["environment"];
            let (user, database) = (text(&database["POSTGRES_USER"]), text(&database["POSTGRES_DB"]));
            if url != format!("postgres://{user}@{host}:5432/{database}") {
                problems.push(format!("{name} has a {variable} of no database: {url}"));
            }
        }
        problems
    }

    /// Nodes are alike but for what names them, and there are three.
    fn nodes_that_differ(&self) -> Problems {
        let nameless = self.nodes().map(|(_, node)| {
            let mut node = node.clone();
            node["ports"].take();
            node["environment"]["USHER_NODE_ADDRESS"].take();
            node
        });
        let nameless: Vec<Value> = nameless.collect();
        let is_one_other = nameless.windows(2).any(|pair| pair[0] != pair[1]);
        if is_one_other || nameless.len() != 3 {
            return vec![format!("the {} nodes differ, or are not three", nameless.len())];
        }
        Problems::new()
    }

    /// What is not built here is of one version.
    fn unpinned(&self) -> Problems {
        let fetched = self.services().filter(|(_, service)| service["build"].is_null());
        fetched.filter_map(|(_, service)| unpinned(text(&service["image"]))).collect()
    }
}

/// `Containerfile`.
struct Image {
    /// Each with what stands behind it.
    instructions: Vec<(String, String)>,
}

impl Image {
    fn of<'a>(&'a self, wanted: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.instructions.iter().filter(move |(name, _)| name == wanted).map(|(_, rest)| rest.as_str())
    }

    /// What is copied into it is there, and is not left out on the way to whoever builds.
    fn sources(&self, ignored: &str) -> Problems {
        let kept: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
        let copied = self.of("COPY").filter(|copied| !copied.starts_with("--from="));
        let sources: Vec<&str> = copied.flat_map(|copied| copied.rsplit(' ').skip(1)).collect();
        let missing = sources.iter().filter(|source| !root().join(source).exists() || !kept.contains(source));
        let missing = missing.map(|source| format!("{source} is copied into the image, but not there or ignored"));
        let needless = kept.iter().filter(|kept| !sources.contains(kept));
        missing.chain(needless.map(|kept| format!("{kept} is not copied into the image"))).collect()
    }

    /// It runs the program as nobody special, and is watched.
    fn runtime(&self, compose: &Compose) -> Problems {
        let last = |wanted| self.of(wanted).next_back().unwrap_or_default();
        let exposed: BTreeSet<&str> = last("EXPOSE").split(' ').collect();
        let listened = |(_, node): (&str, &Value)| {
            let environment = &node["environment"];
            ["USHER_LISTEN", "USHER_NODE_LISTEN"].map(|name| port(text(&environment[name])).to_owned())
        };
        let listened: BTreeSet<String> = compose.nodes().flat_map(listened).collect();
        let probe = root().join("deploy/probe");
        let checks = [
            (
                self.instructions.iter().all(|(name, _)| INSTRUCTIONS.contains(&name.as_str())),
                "it has something that is no instruction",
            ),
            (self.of("FROM").count() == 2, "what builds is not left behind"),
            (last("USER").parse::<u32>().is_ok_and(|user| user > 0), "the user is no number, or root"),
            (last("ENTRYPOINT") == "[\"usher\"]", "it does not run usher"),
            (last("STOPSIGNAL") == "SIGTERM", "it is not ended in order"),
            (last("HEALTHCHECK").ends_with("CMD [\"probe\", \"/healthz\"]"), "nobody looks at its health"),
            (last("COPY") == "deploy/probe /usr/local/bin/probe", "the probe is missing"),
            (fs::metadata(&probe).unwrap().permissions().mode() & 0o111 == 0o111, "the probe cannot be run"),
            (listened.iter().map(String::as_str).collect::<BTreeSet<_>>() == exposed, "other ports are exposed"),
        ];
        checks.iter().filter(|(fits, _)| !fits).map(|(_, problem)| format!("{CONTAINERFILE}: {problem}")).collect()
    }

    /// What it is made from is of one version, and the compiler is not older than the code.
    fn unpinned(&self) -> Problems {
        let bases = || self.of("FROM").map(before_space);
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let oldest = manifest.split_once("rust-version = \"").unwrap().1.split_once('"').unwrap().0;
        let is_old = bases().next().is_none_or(|base| !base.contains(&format!("/rust:{oldest}.")));
        let old = is_old.then(|| format!("{CONTAINERFILE} does not build with the oldest Rust, {oldest}"));
        bases().filter_map(unpinned).chain(old).collect()
    }
}

fn unpinned(image: &str) -> Option<String> {
    let tag = image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
    let version = tag.split('-').next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_pinned = version.split('.').count() >= 2 && version.split('.').all(is_number);
    (!is_pinned).then(|| format!("{image} is not of one version"))
}

/// The variables that the program knows, from the list in its source.
fn known_variables() -> BTreeSet<String> {
    let source = fs::read_to_string(root().join("services/usher/src/config/settings.rs")).unwrap();
    let list = source.split_once("\nsettings! {\n").unwrap().1.split_once("\n}").unwrap().0;
    let lines = list.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let known: BTreeSet<String> = lines.map(|line| variable_of(line.split_once(':').unwrap().0)).collect();
    assert!(known.contains("USHER_LISTEN") && known.len() > 20, "the list is read wrongly: {known:?}");
    known
}

fn variable_of(setting: &str) -> String {
    format!("USHER_{}", setting.to_ascii_uppercase())
}

/// The variables of ours that a text names; what they all begin with is none itself.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let names = text.split("USHER_").skip(1).map(word).filter(|name| !name.is_empty());
    names.map(|name| format!("USHER_{name}"))
}

/// The letters, digits and underscores at the beginning.
fn word(text: &str) -> &str {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default()
}

fn before_colon(text: &str) -> &str {
    text.split(':').next().unwrap_or_default()
}

fn before_space(from: &str) -> &str {
    from.split(' ').next().unwrap_or_default()
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(text)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn keys(value: &Value) -> BTreeSet<String> {
    entries(value).map(|(key, _)| key.to_owned()).collect()
}

/// The instructions of a container file, lines that go on put together.
fn instructions(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[test]
fn the_files_fit_together_and_fit_the_program() {
    assert_eq!(Deployment::read().problems(), Problems::new());
}

#[test]
fn whatever_does_not_fit_is_noticed() {
    let deployment = Deployment::read();
    for (file, from, to, noticed) in [
        (COMPOSE, "services:", "services: [", "cannot be read"),
        (COMPOSE, "USHER_LOG_FORMAT: json", "USHER_LOG_FORMATT: json", "USHER_LOG_FORMATT, which is no setting"),
        (README, "`USHER_SHARDS`", "`USHER_SHARD`", "USHER_SHARD, which is no setting"),
        (README, "| `USHER_SHARDS`", "| shards", "does not explain USHER_SHARDS"),
        (README, "| `TOKENS_FILE`", "| a file", "does not explain TOKENS_FILE"),
        (COMPOSE, "PGPASSWORD: ${POSTGRES_PASSWORD:?set", "PGPASSWORD: secret # {", "written down"),
        (COMPOSE, "postgres://usher@", "postgres://usher:secret@", "has a password in USHER_DATABASE_URL"),
        (COMPOSE, "USHER_AUTH: tokens:/run/secrets/tokens", "USHER_AUTH: none", "takes callers by \"none\""),
        (COMPOSE, "    - tokens", "    - keys", "wants keys of the secrets"),
        (COMPOSE, "    kafka:\n      condition", "    kaffka:\n      condition", "wants kaffka of the services"),
        (COMPOSE, "volumes:\n  postgres:\n  kafka:", "volumes:\n  postgres:", "wants kafka of the volumes"),
        (COMPOSE, "restart: \"no\"", "restart: always", "waits for migrate"),
        (COMPOSE, "condition: service_healthy", "condition: service_well", "waits for postgres"),
        (COMPOSE, "USHER_NODE_ADDRESS: usher-2:7070", "USHER_NODE_ADDRESS: usher-2:7071", "usher-2 is not reached"),
        (COMPOSE, "USHER_NODE_ADDRESS: usher-2:7070", "USHER_NODE_ADDRESS: usher-3:7070", "usher-2 is not reached"),
        (COMPOSE, "127.0.0.1:8082:8080", "127.0.0.1:8081:8080", "publishes 127.0.0.1:8081:8080"),
        (COMPOSE, "127.0.0.1:8082:8080", "127.0.0.1:8082:8088", "publishes 127.0.0.1:8082:8088"),
        (COMPOSE, "127.0.0.1:8082:8080", "8082:8080", "publishes 8082:8080"),
        (COMPOSE, "USHER_KAFKA: kafka:9092", "USHER_KAFKA: kafka:9093", "looks for Kafka at kafka:9093"),
        (COMPOSE, "@postgres:5432/usher", "@postgres:5432/other", "of no database"),
        (COMPOSE, "USHER_NODE_ADDRESS: usher-2:7070", "USHER_LOG: debug", "differ"),
        (COMPOSE, "kafka:4.1.1", "kafka:latest", "kafka:latest is not of one version"),
        (COMPOSE, "postgres:17.6-bookworm", "postgres:17-bookworm", "postgres:17-bookworm is not of one version"),
        (CONTAINERFILE, "debian:12.12-slim", "debian", "debian is not of one version"),
        (CONTAINERFILE, "rust:1.90.0", "rust:1.89.0", "oldest Rust"),
        (CONTAINERFILE, "COPY proto proto", "COPY protos protos", "protos is copied into the image, but not there"),
        (IGNORED, "!schemas\n", "", "schemas is copied into the image, but not there or ignored"),
        (IGNORED, "!schemas\n", "!schemas\n!docs\n", "docs is not copied"),
        (CONTAINERFILE, "WORKDIR", "WORKDIRS", "no instruction"),
        (CONTAINERFILE, "FROM docker.io/library/debian:12.12-slim", "", "left behind"),
        (CONTAINERFILE, "USER 10001", "USER 0", "or root"),
        (CONTAINERFILE, "USER 10001", "", "or root"),
        (CONTAINERFILE, "ENTRYPOINT [\"usher\"]", "ENTRYPOINT [\"sh\"]", "does not run usher"),
        (CONTAINERFILE, "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "not ended in order"),
        (CONTAINERFILE, "\"/healthz\"", "\"/health\"", "its health"),
        (CONTAINERFILE, "COPY deploy/probe /usr/local/bin/probe", "", "the probe is missing"),
        (CONTAINERFILE, "EXPOSE 8080 7070", "EXPOSE 8080", "other ports"),
    ] {
        let problems = deployment.with(file, from, to).problems();
        assert!(problems.iter().any(|problem| problem.contains(noticed)), "{from:?} as {to:?}: {problems:?}");
    }
}

/// The names of what is counted and measured.
fn metrics(source: &str) -> impl Iterator<Item = &str> {
    let calls = ["counter!(", "gauge!(", "histogram!("].into_iter().flat_map(|call| source.split(call).skip(1));
    calls.filter_map(|rest| rest.trim_start().strip_prefix('"')).map(word)
}

#[test]
fn the_guide_explains_every_metric_and_no_other() {
    let is_program = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "src");
    let sources = files(&root().join("services"), &[".rs"]).into_iter().filter(is_program);
    let sources: Vec<String> = sources.map(|path| fs::read_to_string(path).unwrap()).collect();
    let counted: BTreeSet<&str> = sources.iter().flat_map(|source| metrics(source)).collect();
    let guide = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let watch = guide.split_once("\n## Watch\n").unwrap().1.split_once("\n| metric |").unwrap().1;
    let watch = watch.split_once("\n\n").unwrap().0;
    let is_metric = |name: &&str| name.starts_with("usher_") || name.starts_with("process_");
    let explained: BTreeSet<&str> = watch.split('`').skip(1).step_by(2).filter(is_metric).map(word).collect();
    assert_eq!(explained, counted);
}

/// Answers one request with this status line, and gives where it listens.
fn server_that_answers(status_line: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut caller, _) = listener.accept().unwrap();
        let lines = BufReader::new(&caller).lines().map(Result::unwrap);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let answer = if head[0] == "GET /readyz HTTP/1.1" { status_line } else { "HTTP/1.1 404 Not Found" };
        write!(caller, "{answer}\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    address
}

#[test]
fn the_probe_tells_whether_the_answer_is_200() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (address, is_well) in [
        (server_that_answers("HTTP/1.1 200 OK"), true),
        (server_that_answers("HTTP/1.1 503 Service Unavailable"), false),
        (nobody, false),
    ] {
        let port = port(&address);
        let mut probe = Command::new(root().join("deploy/probe"));
        probe.arg("/readyz").env("USHER_LISTEN", format!("0.0.0.0:{port}")).stderr(Stdio::null());
        assert_eq!(probe.status().unwrap().success(), is_well, "{address}");
    }
}
