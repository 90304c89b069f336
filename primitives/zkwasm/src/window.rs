//! How many proofs are made side by side.
//!
//! A proof spreads over several cores by itself, but not evenly: its witness and its checks are
//! sequential. So on machines with many cores a second proof beside it gains, and on small ones it
//! only costs memory.

use std::{fs, num::NonZeroUsize, thread::available_parallelism};

/// Cores that one proof keeps busy.
const CORES_PER_PROOF: usize = 4;
/// Bytes that a proof needs for each row of its circuit: some 384 MiB at 2^18 rows.
const BYTES_PER_ROW: u64 = 1_536;

/// Proofs of a circuit with this many rows that this machine makes side by side: as its cores allow,
/// as long as they fit half of the memory that is free now. At least one.
pub fn proofs_side_by_side(rows: usize) -> usize {
	let cores = available_parallelism().map_or(1, NonZeroUsize::get);
	within(cores, free_memory(), rows)
}

fn within(cores: usize, free_bytes: Option<u64>, rows: usize) -> usize {
	let by_cores = cores / CORES_PER_PROOF;
	let proof = BYTES_PER_ROW.saturating_mul(rows.max(1) as u64);
	// Where nobody says what is free, one proof at a time is safe.
	let by_memory = free_bytes.map_or(1, |bytes| bytes / 2 / proof);
	by_cores.min(usize::try_from(by_memory).unwrap_or(usize::MAX)).max(1)
}

/// Bytes that this process may still take: what the system has, within its control group's limit.
fn free_memory() -> Option<u64> {
	let system = available(&fs::read_to_string("/proc/meminfo").ok()?)?;
	let group = |name: &str| -> Option<u64> {
		fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse().ok()
	};
	Some(match (group("memory.max"), group("memory.current")) {
		(Some(most), Some(used)) => system.min(most.saturating_sub(used)),
		_ => system,
	})
}

/// `MemAvailable` of `/proc/meminfo` in bytes.
fn available(meminfo: &str) -> Option<u64> {
	let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
	line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;

	const ROWS: usize = 1 << 18;
	const GIB: u64 = 1 << 30;

	#[test]
	fn cores_and_memory_both_bound_the_proofs() {
		assert_eq!(within(1, Some(64 * GIB), ROWS), 1);
		assert_eq!(within(2, Some(64 * GIB), ROWS), 1);
		assert_eq!(within(16, Some(64 * GIB), ROWS), 4);
		// 4 GiB free: two of them for proofs, five of 384 MiB each.
		assert_eq!(within(64, Some(4 * GIB), ROWS), 5);
		assert_eq!(within(64, Some(0), ROWS), 1);
		assert_eq!(within(64, None, ROWS), 1);
		assert_eq!(within(64, Some(64 * GIB), 0), 16);
		assert_eq!(within(64, Some(64 * GIB), usize::MAX), 1);
	}

	#[test]
	fn the_systems_report_is_read() {
		let report = "MemTotal:  100 kB\nMemAvailable:      2048 kB\nBuffers: 1 kB\n";
		assert_eq!(available(report), Some(2 << 20));
		for other in ["", "MemAvailable: 12 MB", "MemAvailable: x kB", "MemAvailable: -1 kB"] {
			assert_eq!(available(other), None);
		}
		assert!(proofs_side_by_side(ROWS) >= 1);
	}
}
