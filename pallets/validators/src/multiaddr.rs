//! Which bytes are a multiaddr: a list of protocols, each with its value.
//!
//! Source: the multiformats table of protocols, `multiaddr/protocols.csv`; those are known that libp2p's
//! transports use. An address of another protocol is refused until a runtime knows it. What an address
//! says is not checked: whoever dials it asks for the proof of the peer id.

use crate::types::is_peer_id;

/// The code of `p2p`, whose value is a peer id.
const P2P: u32 = 421;

/// How long a protocol's value is.
enum Size {
	/// So many bytes.
	Fixed(usize),
	/// As many bytes, at least one, as the varint before them says.
	Prefixed,
}

/// The size of a protocol's value; `None` for a protocol that is not known.
fn value_size(code: u32) -> Option<Size> {
	match code {
		// ip4, ip6
		4 => Some(Size::Fixed(4)),
		41 => Some(Size::Fixed(16)),
		// tcp, udp
		6 | 273 => Some(Size::Fixed(2)),
		// onion3
		445 => Some(Size::Fixed(37)),
		// webrtc-direct, webrtc, p2p-circuit, https, tls, noise, quic, quic-v1, webtransport, ws, wss, http
		280 | 281 | 290 | 443 | 448 | 454 | 460 | 461 | 465 | 477 | 478 | 480 => {
			Some(Size::Fixed(0))
		},
		// ip6zone, dns, dns4, dns6, dnsaddr, sni, certhash, http-path
		42 | 53..=56 | 449 | 466 | 481 | P2P => Some(Size::Prefixed),
		_ => None,
	}
}

/// Whether an address may start with this protocol: it says where to go, or which peer relays.
fn is_place(code: u32) -> bool {
	matches!(code, 4 | 41 | 42 | 53..=56 | 445 | P2P)
}

/// An unsigned varint in its shortest form, below 2^14, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
	match bytes {
		[low @ 0..=0x7f, rest @ ..] => Some((u32::from(*low), rest)),
		[low, high @ 1..=0x7f, rest @ ..] => {
			let high = u32::from(*high).saturating_mul(0x80);
			Some((high.saturating_add(u32::from(low & 0x7f)), rest))
		},
		_ => None,
	}
}

/// The first protocol's code, and what follows its value.
fn first_protocol(bytes: &[u8]) -> Option<(u32, &[u8])> {
	let (code, rest) = varint(bytes)?;
	let (size, rest) = match value_size(code)? {
		Size::Fixed(size) => (size, rest),
		Size::Prefixed => {
			let (size, rest) = varint(rest)?;
			(usize::try_from(size).ok().filter(|size| *size > 0)?, rest)
		},
	};
	let (value, rest) = rest.split_at_checked(size)?;
	(code != P2P || is_peer_id(value)).then_some((code, rest))
}

/// Whether the bytes are a multiaddr of known protocols that starts at a place.
pub fn is_multiaddr(bytes: &[u8]) -> bool {
	let Some((place, mut rest)) = first_protocol(bytes) else { return false };
	// Ends: every protocol takes at least a byte.
	while !rest.is_empty() {
		let Some((_, after)) = first_protocol(rest) else { return false };
		rest = after;
	}
	is_place(place)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// `/ip4/127.0.0.1/tcp/30333`
	const TCP: [u8; 8] = [4, 127, 0, 0, 1, 6, 0x76, 0x7d];

	fn p2p() -> Vec<u8> {
		[&[0xa5, 0x03, 0x26, 0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[7; 32]].concat()
	}

	#[test]
	fn addresses_of_the_usual_transports_are_taken() {
		// quic-v1 over udp, ws under a name, the relay's circuit.
		let quic = [4, 1, 2, 3, 4, 0x91, 0x02, 0x10, 0x00, 0xcd, 0x03];
		let ws = [54, 3, b'a', b'.', b'b', 6, 0, 80, 0xdd, 0x03];
		let circuit = [&TCP[..], &p2p(), &[0xa2, 0x02]].concat();
		let ip6 = [&[41][..], &[0; 16], &[6, 0, 1]].concat();
		for good in [&TCP[..], &quic, &ws, &circuit, &ip6, &p2p()] {
			assert!(is_multiaddr(good), "{good:?}");
		}
	}

	#[test]
	fn what_is_no_address_is_refused() {
		let text = b"/ip4/127.0.0.1/tcp/30333";
		let no_place = [6, 0x76, 0x7d];
		let unknown = [&TCP[..], &[0x7f]].concat();
		let padded_varint = [0x84, 0x00, 127, 0, 0, 1];
		let no_name = [53, 0, 6, 0, 80];
		let wrong_peer = [0xa5, 0x03, 2, 0x12, 0x20];
		for bad in [
			&[][..],
			text,
			&no_place,
			&TCP[..4],
			&TCP[..7],
			&unknown,
			&padded_varint,
			&no_name,
			&wrong_peer,
			&[0x80],
			&[53, 0xff, 0x7f, 1],
		] {
			assert!(!is_multiaddr(bad), "{bad:?}");
		}
	}

	proptest! {
		#[test]
		fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..140)) {
			let longer = [&TCP[..], &bytes].concat();
			// An address goes on with protocols only.
			prop_assert!(!is_multiaddr(&bytes) || is_multiaddr(&longer));
		}
	}
}
