# Sourced by the scripts: one target folder outside the checkout, one profile, one toolchain.

woppal_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/woppal/target}
# The runtime stays usable only when its WebAssembly is optimised, whatever the profile.
export WASM_BUILD_TYPE=release
bin=$CARGO_TARGET_DIR/debug

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
	printf 'error: %s\n' "$1" >&2
	[ -z "${2:-}" ] || printf '  fix: %s\n' "$2" >&2
	exit 1
}

# Where `wasm32v1-none` lives: with rustup's compiler, or with the distribution's.
if command -v rustup >/dev/null 2>&1 &&
	rustup target list --installed 2>/dev/null | grep -qx wasm32v1-none; then
	:
elif [ -d /usr/lib/rustlib/wasm32v1-none/lib ]; then
	export PATH=/usr/lib/woppal/bin:/usr/bin:$PATH
fi

# cargo's own subcommands, from the same toolchain as cargo.
cargo_sub() {
	local cargo
	cargo=$(command -v cargo)
	if [ "$cargo" = /usr/bin/cargo ] && [ -x "/usr/bin/cargo-$1" ]; then
		"/usr/bin/cargo-$1" "$@"
	else
		cargo "$@"
	fi
}
