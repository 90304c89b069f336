//! What offences cost, who is paid, what is kept; equivocations through the SDK's pallet; gain and cost of
//! cheating; random sequences beside a model.

mod equivocations;
mod incentives;
mod offences;
mod properties;
