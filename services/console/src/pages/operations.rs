//! How the process is, for those who operate it: from its own metrics and the store.

mod metrics;

use api::ShardProgress;
use axum::extract::State;
use licensing::LicenseeId;
use maud::{Markup, html};

use self::metrics::{Metrics, Sample};
use crate::{
    Console,
    failure::Failure,
    html::{Place, Shell, chip, empty, in_words, notice, page},
    interface::Target,
    visitor::Visitor,
    wire::{Licensee, Page, Refused},
};

/// Of how many licensees the refusals are shown.
const LICENSEES_MAX: &str = "20";
/// How many refusals are read of each, and shown in all.
const REFUSALS_READ: &str = "1000";
const REFUSALS_SHOWN: usize = 20;

/// The page.
pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> Result<Markup, Failure> {
    // First, as it is for those who may see everything.
    let metrics = Metrics::read(&console.interface().text(&visitor, Target::new("/metrics")).await?);
    let ready = console.interface().text(&visitor, Target::new("/readyz")).await.is_ok();
    let services = console.services().clone();
    let shards = tokio::task::spawn_blocking(move || services.shard_progress()).await.ok().flatten();
    let refusals = refusals(&console, &visitor).await?;
    let content = html! {
        div.heading { h1 { "Operations" } @if ready { (chip("good", "Ready")) } @else { (chip("bad", "Not ready")) } }
        div.cards { (commands(&metrics)) (requests(&metrics)) (kafka(&metrics)) }
        (shard_table(shards.as_deref(), &metrics))
        (dead_letters(&metrics))
        (refusal_counts(&metrics))
        (refusal_list(&refusals))
    };
    let shell = Shell { title: "Operations", place: Place::Operations, visitor: Some(&visitor), follows: None };
    Ok(page(&shell, &content))
}

/// The newest refusals of the first licensees, with whose they are.
async fn refusals(console: &Console, visitor: &Visitor) -> Result<Vec<(LicenseeId, Refused)>, Failure> {
    let target = Target::new("/v1/licensees").with("limit", LICENSEES_MAX);
    let licensees: Page<Licensee> = console.interface().get(visitor, target).await?;
    let mut all = Vec::new();
    for licensee in licensees.items {
        let target = Target::new(format!("/v1/licensees/{}/refusals", licensee.licensee)).with("limit", REFUSALS_READ);
        let page: Page<Refused> = console.interface().get(visitor, target).await?;
        let newest = page.items.into_iter().rev().take(REFUSALS_SHOWN).collect::<Vec<_>>();
        all.extend(newest.into_iter().map(|refused| (licensee.licensee.clone(), refused)));
    }
    all.sort_by_key(|(_, refused)| std::cmp::Reverse(refused.time));
    all.truncate(REFUSALS_SHOWN);
    Ok(all)
}

fn commands(metrics: &Metrics) -> Markup {
    html! {
        section.card {
            h2 { "Commands" }
            dl {
                @for outcome in ["accepted", "refused", "duplicate"] {
                    dt { (in_words(outcome)) } dd { (metrics.sum_where("usher_commands_total", "outcome", outcome)) }
                }
                dt { "Events" } dd { (metrics.sum("usher_events_total")) }
                dt { "Commits" } dd { (metrics.sum("usher_commits_total")) }
                dt { "Failed commits" } dd { (metrics.sum("usher_commit_failures_total")) }
                dt { "Removed by sweeps" } dd { (metrics.sum("usher_sweep_removed_total")) }
            }
            p.quiet { "Since this process started." }
        }
    }
}

fn requests(metrics: &Metrics) -> Markup {
    html! {
        section.card {
            h2 { "Requests" }
            dl {
                @for (class, title) in [("2", "Answered"), ("4", "Refused"), ("5", "Failed")] {
                    dt { (title) } dd { (metrics.sum_starting("usher_http_requests_total", "status", class)) }
                }
                dt { "Handed to other nodes" } dd { (metrics.sum("usher_orders_forwarded_total")) }
            }
        }
    }
}

