//! The folder in which a new `views.db` is made, and the step by which it takes the place of the old one.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use journal::sqlite::files;

use super::{VIEWS_FILE, failure::InFile};
use crate::ViewsError;

/// The folder, beside the old file.
const WORKSHOP: &str = "views.new";

/// An empty folder for a new file. Whatever is in it goes along with it.
pub(super) struct Workshop(PathBuf);

impl Workshop {
    /// Makes it in the folder of the old file.
    pub(super) fn make(folder: &Path) -> Result<Self, ViewsError> {
        remove_remains(folder)?;
        let workshop = Self(folder.join(WORKSHOP));
        fs::create_dir(&workshop.0).in_file(&workshop.0)?;
        Ok(workshop)
    }

    /// Where the new file is to be.
    pub(super) fn file(&self) -> PathBuf {
        self.0.join(VIEWS_FILE)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = remove_folder_if_exists(&self.0) {
            tracing::warn!(%error, folder = ?self.0, "what is left of a rebuild goes at the next start");
        }
    }
}

/// Removes what a rebuild that was interrupted left.
pub(super) fn remove_remains(folder: &Path) -> Result<(), ViewsError> {
    let workshop = folder.join(WORKSHOP);
    remove_folder_if_exists(&workshop).in_file(&workshop)
}

/// Puts the file `new` in the place of `old`, in one step: whoever looks finds the one or the other. Nobody of this process may
/// have either open, and neither may need its WAL.
pub(super) fn replace(old: &Path, new: &Path) -> Result<(), ViewsError> {
    // What is left of the WAL of the old file must not be taken for the new one's.
    for beside in [files::beside(old, "-wal"), files::beside(old, "-shm")] {
        files::remove_if_exists(&beside).in_file(&beside)?;
    }
    fs::rename(new, old).in_file(old)?;
    let folder = old.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).in_file(folder)
}

fn remove_folder_if_exists(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
