//! How the process is, for those who operate it: from its own metrics and the store.

mod metrics;

use api::{RefusalsTold, ShardProgress};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use self::metrics::{Metrics, Sample};
use crate::{
    Console, DeadLetter, Owners,
    changes::{self, Watched},
    failure::{Failure, Problem},
    fields::Fields,
    html::{Place, Shell, chip, day_and_time, empty, hidden, in_words, notice, page},
    interface::Target,
    visitor::Visitor,
};

/// How many refusals and dead letters are shown, the newest.
const REFUSALS_SHOWN: usize = 50;
const LETTERS_SHOWN: usize = 50;

/// The page.
pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> Result<Markup, Failure> {
    // First, as it is for those who may see everything.
    let metrics = Metrics::read(&console.interface().text(&visitor, Target::new("/metrics")).await?);
    let version = Watched::All.version(&console, &visitor).await?;
    let ready = console.interface().text(&visitor, Target::new("/readyz")).await.is_ok();
    let services = console.services().clone();
    let read = move || (services.shard_progress(), services.refusals_told(REFUSALS_SHOWN));
    let (shards, refusals) = tokio::task::spawn_blocking(read).await.unwrap_or_default();
    let letters = letters(&console).await;
    let content = html! {
        div.heading { h1 { "Operations" } @if ready { (chip("good", "Ready")) } @else { (chip("bad", "Not ready")) } }
        div.cards { (commands(&metrics)) (requests(&metrics)) (kafka(&metrics)) (notices(&metrics)) }
        (shard_table(shards.as_deref(), &metrics, console.parts.owners.as_ref()))
        (dead_letters(&metrics, letters.as_ref(), visitor.caller.is_operator))
        @match &refusals {
            Some(told) => { (refusal_counts(told)) (refusal_list(told)) },
            None => (notice("bad", "Refusals can't be read now", &html! { "See usher's log." })),
        }
    };
    let follows = Some((changes::OF_ALL.to_owned(), version));
    let shell = Shell { title: "Operations", place: Place::Operations, visitor: Some(&visitor), follows };
    Ok(page(&shell, &content))
}

/// Sends a dead letter again.
pub(crate) async fn retry(
    State(console): State<Console>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Failure> {
    if !visitor.caller.is_operator {
        let detail = "only operators may send dead letters again: sign in with another token";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into());
    }
    let Some(letters) = console.parts.dead_letters.clone() else {
        return Err(Failure::not_found("this process has no broker: start it with --kafka"));
    };
    let id = fields.text("id").to_owned();
    let sent = tokio::task::spawn_blocking(move || letters.retry(&id)).await;
    let sent = sent.unwrap_or_else(|_| Err("usher failed on it: see its log".to_owned()));
    let (status, tone, title, what) = match sent {
        Ok(what) => (StatusCode::OK, "good", "Sent again", what),
        Err(why) => (StatusCode::CONFLICT, "bad", "Not sent", why),
    };
    let content = html! {
        h1 { "Dead letters" }
        (notice(tone, title, &html! { (what) }))
        p { a.button href="/operations" { "Back to operations" } }
    };
    let shell = Shell { title, place: Place::Operations, visitor: Some(&visitor), follows: None };
    Ok((status, page(&shell, &content)).into_response())
}

/// The newest dead letters, or why they can't be had; `None` without a broker.
async fn letters(console: &Console) -> Option<Result<Vec<DeadLetter>, String>> {
    let letters = console.parts.dead_letters.clone()?;
    let read = tokio::task::spawn_blocking(move || letters.newest(LETTERS_SHOWN)).await;
    Some(read.unwrap_or_else(|_| Err("usher failed on it: see its log".to_owned())))
}

fn commands(metrics: &Metrics) -> Markup {
    html! {
        section.card {
            h2 { "Commands" }
            dl {
                @for outcome in ["accepted", "refused", "duplicate"] {
                    dt { (in_words(outcome)) } dd { (metrics.sum_where("usher_commands_total", "outcome", outcome)) }
                }
                dt { "Waiting to be decided" } dd { (metrics.sum("usher_commands_waiting")) }
                dt { "Events" } dd { (metrics.sum("usher_events_total")) }
                dt { "Commits" } dd { (metrics.sum("usher_commits_total")) }
                dt { "Failed commits" } dd { (metrics.sum("usher_commit_failures_total")) }
                dt { "Removed by sweeps" } dd { (metrics.sum("usher_sweep_removed_total")) }
            }
            p.quiet { "Since this process started; how many wait is of now." }
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
                    dt { "Messages taken in and not done" } dd { (metrics.sum("usher_intake_undone_messages")) }
                    dt { "Partitions" } dd { (metrics.sum("usher_intake_partitions")) }
                    @let errors = metrics.sum("usher_relay_errors_total") + metrics.sum("usher_intake_errors_total");
                    dt { "Errors" } dd { (errors) }
                }
            } @else { p.quiet { "This process runs without: start it with " code { "--kafka" } "." } }
        }
    }
}

/// What people and programs are told.
fn notices(metrics: &Metrics) -> Markup {
    html! { section.card { h2 { "Mail and webhooks" } (mail(metrics)) (webhooks(metrics)) } }
}

fn mail(metrics: &Metrics) -> Markup {
    let given_up = metrics.sum("usher_mail_given_up");
    html! {
        @if metrics.has("usher_mail_waiting") {
            dl {
                dt { "Mails to be sent" } dd { (metrics.sum("usher_mail_waiting")) }
                dt { "Mails given up" } dd { (given_up) }
            }
            @if given_up > 0 {
                p { code { "usher mail list --given-up" } " tells which and why, " code { "usher mail retry" } " sends them again." }
            }
        } @else { p.quiet { "This process sends no mail: start it with " code { "--smtp" } "." } }
    }
}

