//! The table of kinds: what belongs to which.

use super::syntax::{self, Syntax};

/// One kind.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) text: bool,
    pub(super) syntax: &'static Syntax,
    /// Without the dot, in lower case (where a capital matters, as in `C`, it is listed so).
    pub(super) extensions: &'static [&'static str],
    /// Whole names.
    pub(super) files: &'static [&'static str],
    /// Programs of a `#!` line, without a version.
    pub(super) interpreters: &'static [&'static str],
}

type Names = &'static [&'static str];

const fn text(
    name: &'static str,
    syntax: &'static Syntax,
    extensions: Names,
    files: Names,
    interpreters: Names,
) -> Entry {
    Entry {
        name,
        text: true,
        syntax,
        extensions,
        files,
        interpreters,
    }
}

const fn data(name: &'static str, extensions: Names) -> Entry {
    Entry {
        name,
        text: false,
        syntax: &syntax::NONE,
        extensions,
        files: &[],
        interpreters: &[],
    }
}

/// Text that nothing tells more about: the last text of the table.
pub(super) const OTHER_TEXT: u8 = 105;
/// The same for bytes: the last of all.
pub(super) const OTHER_BINARY: u8 = TABLE.len() as u8 - 1;

#[rustfmt::skip] // a table is read by its columns: one kind a line
pub(super) const TABLE: &[Entry] = &[
    text("Ada", &syntax::DASHES, &["ada", "adb", "ads"], &[], &[]),
    text("Assembly", &syntax::SEMICOLON, &["asm", "s"], &[], &[]),
    text("AWK", &syntax::SHELL, &["awk"], &[], &["awk", "gawk", "mawk"]),
    text("Batch", &syntax::BATCH, &["bat", "cmd"], &[], &[]),
    text("Bazel", &syntax::PYTHON, &["bzl", "bazel"], &["BUILD", "WORKSPACE"], &[]),
    text("C", &syntax::C, &["c"], &[], &[]),
    text("C header", &syntax::C, &["h"], &[], &[]),
    text("C#", &syntax::C_TRIPLE, &["cs", "csx"], &[], &[]),
    text("C++", &syntax::C, &["cc", "cpp", "cxx", "c++", "C"], &[], &[]),
    text("C++ header", &syntax::C, &["hh", "hpp", "hxx", "h++", "H", "inl", "ipp", "tpp"], &[], &[]),
    text("Clojure", &syntax::LISP, &["clj", "cljs", "cljc", "edn"], &[], &[]),
    text("CMake", &syntax::HASHED, &["cmake"], &["CMakeLists.txt"], &[]),
    text("CoffeeScript", &syntax::HASHED_TRIPLE, &["coffee"], &[], &["coffee"]),
    text("Common Lisp", &syntax::LISP, &["lisp", "lsp", "cl", "asd"], &[], &["sbcl"]),
    text("Crystal", &syntax::HASHED, &["cr"], &[], &["crystal"]),
    text("CSS", &syntax::CSS, &["css"], &[], &[]),
    text("CSV", &syntax::NONE, &["csv", "tsv"], &[], &[]),
    text("CUDA", &syntax::C, &["cu", "cuh"], &[], &[]),
    text("D", &syntax::C, &["d", "di"], &[], &[]),
    text("Dart", &syntax::C_TRIPLE, &["dart"], &[], &[]),
    text("Diff", &syntax::NONE, &["diff", "patch"], &[], &[]),
    text("Dockerfile", &syntax::HASHED_BARE, &["dockerfile"], &["Dockerfile", "Containerfile"], &[]),
    text("Elixir", &syntax::HASHED_TRIPLE, &["ex", "exs"], &[], &["elixir"]),
    text("Elm", &syntax::HASKELL, &["elm"], &[], &[]),
    text("Emacs Lisp", &syntax::LISP, &["el"], &[], &[]),
    text("Erlang", &syntax::PERCENT, &["erl", "hrl"], &[], &["escript"]),
    text("F#", &syntax::FSHARP, &["fs", "fsi", "fsx"], &[], &[]),
    text("Fish", &syntax::SHELL, &["fish"], &[], &["fish"]),
    text("Fortran", &syntax::FORTRAN, &["f90", "f95", "f03", "f08", "f", "for"], &[], &[]),
    text("GLSL", &syntax::C, &["glsl", "vert", "frag", "geom", "comp"], &[], &[]),
    text("Go", &syntax::GO, &["go"], &[], &[]),
    text("Go module", &syntax::C, &[], &["go.mod", "go.sum", "go.work"], &[]),
    text("GraphQL", &syntax::HASHED_TRIPLE, &["graphql", "gql"], &[], &[]),
    text("Groovy", &syntax::C_TRIPLE, &["groovy", "gradle"], &["Jenkinsfile"], &["groovy"]),
    text("Handlebars", &syntax::MARKUP, &["hbs", "handlebars"], &[], &[]),
    text("Haskell", &syntax::HASKELL, &["hs"], &[], &["runhaskell"]),
    text("HCL", &syntax::HCL, &["tf", "tfvars", "hcl"], &[], &[]),
    text("HTML", &syntax::MARKUP, &["html", "htm", "xhtml"], &[], &[]),
    text("INI", &syntax::SEMICOLON, &["ini", "cfg", "conf", "desktop", "inf", "properties"], &[".editorconfig", ".gitconfig", ".gitmodules", ".npmrc"], &[]),
    text("Java", &syntax::C_TRIPLE, &["java"], &[], &[]),
    text("JavaScript", &syntax::C_BACKTICK, &["js", "mjs", "cjs"], &[], &["node", "deno", "bun"]),
    text("JSON", &syntax::C, &["json", "jsonc", "json5", "geojson", "webmanifest", "ipynb", "map"], &[], &[]),
    text("JSON lines", &syntax::NONE, &["jsonl", "ndjson"], &[], &[]),
    text("JSX", &syntax::C_BACKTICK, &["jsx"], &[], &[]),
    text("Julia", &syntax::JULIA, &["jl"], &[], &["julia"]),
    text("Kotlin", &syntax::C_TRIPLE_NESTED, &["kt", "kts"], &[], &[]),
    text("Less", &syntax::C, &["less"], &[], &[]),
    text("Linker script", &syntax::CSS, &["ld", "lds"], &[], &[]),
    text("Lock file", &syntax::HASHED_BARE, &["lock"], &[], &[]),
    text("Log", &syntax::NONE, &["log"], &[], &[]),
    text("Lua", &syntax::LUA, &["lua", "luau"], &[], &["lua", "luajit"]),
    text("Makefile", &syntax::HASHED_BARE, &["mk", "mak", "make"], &["Makefile", "makefile", "GNUmakefile", "justfile", "Justfile"], &["make"]),
    text("Manual page", &syntax::ROFF, &["man", "roff"], &[], &[]),
    text("Markdown", &syntax::MARKUP, &["md", "markdown", "mkd", "mdx"], &[], &[]),
    text("MATLAB", &syntax::MATLAB, &["matlab"], &[], &["octave"]),
    text("Meson", &syntax::HASHED_TRIPLE, &[], &["meson.build", "meson_options.txt"], &[]),
    text("Nim", &syntax::NIM, &["nim", "nims"], &[], &["nim"]),
    text("Nix", &syntax::NIX, &["nix"], &[], &["nix-shell"]),
    text("Objective-C", &syntax::C, &["m"], &[], &[]),
    text("Objective-C++", &syntax::C, &["mm"], &[], &[]),
    text("OCaml", &syntax::OCAML, &["ml", "mli"], &[], &["ocaml"]),
    text("OpenCL", &syntax::C, &["opencl"], &[], &[]),
    text("Org", &syntax::NONE, &["org"], &[], &[]),
    text("Pascal", &syntax::PASCAL, &["pas", "pp", "dpr", "lpr"], &[], &[]),
    text("Perl", &syntax::PERL, &["pl", "pm", "t", "pod"], &[], &["perl"]),
    text("PHP", &syntax::PHP, &["php", "phtml"], &[], &["php"]),
    text("Plain text", &syntax::NONE, &["txt", "text"], &["README", "LICENSE", "LICENCE", "COPYING", "AUTHORS", "CHANGELOG", "NOTICE", "TODO", "INSTALL", "NEWS", "CODEOWNERS", "VERSION"], &[]),
    text("PowerShell", &syntax::POWERSHELL, &["ps1", "psm1", "psd1"], &[], &["pwsh"]),
    text("Prolog", &syntax::PERCENT, &["prolog"], &[], &["swipl"]),
    text("Protocol Buffers", &syntax::C, &["proto"], &[], &[]),
    text("Python", &syntax::PYTHON, &["py", "pyi", "pyw", "pyx", "pxd"], &["SConstruct", "SConscript"], &["python", "pypy"]),
    text("QML", &syntax::C_BACKTICK, &["qml"], &[], &[]),
    text("R", &syntax::HASHED, &["r", "rmd"], &[], &["Rscript"]),
    text("Racket", &syntax::LISP, &["rkt"], &[], &["racket"]),
    text("reStructuredText", &syntax::RST, &["rst", "rest"], &[], &[]),
    text("Ruby", &syntax::RUBY, &["rb", "rake", "gemspec", "ru"], &["Rakefile", "Gemfile", "Vagrantfile", "Podfile"], &["ruby"]),
    text("Rust", &syntax::RUST, &["rs"], &[], &["rust-script"]),
    text("Sass", &syntax::C, &["scss", "sass"], &[], &[]),
    text("Scala", &syntax::C_TRIPLE_NESTED, &["scala", "sbt", "sc"], &[], &["scala"]),
    text("Scheme", &syntax::LISP, &["scm", "ss", "sld"], &[], &["guile", "scheme"]),
    text("Shell", &syntax::SHELL, &["sh", "bash", "zsh", "ksh", "ash"], &[".bashrc", ".bash_profile", ".profile", ".zshrc", "configure", "PKGBUILD"], &["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"]),
    text("Solidity", &syntax::C, &["sol"], &[], &[]),
    text("SQL", &syntax::SQL, &["sql", "psql", "ddl"], &[], &[]),
    text("Starlark", &syntax::PYTHON, &["star", "sky"], &[], &[]),
    text("Svelte", &syntax::COMPONENT, &["svelte"], &[], &[]),
    text("SVG", &syntax::MARKUP, &["svg"], &[], &[]),
    text("Swift", &syntax::C_TRIPLE_NESTED, &["swift"], &[], &["swift"]),
    text("SystemVerilog", &syntax::C, &["sv", "svh"], &[], &[]),
    text("TCL", &syntax::HASHED, &["tcl", "tk"], &[], &["tclsh", "wish"]),
    text("TeX", &syntax::PERCENT, &["tex", "sty", "cls", "bib", "ltx"], &[], &[]),
    text("Thrift", &syntax::PHP, &["thrift"], &[], &[]),
    text("TOML", &syntax::HASHED_TRIPLE, &["toml"], &[], &[]),
    text("TypeScript", &syntax::C_BACKTICK, &["ts", "mts", "cts"], &[], &["ts-node", "tsx"]),
    text("TSX", &syntax::C_BACKTICK, &["tsx"], &[], &[]),
    text("Verilog", &syntax::C, &["v", "vh"], &[], &[]),
    text("VHDL", &syntax::DASHES, &["vhd", "vhdl"], &[], &[]),
    text("Vim script", &syntax::VIM, &["vim"], &[".vimrc"], &[]),
    text("Visual Basic", &syntax::BASIC, &["vb", "bas", "vbs"], &[], &[]),
    text("Vue", &syntax::COMPONENT, &["vue"], &[], &[]),
    text("WebAssembly text", &syntax::WAT, &["wat", "wast"], &[], &[]),
    text("WGSL", &syntax::C, &["wgsl"], &[], &[]),
    text("XML", &syntax::MARKUP, &["xml", "xsd", "xsl", "xslt", "xaml", "plist", "csproj", "vcxproj", "props", "targets", "rss", "atom", "kml"], &[], &[]),
    text("YAML", &syntax::YAML, &["yml", "yaml", "clang-format"], &[".clang-format", ".clang-tidy"], &[]),
    text("Zig", &syntax::SLASHED, &["zig", "zon"], &[], &[]),
    text("Ignore list", &syntax::HASHED_BARE, &["gitignore", "dockerignore"], &[".gitignore", ".gitattributes", ".dockerignore", ".npmignore", ".ignore"], &[]),
    text("Other text", &syntax::NONE, &[], &[], &[]),
    data("Archive", &["zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "lz4", "7z", "rar", "crate", "jar", "war", "apk", "deb", "rpm", "whl", "gem", "cab", "br", "lzma", "cpio"]),
    data("Audio", &["mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "wma", "aiff", "mid"]),
    data("Database", &["db", "sqlite", "sqlite3", "mdb", "rdb", "ldb", "sst"]),
    data("Disk image", &["iso", "img", "qcow2", "vmdk", "vdi", "dmg"]),
    data("Document", &["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "epub", "ps", "eps", "rtf"]),
    data("Executable", &["exe", "dll", "so", "dylib", "com", "msi", "elf"]),
    data("Font", &["ttf", "otf", "woff", "woff2", "eot"]),
    data("Image", &["png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "tif", "tiff", "avif", "heic", "psd", "xcf", "icns", "jxl"]),
    data("Object file", &["o", "obj", "a", "lib", "rlib", "rmeta", "pdb", "class", "pyc", "pyo", "wasm", "bc", "ko", "gcno", "gcda"]),
    data("Video", &["mp4", "mkv", "avi", "mov", "webm", "flv", "wmv", "mpg", "mpeg", "m4v"]),
    data("Other binary", &[]),
];

const _: () = assert!(
    TABLE.len() <= u8::MAX as usize
        && matches!(TABLE[OTHER_TEXT as usize].name.as_bytes(), b"Other text")
);
