#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| woppal_zkwasm_fuzz::step(data));
