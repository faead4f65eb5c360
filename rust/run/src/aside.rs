//! Files that are there in full or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::fault::{Fault, Outcome};

/// Check that a file can be written, before anything is computed for it.
pub(crate) fn check(path: &Path) -> Outcome<()> {
    if path.is_dir() {
        return Err(Fault::file(path, "expected a file to write, this is a folder"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(Fault::file(path, format!("the folder '{}' is not there; make it first", folder.display())))
        }
        _ => Ok(()),
    }
}

/// Write a file beside its place and rename it; to a pipe or a device, write it there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    let named = |error: std::io::Error| Fault::file(path, error);
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes)).map_err(named);
    }
    // The target of a link is replaced; the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().unwrap_or_default().to_owned();
    // WebAssembly has no processes.
    let process = if cfg!(target_family = "wasm") { 0 } else { std::process::id() };
    name.push(format!(".{process}.part"));
    let part = target.with_file_name(name);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &target));
    written.map_err(|error| {
        // It may not have been made at all.
        let _ = fs::remove_file(&part);
        named(error)
    })
}
