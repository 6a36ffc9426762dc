//! Temporary folders, and whom they belong to.

use std::{
    fs,
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::Unavailable;

/// Whom a server runs as: servers for data refuse to run as root.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    user: u32,
    group: u32,
}

/// A temporary folder for one server.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Set where we are root, and the server must not be.
    owner: Option<Owner>,
}

impl Folder {
    /// Makes a folder for a server; one that must not be root gets one of `users`, the first that there is, if we are root.
    ///
    /// It is removed with the second value: whoever keeps the folder has to take care of that.
    pub fn new(server: &str, users: &[&str]) -> Result<(Self, TempDir), Unavailable> {
        let made = tempfile::Builder::new().prefix(&format!("usher-{server}-")).tempdir();
        let guard = made.map_err(Unavailable::system("make a temporary folder"))?;
        let path = guard.path().to_path_buf();
        let made_by = path.metadata().map_err(Unavailable::system(format!("look at {}", path.display())))?.uid();
        let owner = if made_by == 0 && !users.is_empty() { Some(Owner::of(users)?) } else { None };
        let folder = Self { path, owner };
        folder.hand_over(&folder.path)?;
        Ok((folder, guard))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only its server, and root, may read.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Unavailable> {
        let path = self.join(name);
        let failed = || Unavailable::system(format!("write {}", path.display()));
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(failed())?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed())?;
        self.hand_over(&path)?;
        Ok(path)
    }

    /// Gives what we have made to whom the server runs as.
    pub fn hand_over(&self, path: &Path) -> Result<(), Unavailable> {
        let Some(owner) = self.owner else { return Ok(()) };
        chown(path, Some(owner.user), Some(owner.group))
            .map_err(Unavailable::system(format!("give {} to the server's user", path.display())))
    }

    /// The command line that runs a program as the folder's owner.
    pub fn as_owner(&self, program: &Path, arguments: &[String]) -> Vec<String> {
        let program = program.to_string_lossy().into_owned();
        let own = std::iter::once(program).chain(arguments.iter().cloned());
        let Some(owner) = self.owner else { return own.collect() };
        let (user, group) = (owner.user.to_string(), owner.group.to_string());
        let switch = ["setpriv", "--reuid", &user, "--regid", &group, "--clear-groups", "--"];
        switch.into_iter().map(str::to_owned).chain(own).collect()
    }

    /// Runs a program as the folder's owner, in the folder, to its end; gives what it said.
    pub fn run(&self, program: &Path, arguments: &[String]) -> Result<String, Unavailable> {
        let line = self.as_owner(program, arguments);
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (first, rest) = line.split_first().ok_or(Unavailable::Missing { program: "program", mend: "name one" })?;
        let mut command = Command::new(first);
        command.args(rest).current_dir(&self.path).env("LC_ALL", "C");
        let output = command.output().map_err(Unavailable::system(format!("run {name}")))?;
        crate::error::checked(&name, &output)
    }
}

impl Owner {
    fn of(users: &[&str]) -> Result<Self, Unavailable> {
        let known = fs::read_to_string("/etc/passwd").map_err(Unavailable::system("read /etc/passwd"))?;
        let found = users.iter().find_map(|user| known.lines().find_map(|line| Self::from_line(line, user)));
        found.ok_or_else(|| Unavailable::Unusable {
            what: format!("no user of {}", users.join(", ")),
            mend: "install the Debian package of the server, or run this as somebody else than root",
        })
    }

    fn from_line(line: &str, wanted: &str) -> Option<Self> {
        let mut fields = line.split(':');
        if fields.next() != Some(wanted) {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { user, group })
    }
}
