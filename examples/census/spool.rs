//! The names and sizes of all files, on disk instead of in memory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Names written one after the other into a file that has no name itself.
#[derive(Debug)]
pub(crate) struct Spool {
    file: BufWriter<File>,
    /// Where the next record goes.
    end: u64,
}

/// Where a record lies.
pub(crate) type Place = u64;

impl Spool {
    /// An empty spool in the folder for temporary files.
    pub(crate) fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir();
        let mut tried = 0_u32;
        loop {
            let path = folder.join(format!("census-{}-{tried}", std::process::id()));
            match OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)
            {
                Ok(file) => {
                    // Without a name it is gone however the census ends, and a census of this very folder does not
                    // meet it. Where an open file keeps its name, it stays until the folder is swept.
                    let _ = std::fs::remove_file(&path);
                    return Ok(Self {
                        file: BufWriter::with_capacity(64 * 1024, file),
                        end: 0,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < 100 => {
                    tried += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes a record.
    pub(crate) fn push(&mut self, path: &Path, bytes: u64) -> io::Result<Place> {
        let name = path.as_os_str().as_encoded_bytes();
        let place = self.end;
        self.file.write_all(&bytes.to_le_bytes())?;
        self.file.write_all(&(name.len() as u32).to_le_bytes())?;
        self.file.write_all(name)?;
        self.end += 8 + 4 + name.len() as u64;
        Ok(place)
    }

    /// No more records come.
    pub(crate) fn finish(self) -> io::Result<Names> {
        self.file
            .into_inner()
            .map(|file| Names { file })
            .map_err(io::IntoInnerError::into_error)
    }
}

/// A spool that is read.
#[derive(Debug)]
pub(crate) struct Names {
    file: File,
}

impl Names {
    /// The size of the file recorded at `place`.
    pub(crate) fn bytes(&mut self, place: Place) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.seek(SeekFrom::Start(place))?;
        self.file.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Its name.
    pub(crate) fn path(&mut self, place: Place) -> io::Result<PathBuf> {
        let mut length = [0; 4];
        self.file.seek(SeekFrom::Start(place + 8))?;
        self.file.read_exact(&mut length)?;
        let mut name = vec![0; u32::from_le_bytes(length) as usize];
        self.file.read_exact(&mut name)?;
        Ok(crate::names::path_of(name))
    }
}
