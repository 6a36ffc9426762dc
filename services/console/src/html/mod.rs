//! What pages are made of. Whatever is put into them is escaped by the templates.

mod chart;
mod day_form;
mod layout;
mod parts;
mod words;

pub(crate) use chart::seat_chart;
pub(crate) use day_form::{DayForm, day_form};
pub(crate) use layout::{Place, Shell, Tab, error_page, licensee_page, page};
pub(crate) use parts::{
    chip, day, day_and_time, empty, hidden, moment, notice, pager, problem_notice, product_chip, seats_meter,
    status_chip,
};
pub(crate) use words::{
    add_on_name, event_sentence, event_tone, in_words, plan_name, refusal_words, seats, seats_are, timer_words,
};
