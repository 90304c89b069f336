//! Shows how far long work is: a bar on a terminal, plain lines elsewhere.

use crate::miner::lab::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
	io::IsTerminal,
	sync::atomic::{AtomicU64, Ordering},
	time::Instant,
};
use tracing::info;

/// Plain lines come at every tenth of the work at most.
const LINES: u64 = 10;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
	/// A bar on the terminal.
	Bar,
	/// Lines in the log.
	Lines,
}

impl Reporter {
	/// A bar if the log goes to a terminal and isn't JSON.
	pub fn detect(json: bool) -> Self {
		if !json && std::io::stderr().is_terminal() {
			Self::Bar
		} else {
			Self::Lines
		}
	}

	/// Begins to show a piece of work. A bar appears once the size of the work is known.
	pub fn begin(self, what: &'static str) -> Shown {
		let bar = match self {
			Self::Lines => None,
			Self::Bar => {
				let bar = ProgressBar::hidden();
				let style =
					ProgressStyle::with_template("{msg:>10} [{bar:40}] {pos}/{len} {elapsed}");
				if let Ok(style) = style {
					bar.set_style(style.progress_chars("=> "));
				}
				bar.set_message(what);
				Some(bar)
			},
		};
		Shown { what, bar, begun: Instant::now(), tenths: AtomicU64::new(0) }
	}
}

/// A piece of work that is shown.
#[derive(Debug)]
pub struct Shown {
	what: &'static str,
	bar: Option<ProgressBar>,
	begun: Instant,
	tenths: AtomicU64,
}

impl Shown {
	/// Seconds since it began.
	pub fn seconds(&self) -> f64 {
		self.begun.elapsed().as_secs_f64()
	}
}

impl Progress for Shown {
	fn at(&self, done: u64, total: u64) {
		if let Some(bar) = &self.bar {
			bar.set_length(total);
			bar.set_position(done);
			if bar.is_hidden() {
				bar.set_draw_target(ProgressDrawTarget::stderr());
			}
			return;
		}
		let tenths = done.saturating_mul(LINES).checked_div(total).unwrap_or(LINES);
		if self.tenths.fetch_max(tenths, Ordering::Relaxed) < tenths {
			let percent = tenths.saturating_mul(100).checked_div(LINES).unwrap_or(100);
			info!(work = self.what, percent, "{} {percent} %", self.what);
		}
	}
}

impl Drop for Shown {
	fn drop(&mut self) {
		if let Some(bar) = &self.bar {
			bar.finish_and_clear();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn lines_come_once_per_tenth() {
		let shown = Reporter::Lines.begin("training");
		for done in 0..=1_000 {
			shown.at(done, 1_000);
		}
		assert_eq!(shown.tenths.load(Ordering::Relaxed), LINES);
		shown.at(1, 0);
	}
}
