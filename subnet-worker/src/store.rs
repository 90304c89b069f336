//! The embedded store: what must survive a kill.
//!
//! One file in the base path. Every change is a transaction that is on disk when the call returns;
//! the file is locked, so that two workers never share a base path.

use crate::miner::state::{Experiment, State};
use codec::{Decode, Encode};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};
use woppal_protocol::{statement::Segment, BlockNumber, ProjectId, H256};

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const ARCHIVE: TableDefinition<u64, &[u8]> = TableDefinition::new("archive");
const CONFIGS: TableDefinition<&[u8], u32> = TableDefinition::new("configs");

const FORMAT: u32 = 1;
const FORMAT_KEY: &str = "format";
const GENESIS_KEY: &str = "genesis";
const EXPERIMENT_KEY: &str = "experiment";
const SEGMENTS_KEY: &str = "segments";
const HIGHEST_KEY: &str = "highest-block";
const COUNTER_KEY: &str = "experiments-chosen";
/// How long a store that is in use is waited for.
const UNLOCK_TIMEOUT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 5_000 });
/// Pause between two attempts to open it.
const UNLOCK_PAUSE: Duration = Duration::from_millis(20);
/// Concluded experiments that are kept in case a reorganisation brings them back.
const ARCHIVED: usize = 32;

/// Why the store can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
	/// Another process has it open.
	#[error("another worker uses the base path of {path}; stop it, or give this one another --base-path", path = .0.display())]
	InUse(PathBuf),
	/// Written by a newer release.
	#[error("the store {path} has format {found}, this worker reads format {FORMAT}; use the newer release", path = .path.display())]
	Format {
		/// The file.
		path: PathBuf,
		/// Its format.
		found: u32,
	},
	/// The database failed.
	#[error("the store {path} failed: {source}", path = .path.display())]
	Database {
		/// The file.
		path: PathBuf,
		/// Why.
		source: Box<redb::Error>,
	},
	/// A record can't be read.
	#[error("the record {record:?} of the store {path} is damaged ({source}); restore the file from a backup or use a fresh --base-path", path = .path.display())]
	Damaged {
		/// The file.
		path: PathBuf,
		/// The record.
		record: &'static str,
		/// Why.
		source: codec::Error,
	},
}

/// Segments of a run that are proven already.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Segments {
	/// What the run is about.
	statement: H256,
	/// The first segments, in order.
	segments: Vec<Segment>,
}

/// The embedded store.
#[derive(Debug)]
pub struct Store {
	db: Database,
	path: PathBuf,
}

