//! The rules of the domain, each named by the tests that hold it, through given/when/then.
//!
//! Most tests tell what happened with a [`case::Case`] and ask the last question through the framework of `cqrs-es`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod adapter;
mod case;
mod directory;
mod edges;
mod instances;
mod own_path;
mod purchases;
mod refusal_order;
mod seats;
mod subscription;
mod trials;
mod undo;
