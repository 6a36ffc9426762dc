//! Running other programs.

use std::{
    env,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

/// Why a step did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The program could not be started.
    NotStarted(String, std::io::Error),
    /// The program ended with a failure.
    Failed(String, ExitStatus),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(step, error) => write!(f, "cannot start {step}: {error}"),
            Self::Failed(step, status) => write!(f, "{step} ended with {status}: see its output above"),
        }
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// Where release builds lie: beside the debug build, which this program is of.
///
/// # Errors
/// What the system says if it doesn't know where this program is.
pub fn release_folder() -> std::io::Result<PathBuf> {
    let own = env::current_exe()?;
    Ok(own.ancestors().nth(2).unwrap_or(&own).join("release"))
}

/// The cargo that runs this.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").to_owned()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a step with its output shown.
///
/// # Errors
/// [`Failure`] unless it ends with success.
pub fn run(mut command: Command) -> Result<(), Failure> {
    let step = shown(&command);
    eprintln!("==> {step}");
    let status = command.status().map_err(|error| Failure::NotStarted(step.clone(), error))?;
    if status.success() { Ok(()) } else { Err(Failure::Failed(step, status)) }
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(program.into()).chain(arguments).collect::<Vec<_>>().join(" ")
}
