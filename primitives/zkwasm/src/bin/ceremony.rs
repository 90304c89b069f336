//! The ceremony that makes a circuit's keys, step by step. README describes who does what.

use blake2::{Blake2b512, Digest};
use rand::rngs::OsRng;
use std::{
	collections::BTreeMap,
	error::Error,
	fs::File,
	io::{self, BufReader, BufWriter, Write},
	path::{Path, PathBuf},
	process::ExitCode,
};
use woppal_zkwasm::{
	ceremony::{ptau::Powers, Basis, Ceremony, Contribution, Origin, Relation},
	circuit::Circuit,
	shape::CIRCUITS,
};

const USAGE: &str = "\
ceremony new        --ptau FILE --out FILE
    begins a ceremony from public powers of tau (a .ptau file as snarkjs has it)
ceremony contribute --in FILE --ptau FILE --out FILE --name NAME
    checks everything, then contributes a secret of this machine, which is forgotten at once
ceremony verify     --in FILE --ptau FILE [--extends FILE]
    checks everything; with --extends also that nothing of an earlier file was left out
ceremony beacon     --in FILE --out FILE --randomness HEX [--log-iterations N] [--name NAME]
    ends the ceremony with a public value; its hash is hashed 2^N times, N = 20 if left out
ceremony export     --in FILE --ptau FILE --out FOLDER
    checks everything, writes the proving key and prints what governance registers
ceremony development-powers --power N --out FILE
    makes one party's powers of tau, to try the commands: never for a live chain

All but the last take --shape standard|standard-wide|standard-matrix|small|small-wide|small-matrix: the circuit,\nstandard if left out.";

type Failure = Box<dyn Error>;

/// The options after the command.
struct Options(BTreeMap<String, String>);

impl Options {
	/// Options that each command takes beside `shape`.
	fn parse(known: &[&str], arguments: &[String]) -> Result<Self, Failure> {
		let mut options = BTreeMap::new();
		let mut rest = arguments.iter();
		while let Some(argument) = rest.next() {
			let name = argument.strip_prefix("--").filter(|name| known.contains(name));
			let name = name.ok_or_else(|| format!("unknown option {argument}\n\n{USAGE}"))?;
			let value = rest.next().ok_or_else(|| format!("--{name} needs a value"))?;
			if options.insert(name.to_owned(), value.clone()).is_some() {
				return Err(format!("--{name} is there twice").into());
			}
		}
		Ok(Self(options))
	}

	fn get(&self, name: &str) -> Option<&str> {
		self.0.get(name).map(String::as_str)
	}

	fn need(&self, name: &str) -> Result<&str, Failure> {
		self.get(name).ok_or_else(|| format!("--{name} is missing\n\n{USAGE}").into())
	}

	fn path(&self, name: &str) -> Result<PathBuf, Failure> {
		self.need(name).map(PathBuf::from)
	}

	/// A file to write, which must not be there yet: a ceremony's files are not made again.
	fn new_file(&self, name: &str) -> Result<PathBuf, Failure> {
		let path = self.path(name)?;
		if path.exists() {
			return Err(format!("{} exists already: name another file", path.display()).into());
		}
		Ok(path)
	}

