//! The loop: experiment, prove, claim.
//!
//! [`decide`] holds the decisions as a pure function of the chain's view and the stored state;
//! [`run`] carries them out (the choice of experiments and the
//! upkeep beside them in files of their own); [`strategy`] chooses configs; [`state`] is what survives a kill.

mod choosing;
pub mod decide;
pub mod lab;
pub mod run;
pub mod state;
pub mod strategy;
mod upkeep;

#[cfg(test)]
pub(crate) mod simulation;
#[cfg(test)]
mod tests;
