//! The tests, by page. What is in the name of this module tells them from others that need no browser.

mod accessibility;
mod changes;
mod escaping;
mod history;
mod seats;
mod signing_in;
mod subscription;
