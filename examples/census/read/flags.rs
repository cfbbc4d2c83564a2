//! Two flags for opening a file that may have become something else since its folder was listed: a symbolic link is not
//! followed (`O_NOFOLLOW`), and a named pipe does not wait for a writer (`O_NONBLOCK`; nothing to a regular file).
//!
//! They are numbers of the system's interface, which never change, and stand here so that the census needs no bindings.
//! `tests/census` sees that a pipe and a link are refused at once.

use std::fs::OpenOptions;

#[cfg(unix)]
pub(super) fn set(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(NOFOLLOW | NONBLOCK);
}

#[cfg(not(unix))]
pub(super) fn set(_: &mut OpenOptions) {}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod numbers {
    const OWN: bool = cfg!(any(
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "m68k",
        target_arch = "powerpc",
        target_arch = "powerpc64"
    ));
    pub(super) const NOFOLLOW: i32 = if OWN { 0o100_000 } else { 0o400_000 };
    pub(super) const NONBLOCK: i32 = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
        0o200
    } else if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) {
        0o40_000
    } else {
        0o4_000
    };
}

/// The BSDs, macOS among them.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod numbers {
    pub(super) const NOFOLLOW: i32 = 0x100;
    pub(super) const NONBLOCK: i32 = 0x4;
}

#[cfg(unix)]
use numbers::{NOFOLLOW, NONBLOCK};
