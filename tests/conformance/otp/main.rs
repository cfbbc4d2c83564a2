//! Runs scripts of which it is known what an OTP supervisor did, and says where playhouse does otherwise.
//!
//! The scripts are one JSON object a line; `README.md` beside this file tells what is in them. They run through real
//! actors, or with `--core` on the decisions alone.

mod actors;
mod compare;
mod core;
mod script;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Compares supervisors of playhouse with what an OTP supervisor did.
#[derive(Debug, Parser)]
#[command(name = "otp-compare")]
struct Args {
    /// The scripts, one JSON object a line.
    file: PathBuf,
    /// Run them on the decisions alone, without actors.
    #[arg(long)]
    core: bool,
    /// How many scripts that differ are shown.
    #[arg(long, default_value_t = 5, value_name = "N")]
    show: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let scripts = match script::read(&args.file) {
        Ok(scripts) => scripts,
        Err(error) => {
            eprintln!("otp-compare: {error}");
            return ExitCode::from(2);
        }
    };
    let mut differ = 0;
    for script in &scripts {
        let ours = if args.core {
            core::run(script)
        } else {
            actors::run(script)
        };
        if let Some(difference) = compare::first_difference(script, &ours) {
            differ += 1;
            if differ <= args.show {
                println!("{difference}");
            }
        }
    }
    if differ > args.show {
        println!("... and {} more", differ - args.show);
    }
    println!("{} scripts, {differ} differ", scripts.len());
    if differ == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
