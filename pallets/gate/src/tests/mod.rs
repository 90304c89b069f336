//! Tests: the list of candidates, sessions, the rules of planning, attacks, what capturing costs.

mod attacks;
mod candidates;
mod capture;
mod planning;
mod properties;
mod sessions;