	fn circuit(&self) -> Result<Circuit, Failure> {
		let name = self.get("shape").unwrap_or("standard");
		let shape = CIRCUITS.iter().find(|(known, _)| *known == name).map(|(_, shape)| shape);
		let shape = shape.ok_or_else(|| {
			let known = CIRCUITS.map(|(known, _)| known).join(", ");
			format!("there is no circuit {name}: --shape takes one of {known}")
		})?;
		Ok(Circuit::new(shape))
	}
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, Failure> {
	let text = text.strip_prefix("0x").unwrap_or(text);
	if !text.is_ascii() || !text.len().is_multiple_of(2) {
		return Err("the public value is not hexadecimal: two digits a byte".into());
	}
	(0..text.len()).step_by(2).map(|at| Ok(u8::from_str_radix(&text[at..at + 2], 16)?)).collect()
}

/// Reads the powers that a circuit needs and prints the file's hash, to compare with the published.
fn powers(path: &Path, relation: &Relation<'_>) -> Result<Powers, Failure> {
	let open = || File::open(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
	let mut hasher = Blake2b512::new();
	io::copy(&mut BufReader::with_capacity(1 << 20, open()?), &mut hasher)?;
	println!("powers of tau    {}", path.display());
	println!("  BLAKE2b-512    {}", hex(&hasher.finalize()));
	println!(
		"  (compare it with the hash that was published; the file is only checked for consistency)"
	);
	Ok(Powers::read(&mut BufReader::new(open()?), relation.power(), &mut OsRng)?)
}

fn describe(contribution: &Contribution) -> String {
	let name: String = contribution.name.chars().flat_map(char::escape_default).collect();
	match &contribution.origin {
		Origin::Secret(_) => format!("secret of \"{name}\""),
		Origin::Beacon { randomness, log_iterations } => {
			format!("beacon \"{name}\": 0x{}, 2^{log_iterations} hashes", hex(randomness))
		},
	}
}

fn print_transcript(ceremony: &Ceremony, relation: &Relation<'_>) {
	println!("circuit          0x{}", hex(relation.hash()));
	let hashes = ceremony.transcript();
	for (index, contribution) in ceremony.contributions().iter().enumerate() {
		println!("contribution {index:<3} {}", describe(contribution));
		println!("  transcript     0x{}", hex(&hashes[index + 1]));
	}
	println!("transcript       0x{}", hex(&ceremony.transcript_hash()));
}

fn new(options: &Options) -> Result<(), Failure> {
	let (out, circuit) = (options.new_file("out")?, options.circuit()?);
	let relation = Relation::of(&circuit)?;
	let path = options.path("ptau")?;
	let powers = powers(&path, &relation)?;
	let mut file = BufReader::new(File::open(path)?);
	let basis = match Basis::read(&mut file, &relation, &powers, &mut OsRng)? {
		Some(basis) => basis,
		None => {
			println!("The file is not prepared for phase 2: this will take minutes.");
			Basis::transform(&relation, &powers)?
		},
	};
	let ceremony = Ceremony::new(&relation, &powers, &basis)?;
	ceremony.store(&out)?;
	print_transcript(&ceremony, &relation);
	Ok(())
}

fn contribute(options: &Options) -> Result<(), Failure> {
	let (out, circuit) = (options.new_file("out")?, options.circuit()?);
	let relation = Relation::of(&circuit)?;
	let mut ceremony = Ceremony::load(&relation, &options.path("in")?)?;
	let powers = powers(&options.path("ptau")?, &relation)?;
	ceremony.contribute(&relation, &powers, options.need("name")?, &mut OsRng)?;
	ceremony.store(&out)?;
	print_transcript(&ceremony, &relation);
	println!(
		"Publish the last hash where people know it to be yours, and hand on {}.",
		out.display()
	);
	Ok(())
}

fn verify(options: &Options) -> Result<(), Failure> {
	let circuit = options.circuit()?;
	let relation = Relation::of(&circuit)?;
	let ceremony = Ceremony::load(&relation, &options.path("in")?)?;
	if let Some(earlier) = options.get("extends") {
		if !ceremony.extends(&Ceremony::load(&relation, Path::new(earlier))?) {
			return Err(format!("the ceremony does not go on from {earlier}").into());
		}
	}
	ceremony.verify(&relation, &powers(&options.path("ptau")?, &relation)?, &mut OsRng)?;
	print_transcript(&ceremony, &relation);
	println!("Everything holds.");
	Ok(())
}

fn beacon(options: &Options) -> Result<(), Failure> {
	let (out, circuit) = (options.new_file("out")?, options.circuit()?);
	let relation = Relation::of(&circuit)?;
	let mut ceremony = Ceremony::load(&relation, &options.path("in")?)?;
	let randomness = unhex(options.need("randomness")?)?;
	let log_iterations = options.get("log-iterations").unwrap_or("20").parse()?;
	ceremony.beacon(options.get("name").unwrap_or("beacon"), &randomness, log_iterations)?;
	ceremony.store(&out)?;
	print_transcript(&ceremony, &relation);
	Ok(())
}

fn export(options: &Options) -> Result<(), Failure> {
	let (folder, circuit) = (options.path("out")?, options.circuit()?);
	let relation = Relation::of(&circuit)?;
	let ceremony = Ceremony::load(&relation, &options.path("in")?)?;
	let powers = powers(&options.path("ptau")?, &relation)?;
	print_transcript(&ceremony, &relation);
	let transcript = ceremony.transcript_hash();
	let key = ceremony.finish(circuit, &powers, &mut OsRng)?;
	let path = key.store(&folder)?;
	let verifying = key.verifying_key()?;
	println!("proving key      {}", path.display());
	println!("  (miners put it under this name into the folder of their proving keys)");
	println!("hash on chain    0x{}", hex(&verifying.hash()));
	println!("AgentCommit.register_verifying_key takes");
	println!("  key            0x{}", hex(&verifying.0));
	println!("  transcript     0x{}", hex(&transcript));
	Ok(())
}

fn development_powers(options: &Options) -> Result<(), Failure> {
	let out = options.new_file("out")?;
	let power: u32 = options.need("power")?.parse()?;
	if !(4..=20).contains(&power) {
		return Err("--power is a number from 4 to 20".into());
	}
	let mut file = BufWriter::new(File::create(&out)?);
	Powers::generate(power, &mut OsRng).write(&mut file)?;
	file.flush()?;
	println!("one party's powers of tau: never for a live chain");
	Ok(())
}

fn run(arguments: &[String]) -> Result<(), Failure> {
	let Some((command, rest)) = arguments.split_first() else {
		return Err(USAGE.into());
	};
	type Run = fn(&Options) -> Result<(), Failure>;
	let (known, run): (&[&str], Run) = match command.as_str() {
		"new" => (&["ptau", "out", "shape"], new),
		"contribute" => (&["in", "ptau", "out", "name", "shape"], contribute),
		"verify" => (&["in", "ptau", "extends", "shape"], verify),
		"beacon" => (&["in", "out", "randomness", "log-iterations", "name", "shape"], beacon),
		"export" => (&["in", "ptau", "out", "shape"], export),
		"development-powers" => (&["power", "out"], development_powers),
		"help" | "--help" | "-h" => {
			println!("{USAGE}");
			return Ok(());
		},
		other => return Err(format!("there is no command {other}\n\n{USAGE}").into()),
	};
	run(&Options::parse(known, rest)?)
}

fn main() -> ExitCode {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let Err(error) = run(&arguments) else {
		return ExitCode::SUCCESS;
	};
	eprint!("error: {error}");
	let mut source = error.source();
	while let Some(cause) = source {
		eprint!(": {cause}");
		source = cause.source();
	}
	eprintln!();
	ExitCode::FAILURE
}