fn kafka(metrics: &Metrics) -> Markup {
    let is_there = metrics.has("usher_relay_lag_records") || metrics.has("usher_intake_partitions");
    html! {
        section.card {
            h2 { "Kafka" }
            @if is_there {
                dl {
                    dt { "Relay is behind by" } dd { (metrics.sum("usher_relay_lag_records")) " records" }
                    dt { "Messages being worked on" } dd { (metrics.sum("usher_intake_undone_messages")) }
                    dt { "Partitions" } dd { (metrics.sum("usher_intake_partitions")) }
                    @let errors = metrics.sum("usher_relay_errors_total") + metrics.sum("usher_intake_errors_total");
                    dt { "Errors" } dd { (errors) }
                }
            } @else { p.quiet { "This process runs without: start it with " code { "--kafka" } "." } }
        }
    }
}

fn shard_table(shards: Option<&[ShardProgress]>, metrics: &Metrics) -> Markup {
    let Some(shards) = shards else {
        return notice("bad", "The store does not answer", &html! { "See usher's log." });
    };
    html! {
        div.table-frame role="region" aria-label="Shards" tabindex="0" {
            table {
                caption { "Shards: how far records are committed, and how far behind them index, pages and Kafka are" }
                thead {
                    tr {
                        th.number scope="col" { "Shard" }
                        th scope="col" { "Decided" }
                        @for title in ["Commits", "Records", "Index behind", "Views behind", "Relay behind"] {
                            th.number scope="col" { (title) }
                        }
                    }
                }
                tbody {
                    @for shard in shards {
                        tr {
                            td.number { (shard.shard) }
                            td { @if shard.is_decided_here { "Here" } @else { span.quiet { "Elsewhere" } } }
                            td.number { (shard.commits) }
                            td.number { (shard.committed) }
                            td.number { (shard.committed.saturating_sub(shard.indexed)) }
                            td.number { (shard.committed.saturating_sub(shard.shown)) }
                            td.number {
                                @let lag = metrics.one("usher_relay_lag_records", "shard", &shard.shard.to_string());
                                @if let Some(lag) = lag { (lag) } @else { "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn dead_letters(metrics: &Metrics) -> Markup {
    let letters: Vec<&Sample> = metrics.of("usher_intake_dead_letters_total").collect();
    html! {
        section.card {
            h2 { "Dead letters" }
            @if letters.is_empty() {
                p.quiet { "None since this process started." }
            } @else {
                dl {
                    @for letter in &letters {
                        dt { (letter.label("topic")) }
                        dd { (letter.value) " × " (letter.label("code")) }
                    }
                }
            }
            p.quiet {
                "To see them and to send them again: "
                code { "usher dead-letters list" } ", " code { "usher dead-letters retry" } "."
            }
        }
    }
}

fn refusal_counts(metrics: &Metrics) -> Markup {
    let counts: Vec<&Sample> = metrics.of("usher_refusals_total").collect();
    html! {
        @if !counts.is_empty() {
            section.card {
                h2 { "Refusals by code" }
                dl { @for count in &counts { dt { code { (count.label("code")) } } dd { (count.value) } } }
            }
        }
    }
}

fn refusal_list(refusals: &[(LicenseeId, Refused)]) -> Markup {
    if refusals.is_empty() {
        return empty("Nothing was refused", &html! { "What is refused is kept here with its reason." });
    }
    html! {
        div.table-frame role="region" aria-label="Refusals" tabindex="0" {
            table {
                caption { "The newest refusals" }
                thead {
                    tr { @for title in ["When", "Licensee", "What", "Why", "By"] { th scope="col" { (title) } } }
                }
                tbody {
                    @for (licensee, refused) in refusals {
                        tr {
                            td { (crate::html::day_and_time(refused.time)) }
                            td { a href={ "/licensees/" (licensee) "/history" } { (licensee) } }
                            td { (refused.r#type) }
                            td { (chip("bad", &in_words(&refused.code))) div.quiet { (refused.detail) } }
                            td { (refused.actor) }
                        }
                    }
                }
            }
        }
    }
}
