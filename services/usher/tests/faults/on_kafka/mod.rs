//! The faults, on real servers.

mod callers;
mod damages;
mod dice;
mod evidence;
mod faults;
mod ground;
mod kcat;
mod load;
mod messages;
mod node;
mod program;
mod publisher;
mod scene;
mod wait;
