//! How mail is sent.

use std::sync::Arc;

use engine::ClockMode;
use notify::mail::{History, MailSettings, Patience, Templates};

use super::{ConfigError, MailRate, Settings, Switch};

/// What the settings say about mail; `None` where they name no server. The other settings of mail then mean nothing.
pub fn mail_settings(settings: &Settings) -> Result<Option<MailSettings>, ConfigError> {
    let Some(smtp) = settings.smtp.clone() else { return Ok(None) };
    let templates = match &settings.mail_templates {
        Some(folder) => Templates::in_folder(folder),
        None => Templates::built_in(),
    };
    let MailRate(per_second) = settings.mail_per_second.unwrap_or_default();
    let Switch(to_instances) = settings.duo_seat_assignment_email_for_sm.unwrap_or(Switch(true));
    Ok(Some(MailSettings {
        smtp,
        templates: Arc::new(templates.map_err(ConfigError::MailTemplates)?),
        per_second,
        to_instances,
        patience: Patience::default(),
        history: history(settings.clock.unwrap_or_default()),
    }))
}

/// Whether the store's clock tells what is history.
const fn history(clock: ClockMode) -> History {
    match clock {
        ClockMode::System => History::Recognisable,
        ClockMode::Manual(_) | ClockMode::EventTime(_) => History::Unrecognisable,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(given: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::default();
        given.iter().for_each(|(name, value)| settings.set(name, value).unwrap());
        settings
    }

    #[test]
    fn without_a_server_there_is_no_mail() {
        assert!(mail_settings(&settings(&[("mail_per_second", "5")])).unwrap().is_none());
    }

    #[test]
    fn r33_instances_are_written_to_unless_the_switch_is_off() {
        let smtp = ("smtp", "smtp://localhost");
        assert!(mail_settings(&settings(&[smtp])).unwrap().unwrap().to_instances);
        for (value, is_on) in [("false", false), ("off", false), ("true", true), ("on", true)] {
            let settings = settings(&[smtp, ("duo_seat_assignment_email_for_sm", value)]);
            assert_eq!(mail_settings(&settings).unwrap().unwrap().to_instances, is_on, "{value}");
        }
    }

    #[test]
    fn templates_that_are_not_there_are_told_by_the_setting() {
        let settings = settings(&[("smtp", "smtp://localhost"), ("mail_templates", "/nowhere")]);
        assert!(mail_settings(&settings).unwrap_err().to_string().contains("mail_templates"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let smtp = "smtp://me:hunter2@mail.example.com?from=usher@example.com";
        let settings = settings(&[("smtp", smtp)]);
        assert!(!format!("{settings:?}{:?}", mail_settings(&settings)).contains("hunter2"));
    }
}
