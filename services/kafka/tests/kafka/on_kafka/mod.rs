//! All of this needs a broker: whoever has none leaves it out by this module's name.

mod dead_letters;
mod faults;
mod fixture;
mod intake;
mod relay;
mod sample;
mod security;
mod sink;
mod topics;
