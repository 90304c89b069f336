//! The loop: experiment, prove, claim.
//!
//! [`decide`] holds the decisions as a pure function of the chain's view and the stored state;
//! [`run`] carries them out (upkeep beside experiments in its own file); [`strategy`] chooses configs; [`state`] is what survives a kill.

pub mod decide;
pub mod lab;
pub mod run;
pub mod state;
pub mod strategy;
mod upkeep;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
