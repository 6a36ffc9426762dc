//! A file of tokens: the token of each role is its name.

use std::path::{Path, PathBuf};

use api::Auth;
use openssl::sha::sha256;
use tempfile::TempDir;

/// A folder with a file of tokens.
pub struct Tokens {
    folder: TempDir,
}

/// One entry of the file; `token` itself never stands in it.
pub fn entry(token: &str, actor: &str, roles: &[&str]) -> String {
    let digest: String = sha256(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[[token]]\nsha256 = \"{digest}\"\nactor = \"{actor}\"\nroles = {roles:?}\n")
}

impl Tokens {
    pub fn new(entries: &[String]) -> Self {
        let tokens = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(tokens.file(), entries.concat()).unwrap();
        tokens
    }

    /// For each role a token of that name, whose actor is `actor of ROLE`.
    pub fn of_roles(roles: &[&str]) -> Self {
        let entry_of = |role: &&str| entry(role, &format!("actor of {role}"), &[role]);
        Self::new(&roles.iter().map(entry_of).collect::<Vec<_>>())
    }

    pub fn file(&self) -> PathBuf {
        Path::join(self.folder.path(), "tokens.toml")
    }

    pub fn auth(&self) -> Auth {
        Auth::tokens(&self.file()).unwrap()
    }
}
