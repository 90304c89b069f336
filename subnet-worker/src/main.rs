//! Parses the command line, starts the log, runs the command, ends with its exit code.

use clap::Parser;
use std::{io::IsTerminal, process::ExitCode};
use tracing_subscriber::EnvFilter;
use woppal_worker::{cli::Cli, commands};

fn start_log(json: bool) {
	let filter = EnvFilter::try_from_default_env()
		.unwrap_or_else(|_| EnvFilter::new("woppal_worker=info,warn"));
	let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
	if json {
		log.json().flatten_event(true).init();
	} else {
		let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
		log.with_ansi(colours).with_target(false).init();
	}
}

fn main() -> ExitCode {
	let cli = Cli::parse();
	let json = cli.json;
	start_log(json);
	let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
		Ok(runtime) => runtime,
		Err(e) => {
			eprintln!("error: can't start: {e}");
			return ExitCode::from(70);
		},
	};
	let result = runtime.block_on(commands::execute(cli));
	// A training or proof in work is not waited for: the store has all that is needed to go on.
	runtime.shutdown_background();
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(e) => {
			let code = e.exit_code();
			if json {
				tracing::error!(code, "{e}");
			} else {
				eprintln!("error: {e}");
			}
			ExitCode::from(code)
		},
	}
}
