//! What files take on the disk.

use std::{fs, path::Path};

/// Bytes of a file and of whatever lies beside it under the same name, such as its write-ahead log; 0 without it.
pub fn with_log(file: &Path) -> u64 {
    let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let log = file.with_file_name(format!("{}-wal", file.file_name().unwrap_or_default().to_string_lossy()));
    size(file) + size(&log)
}
