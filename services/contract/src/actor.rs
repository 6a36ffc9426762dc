//! Who causes events where nobody asked for them (R36).

/// Fires timers.
pub const TIMER: &str = "usher:timer";
/// Sweeps (R27).
pub const SWEEP: &str = "usher:sweep";

/// Whether an event came of time alone: messages may name any actor, but their ids always have a `#`.
pub fn is_of_time(actor: &str, command_id: &str) -> bool {
    [TIMER, SWEEP].contains(&actor) && !command_id.contains('#')
}