impl Store {
	/// Opens or creates the store of a base path.
	pub fn open(base_path: &Path) -> Result<Self, StoreError> {
		let path = base_path.join("worker.redb");
		// A worker that was just killed holds its lock until the system has taken it apart.
		let give_up = Instant::now() + UNLOCK_TIMEOUT;
		let db = loop {
			match Database::create(&path) {
				Ok(db) => break db,
				Err(redb::DatabaseError::DatabaseAlreadyOpen) if Instant::now() < give_up => {
					std::thread::sleep(UNLOCK_PAUSE)
				},
				Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
					return Err(StoreError::InUse(path))
				},
				Err(e) => return Err(StoreError::Database { path, source: Box::new(e.into()) }),
			}
		};
		let store = Self { db, path };
		store.prepare()?;
		Ok(store)
	}

	/// Creates the tables and checks the format.
	fn prepare(&self) -> Result<(), StoreError> {
		self.write(|tx| {
			tx.open_table(META)?;
			tx.open_table(ARCHIVE)?;
			tx.open_table(CONFIGS)?;
			Ok(())
		})?;
		match self.get::<u32>(FORMAT_KEY)? {
			None => self.put(FORMAT_KEY, Some(&FORMAT)),
			Some(FORMAT) => Ok(()),
			Some(found) => Err(StoreError::Format { path: self.path.clone(), found }),
		}
	}

	fn database(&self, source: impl Into<redb::Error>) -> StoreError {
		StoreError::Database { path: self.path.clone(), source: Box::new(source.into()) }
	}

	fn write(
		&self,
		change: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
	) -> Result<(), StoreError> {
		let tx = self.db.begin_write().map_err(|e| self.database(e))?;
		change(&tx).map_err(|e| self.database(e))?;
		tx.commit().map_err(|e| self.database(e))
	}

	fn read<R>(
		&self,
		query: impl FnOnce(&redb::ReadTransaction) -> Result<R, redb::Error>,
	) -> Result<R, StoreError> {
		let tx = self.db.begin_read().map_err(|e| self.database(e))?;
		query(&tx).map_err(|e| self.database(e))
	}

	fn decode<T: Decode>(&self, record: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
		T::decode(&mut &*bytes).map_err(|source| StoreError::Damaged {
			path: self.path.clone(),
			record,
			source,
		})
	}

	fn get<T: Decode>(&self, key: &'static str) -> Result<Option<T>, StoreError> {
		let bytes =
			self.read(|tx| Ok(tx.open_table(META)?.get(key)?.map(|value| value.value().to_vec())))?;
		bytes.map(|b| self.decode(key, &b)).transpose()
	}

	fn put<T: Encode>(&self, key: &'static str, value: Option<&T>) -> Result<(), StoreError> {
		self.write(|tx| {
			let mut table = tx.open_table(META)?;
			match value {
				Some(value) => table.insert(key, &*value.encode())?,
				None => table.remove(key)?,
			};
			Ok(())
		})
	}

	/// The chain that this store belongs to.
	pub fn genesis(&self) -> Result<Option<H256>, StoreError> {
		self.get(GENESIS_KEY)
	}

	/// Binds the store to a chain.
	pub fn set_genesis(&self, genesis: &H256) -> Result<(), StoreError> {
		self.put(GENESIS_KEY, Some(genesis))
	}

	/// The state as it was left.
	pub fn load(&self) -> Result<State, StoreError> {
		let archived = self.archived()?;
		Ok(State {
			experiment: self.get(EXPERIMENT_KEY)?,
			highest_block: self.get(HIGHEST_KEY)?.unwrap_or(0),
			archived_starts: archived.iter().map(|e| e.blinded).collect(),
			..State::default()
		})
	}

	/// Stores the experiment on its way.
	pub fn save_experiment(&self, experiment: &Experiment) -> Result<(), StoreError> {
		self.put(EXPERIMENT_KEY, Some(experiment))
	}

	/// Notes the highest block seen.
	pub fn save_highest_block(&self, block: BlockNumber) -> Result<(), StoreError> {
		self.put(HIGHEST_KEY, Some(&block))
	}

	/// Moves the experiment on its way into the archive.
	pub fn archive(&self, experiment: &Experiment) -> Result<(), StoreError> {
		self.write(|tx| {
			let mut meta = tx.open_table(META)?;
			meta.remove(EXPERIMENT_KEY)?;
			meta.remove(SEGMENTS_KEY)?;
			let mut archive = tx.open_table(ARCHIVE)?;
			let next = archive.last()?.map_or(0, |(k, _)| k.value().saturating_add(1));
			archive.insert(next, &*experiment.encode())?;
			let oldest = next.saturating_sub(ARCHIVED as u64);
			archive.retain(|k, _| k >= oldest)?;
			Ok(())
		})
	}

	/// The archived experiments, oldest first.
	pub fn archived(&self) -> Result<Vec<Experiment>, StoreError> {
		let records = self.read(|tx| {
			let table = tx.open_table(ARCHIVE)?;
			let mut records = Vec::new();
			for entry in table.iter()? {
				records.push(entry?.1.value().to_vec());
			}
			Ok(records)
		})?;
		records.iter().map(|r| self.decode("archive", r)).collect()
	}

	/// Notes that a config was tried.
	pub fn note_config(&self, project: ProjectId, config: &[i32]) -> Result<(), StoreError> {
		let key = config_key(project, config);
		self.write(|tx| {
			let mut table = tx.open_table(CONFIGS)?;
			let times = table.get(&*key)?.map_or(0, |v| v.value());
			table.insert(&*key, times.saturating_add(1))?;
			Ok(())
		})
	}

	/// Whether a config was tried here before.
	pub fn knows_config(&self, project: ProjectId, config: &[i32]) -> Result<bool, StoreError> {
		let key = config_key(project, config);
		self.read(|tx| Ok(tx.open_table(CONFIGS)?.get(&*key)?.is_some()))
	}

	/// The next number of an experiment chosen here: its random numbers derive from it, so that a
	/// restart repeats nothing.
	pub fn next_number(&self) -> Result<u64, StoreError> {
		let number = self.get::<u64>(COUNTER_KEY)?.unwrap_or(0);
		self.put(COUNTER_KEY, Some(&number.saturating_add(1)))?;
		Ok(number)
	}

	/// The segments proven so far of the run that `statement` stands for.
	pub fn segments(&self, statement: &H256) -> Result<Vec<Segment>, StoreError> {
		Ok(self
			.get::<Segments>(SEGMENTS_KEY)?
			.filter(|s| s.statement == *statement)
			.map(|s| s.segments)
			.unwrap_or_default())
	}

	/// Stores the segments proven so far.
	pub fn save_segments(
		&self,
		statement: &H256,
		segments: Vec<Segment>,
	) -> Result<(), StoreError> {
		self.put(SEGMENTS_KEY, Some(&Segments { statement: *statement, segments }))
	}
}

