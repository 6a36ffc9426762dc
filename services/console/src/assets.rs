//! What pages load: part of the program, so that nothing has to be fetched from elsewhere.

use axum::{
    http::{
        HeaderName,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};

const STYLES: &str = include_str!("assets/console.css");
const SCRIPT: &str = include_str!("assets/console.js");
const THEME: &str = include_str!("assets/theme.js");
const ICON: &str = include_str!("assets/icon.svg");

const CSS_TYPE: &str = "text/css; charset=utf-8";
const JS_TYPE: &str = "text/javascript; charset=utf-8";
const SVG_TYPE: &str = "image/svg+xml";

/// Asked for anew each time they are used a minute later: a newer program has others at the same addresses.
const CACHE: &str = "max-age=60";

type Asset = ([(HeaderName, &'static str); 2], &'static str);

const fn asset(content_type: &'static str, text: &'static str) -> Asset {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, CACHE)], text)
}

pub(crate) async fn styles() -> impl IntoResponse {
    asset(CSS_TYPE, STYLES)
}

pub(crate) async fn script() -> impl IntoResponse {
    asset(JS_TYPE, SCRIPT)
}

pub(crate) async fn theme() -> impl IntoResponse {
    asset(JS_TYPE, THEME)
}

pub(crate) async fn icon() -> impl IntoResponse {
    asset(SVG_TYPE, ICON)
}
