//! What is written.

use std::{fs, io, path::Path};

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::NotifyError;

const SUBJECT: &str = "seat_assigned.subject.txt";
const TEXT: &str = "seat_assigned.txt";
const HTML: &str = "seat_assigned.html";

/// The templates by the names of their files, as they are built in.
const BUILT_IN: &[(&str, &str)] = &[
    (SUBJECT, include_str!("../../templates/seat_assigned.subject.txt")),
    (TEXT, include_str!("../../templates/seat_assigned.txt")),
    (HTML, include_str!("../../templates/seat_assigned.html")),
];
/// The largest template that is taken, bytes.
const TEMPLATE_BYTES_MAX: u64 = 1024 * 1024;

/// What mails are made by, in the language of Jinja. What is put into HTML is escaped.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

/// What templates can speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// Who is written to.
    pub(super) name: String,
    pub(super) username: String,
    /// Whose licence it is: the id, and the name to be shown.
    pub(super) licensee: String,
    pub(super) licensee_name: String,
    pub(super) product: String,
    /// The add-on: the id, and the name to be shown.
    pub(super) add_on: String,
    pub(super) add_on_name: String,
    /// When the seat was given, RFC 3339.
    pub(super) assigned_at: String,
}

/// A mail's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Templates {
    /// Those that are built in.
    ///
    /// # Errors
    /// None, as a test shows.
    pub fn built_in() -> Result<Self, NotifyError> {
        Self::of(|_| Ok(None))
    }

    /// Those in a folder; for a file that is missing there, the one that is built in.
    ///
    /// # Errors
    /// [`NotifyError::Io`] for a folder that can't be read, [`NotifyError::Template`] for a template that can't be used, or
    /// speaks of what is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, NotifyError> {
        fs::read_dir(folder).map_err(|source| NotifyError::Io { path: folder.to_owned(), source })?;
        Self::of(|name| {
            let file = folder.join(name);
            read(&file).map_err(|source| NotifyError::Io { path: file.clone(), source })
        })
    }

    fn of(own: impl Fn(&str) -> Result<Option<String>, NotifyError>) -> Result<Self, NotifyError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, built_in) in BUILT_IN {
            let source = own(name)?.unwrap_or_else(|| (*built_in).to_owned());
            environment.add_template_owned(*name, source).map_err(|source| unusable(name, source))?;
        }
        let templates = Self(environment);
        // A mistake is told at the start, not with the first mail.
        templates.write(&Values::example())?;
        Ok(templates)
    }

    /// Writes a mail.
    pub(super) fn write(&self, values: &Values) -> Result<Written, NotifyError> {
        let subject = self.render(SUBJECT, values)?;
        // A header is one line.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Written { subject, text: self.render(TEXT, values)?, html: self.render(HTML, values)? })
    }

    fn render(&self, name: &str, values: &Values) -> Result<String, NotifyError> {
        let template = self.0.get_template(name).map_err(|source| unusable(name, source))?;
        template.render(values.for_template()).map_err(|source| unusable(name, source))
    }
}

impl Values {
    /// Each under its own name.
    fn for_template(&self) -> Value {
        let Self { name, username, licensee, licensee_name, product, add_on, add_on_name, assigned_at } = self;
        Value::from_pairs([
            ("name", name.as_str()),
            ("username", username),
            ("licensee", licensee),
            ("licensee_name", licensee_name),
            ("product", product),
            ("add_on", add_on),
            ("add_on_name", add_on_name),
            ("assigned_at", assigned_at),
        ])
    }

    fn example() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            name: text("Ann Example"),
            username: text("ann"),
            licensee: text("acme"),
            licensee_name: text("Acme"),
            product: text("duo"),
            add_on: text("duo_pro"),
            add_on_name: text("GitLab Duo Pro"),
            assigned_at: text("2026-01-31T00:00:00Z"),
        }
    }
}

/// How an add-on is called: `duo_pro` is GitLab Duo Pro.
pub(super) fn add_on_name(add_on: &str) -> String {
    let words = add_on.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    std::iter::once("GitLab".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

fn read(file: &Path) -> io::Result<Option<String>> {
    match fs::metadata(file) {
        Ok(found) if found.len() > TEMPLATE_BYTES_MAX => {
            Err(io::Error::other(format!("it has more than {TEMPLATE_BYTES_MAX} bytes")))
        }
        Ok(_) => fs::read_to_string(file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn unusable(name: &str, source: minijinja::Error) -> NotifyError {
    NotifyError::Template { name: name.to_owned(), source }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn r33_the_subject_welcomes_to_the_add_on() {
        let templates = Templates::built_in().unwrap();
        for (add_on, subject) in
            [("duo_pro", "Welcome to GitLab Duo Pro"), ("duo_enterprise", "Welcome to GitLab Duo Enterprise")]
        {
            let values = Values { add_on_name: add_on_name(add_on), ..Values::example() };
            assert_eq!(templates.write(&values).unwrap().subject, subject);
        }
    }

    #[test]
    fn names_are_escaped_where_they_could_be_markup_and_only_there() {
        let values = Values { name: "<b>Ann & Bob</b>".into(), ..Values::example() };
        let written = Templates::built_in().unwrap().write(&values).unwrap();
        assert!(written.text.contains("Hello <b>Ann & Bob</b>,"), "{}", written.text);
        assert!(written.html.contains("Hello &lt;b&gt;Ann &amp; Bob&lt;"), "{}", written.html);
    }

    #[test]
    fn an_operator_replaces_what_they_like() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SUBJECT), "Your seat\r\nBcc: {{ username }}\n").unwrap();
        let written = Templates::in_folder(folder.path()).unwrap().write(&Values::example()).unwrap();
        assert_eq!(written.subject, "Your seat Bcc: ann", "a subject stays one line");
        assert!(written.text.contains("GitLab Duo Pro"), "the rest is as built in");
    }

    #[test]
    fn a_template_that_cannot_be_used_is_told_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["{{ nmae }}", "{% if %}", "{{ name"] {
            fs::write(folder.path().join(TEXT), bad).unwrap();
            let error = Templates::in_folder(folder.path()).unwrap_err();
            assert!(error.to_string().contains(TEXT), "{error}");
        }
        assert!(Templates::in_folder(&folder.path().join("none")).is_err());
    }
}