fn config_key(project: ProjectId, config: &[i32]) -> Vec<u8> {
	sp_crypto_hashing::blake2_256(&(project, config).encode()).to_vec()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::test_util::TempDir;

	fn experiment(number: u8) -> Experiment {
		Experiment {
			project: 0,
			validator: 1,
			config: vec![1, -2, 3],
			salt: H256([number; 32]),
			blinded: H256([number; 32]),
			edges: Vec::new(),
			training_seed: 5,
			starts: 1,
			started_in: Some(4),
			commit_until: Some(9),
			artifact: Some(vec![1, 2, 3]),
			id: Some(H256([number; 32])),
			committed_in: None,
			refusals: 0,
			proof: None,
		}
	}

	#[test]
	fn what_is_stored_is_found_again() {
		let dir = TempDir::new("store");
		let genesis = H256([7; 32]);
		{
			let store = Store::open(dir.path()).unwrap();
			assert_eq!(store.load().unwrap(), State::default());
			store.set_genesis(&genesis).unwrap();
			store.save_experiment(&experiment(1)).unwrap();
			store.save_highest_block(12).unwrap();
			store.note_config(0, &[1, 2]).unwrap();
			assert_eq!((store.next_number().unwrap(), store.next_number().unwrap()), (0, 1));
		}
		let store = Store::open(dir.path()).unwrap();
		let state = store.load().unwrap();
		assert_eq!(state.experiment, Some(experiment(1)));
		assert_eq!((state.highest_block, store.genesis().unwrap()), (12, Some(genesis)));
		assert!(store.knows_config(0, &[1, 2]).unwrap());
		assert!(!store.knows_config(1, &[1, 2]).unwrap());
		assert_eq!(store.next_number().unwrap(), 2);
	}

	#[test]
	fn a_base_path_serves_one_worker() {
		let dir = TempDir::new("store-lock");
		let _first = Store::open(dir.path()).unwrap();
		assert!(matches!(Store::open(dir.path()), Err(StoreError::InUse(_))));
	}

	#[test]
	fn the_archive_keeps_the_last_ones() {
		let dir = TempDir::new("store-archive");
		let store = Store::open(dir.path()).unwrap();
		for number in 0..40 {
			store.save_experiment(&experiment(number)).unwrap();
			store.archive(&experiment(number)).unwrap();
		}
		let archived = store.archived().unwrap();
		assert_eq!(archived.last(), Some(&experiment(39)));
		assert!(archived.len() >= ARCHIVED && archived.len() <= ARCHIVED + 1);
		let state = store.load().unwrap();
		assert_eq!(state.experiment, None);
		assert!(state.archived_starts.contains(&H256([39; 32])));
	}

	#[test]
	fn segments_belong_to_their_statement() {
		let dir = TempDir::new("store-segments");
		let store = Store::open(dir.path()).unwrap();
		let segment = Segment { post_root: H256([1; 32]), proof: Default::default() };
		store.save_segments(&H256([2; 32]), vec![segment.clone()]).unwrap();
		assert_eq!(store.segments(&H256([2; 32])).unwrap(), vec![segment]);
		assert_eq!(store.segments(&H256([3; 32])).unwrap(), vec![]);
	}

	#[test]
	fn a_newer_format_and_a_damaged_record_are_named() {
		let dir = TempDir::new("store-format");
		{
			let store = Store::open(dir.path()).unwrap();
			store.put(EXPERIMENT_KEY, Some(&1u8)).unwrap();
			assert!(matches!(store.load(), Err(StoreError::Damaged { record: "experiment", .. })));
			store.put(FORMAT_KEY, Some(&2u32)).unwrap();
		}
		assert!(matches!(Store::open(dir.path()), Err(StoreError::Format { found: 2, .. })));
	}
}
