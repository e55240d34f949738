//! The code generated from bench.proto, and what both programs share.

mod load_run;

use std::collections::HashMap;
use std::str::FromStr;
use std::{env, process};

pub use load_run::LoadRun;

tonic::include_proto!("rhei.bench");

/// The flags of the command line, each with its value.
pub struct Flags(HashMap<String, String>);

impl Flags {
    pub fn parse() -> Self {
        let mut flags = HashMap::new();
        let mut arguments = env::args().skip(1);
        while let Some(name) = arguments.next() {
            flags.insert(name, arguments.next().unwrap_or_default());
        }
        Self(flags)
    }

    /// Takes a flag out, or gives its default where it is not there. Ends the program if it is wrong.
    pub fn take<T: FromStr>(&mut self, name: &str, default: T) -> T {
        let Some(text) = self.0.remove(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            eprintln!("wrong command line: {name} {text}");
            process::exit(2)
        })
    }

    /// Ends the program if a flag is left over.
    pub fn finish(self) {
        for name in self.0.keys() {
            eprintln!("wrong command line: there is no flag {name}");
            process::exit(2);
        }
    }
}
