//! Goes through a tree, one entry at a time.

use std::ffi::OsString;
use std::fs::{FileType, ReadDir};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What is told about the tree. [`ControlFlow::Break`] ends the walk.
pub(crate) trait Visit {
    /// A regular file.
    fn file(&mut self, path: PathBuf) -> ControlFlow<()>;
    /// Something that is neither a regular file nor a folder.
    fn other(&mut self, path: PathBuf, what: Other) -> ControlFlow<()>;
    /// A folder, or an entry of one, that could not be looked into.
    fn failed(&mut self, path: PathBuf, error: io::Error) -> ControlFlow<()>;
    /// After each entry: a place to end a walk that finds nothing.
    fn pulse(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What is not read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Other {
    Symlink,
    Fifo,
    Socket,
    Device,
    Unknown,
}

impl Other {
    /// What it is, in words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Symlink => "symbolic link",
            Self::Fifo => "named pipe",
            Self::Socket => "socket",
            Self::Device => "device",
            Self::Unknown => "special file",
        }
    }

    #[cfg(unix)]
    fn of(kind: FileType) -> Self {
        use std::os::unix::fs::FileTypeExt;
        match kind {
            _ if kind.is_symlink() => Self::Symlink,
            _ if kind.is_fifo() => Self::Fifo,
            _ if kind.is_socket() => Self::Socket,
            _ if kind.is_block_device() || kind.is_char_device() => Self::Device,
            _ => Self::Unknown,
        }
    }

    #[cfg(not(unix))]
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Symlink
        } else {
            Self::Unknown
        }
    }
}

/// How many folders are open at once. A tree deeper than this has the remaining *folders* of its uppermost levels in
/// memory by name, instead of one more open file each.
const OPEN: usize = 128;

/// Tells `visit` of all that is below `root`, and of `root` itself when it is no folder. Symbolic links are not
/// followed, so there are no loops; not even when `root` is one, as with `find`.
pub(crate) fn walk(root: &Path, stay: bool, visit: &mut impl Visit) -> ControlFlow<()> {
    let found = match std::fs::symlink_metadata(root) {
        Ok(found) => found,
        Err(error) => return visit.failed(root.to_owned(), error),
    };
    let mut walk = Walk {
        device: stay.then(|| device(&found)),
        levels: Vec::new(),
        opened: 0,
        visit,
    };
    walk.entry(root.to_owned(), found.file_type())?;
    walk.run()
}

struct Walk<'a, V> {
    /// Folders on other devices are passed by.
    device: Option<u64>,
    levels: Vec<Level>,
    /// Levels before this one are not open any more.
    opened: usize,
    visit: &'a mut V,
}

struct Level {
    path: PathBuf,
    rest: Rest,
}

enum Rest {
    Open(ReadDir),
    Folders(std::vec::IntoIter<OsString>),
}

impl<V: Visit> Walk<'_, V> {
    fn run(&mut self) -> ControlFlow<()> {
        while let Some(level) = self.levels.last_mut() {
            match &mut level.rest {
                Rest::Open(entries) => match entries.next() {
                    Some(Ok(entry)) => match entry.file_type() {
                        Ok(kind) => self.entry(entry.path(), kind)?,
                        Err(error) => self.visit.failed(entry.path(), error)?,
                    },
                    Some(Err(error)) => {
                        let path = level.path.clone();
                        self.visit.failed(path, error)?;
                    }
                    None => self.close(),
                },
                Rest::Folders(names) => match names.next() {
                    Some(name) => {
                        let path = level.path.join(name);
                        self.enter(path)?;
                    }
                    None => self.close(),
                },
            }
            self.visit.pulse()?;
        }
        ControlFlow::Continue(())
    }

    fn close(&mut self) {
        self.levels.pop();
        self.opened = self.opened.min(self.levels.len());
    }

    fn entry(&mut self, path: PathBuf, kind: FileType) -> ControlFlow<()> {
        match kind {
            _ if kind.is_file() => self.visit.file(path),
            _ if kind.is_dir() => self.enter(path),
            _ => self.visit.other(path, Other::of(kind)),
        }
    }

    fn enter(&mut self, path: PathBuf) -> ControlFlow<()> {
        if let Some(ours) = self.device {
            match std::fs::symlink_metadata(&path) {
                Ok(found) if device(&found) != ours => return ControlFlow::Continue(()),
                Ok(_) => {}
                Err(error) => return self.visit.failed(path, error),
            }
        }
        if self.levels.len() - self.opened >= OPEN {
            self.shut_uppermost()?;
        }
        match std::fs::read_dir(&path) {
            Ok(entries) => self.levels.push(Level {
                path,
                rest: Rest::Open(entries),
            }),
            Err(error) => self.visit.failed(path, error)?,
        }
        ControlFlow::Continue(())
    }

    /// Reads the uppermost open folder to its end, keeping what is a folder for later.
    fn shut_uppermost(&mut self) -> ControlFlow<()> {
        let at = self.opened;
        self.opened += 1;
        let empty = Rest::Folders(Vec::new().into_iter());
        let Rest::Open(entries) = std::mem::replace(&mut self.levels[at].rest, empty) else {
            return ControlFlow::Continue(());
        };
        let mut folders = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.file_name()),
                    Ok(kind) => self.entry(entry.path(), kind)?,
                    Err(error) => self.visit.failed(entry.path(), error)?,
                },
                Err(error) => {
                    let path = self.levels[at].path.clone();
                    self.visit.failed(path, error)?;
                }
            }
            self.visit.pulse()?;
        }
        self.levels[at].rest = Rest::Folders(folders.into_iter());
        ControlFlow::Continue(())
    }
}

#[cfg(unix)]
fn device(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(found)
}

#[cfg(not(unix))]
fn device(_: &std::fs::Metadata) -> u64 {
    0
}
