//! Gauges that are looked up when somebody asks for the metrics.

use engine::Engine;
use metrics::gauge;
use views::Views;

/// Sets them: how many commands wait, and how many records of the shards that are decided here the read models do not show
/// yet. Reads memory only, so that the metrics are there when the store is not.
pub(crate) fn set(engine: &Engine, views: Option<&Views>) {
    gauge!("usher_commands_waiting").set(count(engine.commands_waiting() as u64));
    let Some(views) = views else { return };
    let (committed, shown, decided) = (engine.positions(), views.positions(), engine.decided_shards());
    for position in committed.iter() {
        let shown = shown.of(position.shard).unwrap_or(0);
        // What other nodes have committed since is not known here.
        let is_known = decided.contains(&position.shard);
        let lag = if is_known { position.position.saturating_sub(shown) } else { 0 };
        gauge!("usher_views_lag_records", "shard" => position.shard.to_string()).set(count(lag));
    }
}

#[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn count(number: u64) -> f64 {
    number as f64
}
