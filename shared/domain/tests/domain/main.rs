//! What the core promises, one module a part.

#[cfg(test)]
mod account;
#[cfg(test)]
mod all_clear;
#[cfg(test)]
mod audit_starts;
#[cfg(test)]
mod audit_steps;
#[cfg(test)]
mod bakes;
#[cfg(test)]
mod bakes_chosen;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod callers;
#[cfg(test)]
mod checkpoint;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod dark;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod first;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod fleet_refused;
#[cfg(test)]
mod freezes;
#[cfg(test)]
mod full_load;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod history;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod late;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod leftovers;
#[cfg(test)]
mod lookout;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod lost_home;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod measured;
#[cfg(test)]
mod moments;
#[cfg(test)]
mod newer;
#[cfg(test)]
mod night;
#[cfg(test)]
mod open_pages;
#[cfg(test)]
mod order;
#[cfg(test)]
mod other_instances;
#[cfg(test)]
mod overview;
#[cfg(test)]
mod own_means;
#[cfg(test)]
mod past;
#[cfg(test)]
mod pilot;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod probation;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod replaced;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replay_verdicts;
#[cfg(test)]
mod residency;
#[cfg(test)]
mod scaling;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod serving_role;
#[cfg(test)]
mod shadow;
#[cfg(test)]
mod shifted;
#[cfg(test)]
mod sights;
#[cfg(test)]
mod skew;
#[cfg(test)]
mod stages;
#[cfg(test)]
mod told;
#[cfg(test)]
mod tries;
#[cfg(test)]
mod unasked;
#[cfg(test)]
mod unheard;
#[cfg(test)]
mod waves;
#[cfg(test)]
mod way_back;
