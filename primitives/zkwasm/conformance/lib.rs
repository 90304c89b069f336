//! Nothing but tests: generated programs mean the same to zkWASM's machine and to `wasmi`.