fn webhooks(metrics: &Metrics) -> Markup {
    let in_state = |state: &str| metrics.sum_where("usher_webhooks", "state", state);
    let (disabled, failing) = (in_state("disabled"), metrics.sum("usher_webhook_lanes_failing"));
    html! {
        @if metrics.has("usher_webhooks") {
            dl {
                dt { "Webhooks" } dd { (in_state("enabled")) }
                dt { "Disabled" } dd { (disabled) }
                dt { "Failing now" } dd { (failing) }
                dt { "Behind by" } dd { (metrics.sum("usher_webhook_records_behind")) " records" }
            }
            @if disabled + failing > 0 {
                p { code { "usher webhooks list" } " tells which and why, " code { "usher webhooks enable" } " has one go on." }
            }
        } @else { p.quiet { "This process posts to no webhooks: it is without the role " code { "notify" } "." } }
    }
}

/// Who decides a shard.
fn owner(shard: &ShardProgress, owners: Option<&Owners>) -> Markup {
    if shard.is_decided_here {
        return html! { "Here" };
    }
    html! {
        @match owners.and_then(|owners| owners(shard.shard)) {
            Some(address) => (address),
            None => (chip("bad", "Nobody")),
        }
    }
}

fn shard_table(shards: Option<&[ShardProgress]>, metrics: &Metrics, owners: Option<&Owners>) -> Markup {
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
                        th scope="col" { "Decided by" }
                        @for title in ["Commits", "Records", "Index behind", "Views behind", "Relay behind"] {
                            th.number scope="col" { (title) }
                        }
                    }
                }
                tbody {
                    @for shard in shards {
                        tr {
                            td.number { (shard.shard) }
                            td { (owner(shard, owners)) }
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

fn dead_letters(metrics: &Metrics, letters: Option<&Result<Vec<DeadLetter>, String>>, may_retry: bool) -> Markup {
    let counts: Vec<&Sample> = metrics.of("usher_intake_dead_letters_total").collect();
    html! {
        section.card {
            h2 { "Dead letters" }
            @if !counts.is_empty() {
                p.quiet { "Since this process started:" }
                dl {
                    @for count in &counts {
                        dt { (count.label("topic")) }
                        dd { (count.value) " × " (count.label("code")) }
                    }
                }
            }
            @match letters {
                None => p.quiet {
                    "This process has no broker, so it knows of none: start it with " code { "--kafka" } ". "
                    "Messages that came over HTTP and were refused are below."
                },
                Some(Err(why)) => (notice("bad", "They can't be read now", &html! { (why) })),
                Some(Ok(letters)) if letters.is_empty() => p.quiet { "None: every message could be read and was taken." },
                Some(Ok(letters)) => (letter_table(letters, may_retry)),
            }
        }
    }
}

fn letter_table(letters: &[DeadLetter], may_retry: bool) -> Markup {
    html! {
        div.table-frame role="region" aria-label="Dead letters" tabindex="0" {
            table {
                caption { "The newest of them" }
                thead {
                    tr {
                        @for title in ["When", "Topic", "Key", "Why"] { th scope="col" { (title) } }
                        th scope="col" { span.visually-hidden { "Send again" } }
                    }
                }
                tbody { @for letter in letters { (letter_row(letter, may_retry)) } }
            }
        }
    }
}

fn letter_row(letter: &DeadLetter, may_retry: bool) -> Markup {
    html! {
        tr {
            td { @if let Some(time) = letter.time { (day_and_time(time)) } }
            td { (letter.topic) div.quiet { (letter.id) } }
            td { (letter.key.as_deref().unwrap_or("–")) }
            td { (chip("bad", &in_words(&letter.code))) div.quiet { (letter.reason) } }
            td.end {
                @if let Some(id) = &letter.retried_as { div.quiet { "Sent again as " (id) } }
                @if may_retry {
                    form method="post" action="/operations/dead-letters/retry" {
                        (hidden("id", &letter.id))
                        button.button type="submit" aria-label={ "Send " (letter.id) " again" } { "Send again" }
                    }
                }
            }
        }
    }
}

fn refusal_counts(told: &RefusalsTold) -> Markup {
    html! {
        @if !told.counts.is_empty() {
            section.card {
                h2 { "Refusals by code" }
                dl { @for (code, count) in &told.counts { dt { code { (code) } } dd { (count) } } }
                p.quiet { "Since the store was made." }
            }
        }
    }
}

fn refusal_list(told: &RefusalsTold) -> Markup {
    if told.newest.is_empty() {
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
                    @for (licensee, refused) in &told.newest {
                        tr {
                            td { (day_and_time(refused.time)) }
                            td { a href={ "/licensees/" (licensee) "/history" } { (licensee) } }
                            td { (refused.type_name) }
                            td { (chip("bad", &in_words(&refused.code))) div.quiet { (refused.detail) } }
                            td { (refused.actor) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_shard_is_with_this_process_another_or_nobody() {
        let shard = |shard, is_decided_here| ShardProgress {
            shard,
            commits: 1,
            committed: 1,
            indexed: 1,
            shown: 1,
            is_decided_here,
        };
        let owners: Owners = Arc::new(|shard| (shard == 1).then(|| "10.0.0.2:7000".to_owned()));
        let words = |shard: ShardProgress, owners| owner(&shard, owners).into_string();
        assert_eq!(words(shard(0, true), Some(&owners)), "Here");
        assert_eq!(words(shard(1, false), Some(&owners)), "10.0.0.2:7000");
        assert!(words(shard(2, false), Some(&owners)).contains("Nobody"));
        assert!(words(shard(1, false), None).contains("Nobody"));
    }
}
