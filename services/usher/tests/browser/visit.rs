//! Somebody in front of a browser.

use std::{future::Future, path::PathBuf, time::Duration};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use serde_json::{Value, json};
use servers::Browser;

/// How long something may take to appear, with room for a slow machine.
const APPEARS_MAX: Duration = Duration::from_secs(30);
/// How many elements the keyboard goes through at most to get somewhere.
const TABS_MAX: usize = 200;

pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const LEFT: &str = "\u{e012}";
pub const SPACE: &str = " ";

/// A browser of one's own, at a server.
pub struct Visit {
    client: Client,
    address: String,
}

/// Does something in a browser, which is closed however it ends.
pub fn visit<F: Future<Output = ()>>(address: &str, act: impl FnOnce(Visit) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = json!({ "goog:chromeOptions": { "args": [
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,1000",
    ] } });
    runtime.block_on(async {
        let mut builder = ClientBuilder::native();
        builder.capabilities(options.as_object().unwrap().clone());
        let client = builder.connect(&Browser::shared().unwrap().url()).await.unwrap();
        let visit = Visit { client: client.clone(), address: address.to_owned() };
        act(visit).await;
        client.close().await.unwrap();
    });
}

impl Visit {
    pub async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.address)).await.unwrap();
    }

    /// Path and query of the page that is shown.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Waits until there is something.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(APPEARS_MAX);
        wait.for_element(Locator::Css(css)).await.unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    pub async fn is_there(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Waits until the page says something.
    pub async fn says(&self, text: &str) {
        let finds = "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])";
        self.wait_until(&format!("the page to say {text:?}"), finds, vec![json!(text)]).await;
    }

    /// Waits until a script gives true.
    pub async fn wait_until(&self, what: &str, script: &str, arguments: Vec<Value>) {
        let deadline = std::time::Instant::now() + APPEARS_MAX;
        while self.run(script, arguments.clone()).await != json!(true) {
            assert!(std::time::Instant::now() < deadline, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script; while a page is being left, there is nothing to run it in.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_default()
    }

    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap()
    }

    /// Types into whatever has the focus.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Gets to an element as those do who have no mouse.
    pub async fn tab_to(&self, css: &str) {
        self.find(css).await;
        for _ in 0..TABS_MAX {
            let is_there = "return document.activeElement.matches(arguments[0])";
            if self.run(is_there, vec![json!(css)]).await == json!(true) {
                return;
            }
            self.press(TAB).await;
        }
        panic!("the keyboard does not get to {css}");
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Chooses a theme, for the pages after this one.
    pub async fn choose_theme(&self, theme: &str) {
        self.run("localStorage.setItem('usher-theme', arguments[0])", vec![json!(theme)]).await;
    }

    /// Keeps a picture of the page among what was built.
    pub async fn keep_picture(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}
