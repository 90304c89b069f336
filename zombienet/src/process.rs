//! A child process with a log file.

use anyhow::{bail, Context, Result};
use std::{
	fs::File,
	io::{Read, Seek, SeekFrom},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

/// How long a process gets to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes of a log that [`Process::log_tail`] shows at most.
const TAIL_BYTES: u64 = 4 * 1024;

/// A running child. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
	name: String,
	log: PathBuf,
	child: Child,
}

impl Process {
	/// Starts `program` with `args`; its output goes to `<dir>/<name>.log`, appended.
	///
	/// # Errors
	/// When the log cannot be written or the program cannot be started.
	pub fn start(name: &str, program: &Path, args: &[String], dir: &Path) -> Result<Self> {
		let log = dir.join(format!("{name}.log"));
		let out = File::options()
			.create(true)
			.append(true)
			.open(&log)
			.with_context(|| format!("cannot write {}", log.display()))?;
		let child = Command::new(program)
			.args(args)
			.stdin(Stdio::null())
			.stdout(out.try_clone()?)
			.stderr(out)
			.spawn()
			.with_context(|| format!("cannot start {}: is it built?", program.display()))?;
		Ok(Self { name: name.into(), log, child })
	}

	/// The process's name.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// The process's id.
	pub fn id(&self) -> u32 {
		self.child.id()
	}

	/// Where its output goes.
	pub fn log(&self) -> &Path {
		&self.log
	}

	/// # Errors
	/// When the process has ended, with the end of its log.
	pub fn ensure_alive(&mut self) -> Result<()> {
		if let Some(status) = self.child.try_wait()? {
			bail!(
				"{} ended unexpectedly ({status}); the end of {}:\n{}",
				self.name,
				self.log.display(),
				self.log_tail()
			);
		}
		Ok(())
	}

	/// Waits until the process has ended by itself.
	///
	/// # Errors
	/// When it still runs after `limit`.
	pub fn wait(&mut self, limit: Duration) -> Result<std::process::ExitStatus> {
		let deadline = Instant::now() + limit;
		loop {
			if let Some(status) = self.child.try_wait()? {
				return Ok(status);
			}
			if Instant::now() > deadline {
				bail!("{} still runs after {} s", self.name, limit.as_secs());
			}
			std::thread::sleep(Duration::from_millis(50));
		}
	}

	/// The end of the log.
	pub fn log_tail(&self) -> String {
		let read = || -> std::io::Result<String> {
			let mut file = File::open(&self.log)?;
			let len = file.metadata()?.len();
			file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES)))?;
			let mut bytes = Vec::new();
			file.read_to_end(&mut bytes)?;
			Ok(String::from_utf8_lossy(&bytes).into_owned())
		};
		read().unwrap_or_else(|e| format!("(cannot read the log: {e})"))
	}

	/// Kills the process at once, as a crash would.
	///
	/// # Errors
	/// When the system refuses.
	pub fn kill(&mut self) -> Result<()> {
		self.child.kill()?;
		self.child.wait()?;
		Ok(())
	}

	/// Asks the process to end, waits, and kills it when it does not.
	pub fn stop(&mut self) {
		if matches!(self.child.try_wait(), Ok(Some(_))) {
			return;
		}
		let asked = Command::new("kill").arg(self.id().to_string()).status();
		if !asked.is_ok_and(|s| s.success()) || self.wait(GRACE).is_err() {
			// Nothing more can be done when even this fails: the process is gone already.
			let _ = self.kill();
		}
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		self.stop();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn dir() -> PathBuf {
		let dir = std::env::temp_dir().join(format!("woppal-process-{}", std::process::id()));
		std::fs::create_dir_all(&dir).unwrap();
		dir
	}

	#[test]
	fn a_dead_child_is_reported_with_its_log() {
		let args = ["-c".to_string(), "echo out of cheese; exit 3".to_string()];
		let mut p = Process::start("sh-dies", Path::new("/bin/sh"), &args, &dir()).unwrap();
		assert_eq!(p.wait(Duration::from_secs(10)).unwrap().code(), Some(3));
		let error = p.ensure_alive().unwrap_err().to_string();
		assert!(error.contains("out of cheese") && error.contains("sh-dies"), "{error}");
	}

	#[test]
	fn a_dropped_child_is_ended() {
		let args = ["600".to_string()];
		let p = Process::start("sleeps", Path::new("/bin/sleep"), &args, &dir()).unwrap();
		let id = p.id();
		drop(p);
		assert!(!Path::new(&format!("/proc/{id}")).exists());
	}

	#[test]
	fn a_missing_program_is_named() {
		let error = Process::start("x", Path::new("/nonexistent/x"), &[], &dir()).unwrap_err();
		assert!(error.to_string().contains("/nonexistent/x"));
	}
}
