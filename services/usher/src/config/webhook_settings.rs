//! How events are posted.

use std::time::Duration;

use notify::webhooks::{AddressRules, WebhookPatience};

use super::{Hours, Settings, Switch};

/// Which addresses are taken.
pub fn address_rules(settings: &Settings) -> AddressRules {
    AddressRules { is_http_taken: settings.webhooks_over_http.is_some_and(|Switch(is_on)| is_on) }
}

/// How long it is tried to post an event.
pub fn webhook_patience(settings: &Settings) -> WebhookPatience {
    let patience = WebhookPatience::default();
    match settings.webhooks_disable_after_hours {
        Some(Hours(hours)) => {
            WebhookPatience { disable_after: Duration::from_secs(u64::from(hours) * 3_600), ..patience }
        }
        None => patience,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_open_wire_has_to_be_asked_for() {
        let mut settings = Settings::default();
        assert!(!address_rules(&settings).is_http_taken);
        settings.set("webhooks_over_http", "true").unwrap();
        assert!(address_rules(&settings).is_http_taken);
    }

    #[test]
    fn a_webhook_is_disabled_after_five_days_or_as_many_hours_as_one_likes() {
        let mut settings = Settings::default();
        assert_eq!(webhook_patience(&settings).disable_after, Duration::from_secs(5 * 24 * 3_600));
        settings.set("webhooks_disable_after_hours", "2").unwrap();
        assert_eq!(webhook_patience(&settings).disable_after, Duration::from_secs(7_200));
    }
}
