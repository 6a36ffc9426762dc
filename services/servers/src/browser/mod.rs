//! A Chromium without a screen, driven over WebDriver.

mod axe;

use std::{env, sync::OnceLock};

pub use axe::axe;

use crate::{
    Unavailable,
    folder::Folder,
    ports, programs,
    supervisor::{Program, Supervisor},
};

/// The variable by which whoever runs the tests says that there is no browser, and why.
const SWITCHED_OFF: &str = "WITHOUT_BROWSER";
const MEND: &str = "install the Debian packages chromium and chromium-driver";

/// The driver of a browser; each session of it has a browser of its own.
#[derive(Debug)]
pub struct Browser {
    // Held while it is used: with it the driver and its browsers end.
    _supervisor: Supervisor,
    port: u16,
}

impl Browser {
    /// The one driver that all tests of this process share; started by whoever comes first.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had: the same for all.
    pub fn shared() -> Result<&'static Self, Unavailable> {
        static SHARED: OnceLock<Result<Browser, Unavailable>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    /// Starts a driver of one's own.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start() -> Result<Self, Unavailable> {
        if let Ok(reason) = env::var(SWITCHED_OFF) {
            return Err(Unavailable::SwitchedOff { server: "browser", reason });
        }
        programs::find("chromium").ok_or(Unavailable::Missing { program: "chromium", mend: MEND })?;
        let driver =
            programs::find("chromedriver").ok_or(Unavailable::Missing { program: "chromedriver", mend: MEND })?;
        let (folder, guard) = Folder::new("browser", &[])?;
        let port = ports::free()?;
        let arguments = [format!("--port={port}")];
        let program = Program {
            name: "chromedriver",
            command: folder.as_owner(&driver, &arguments),
            ready: "was started successfully",
            stop: "TERM",
        };
        let supervisor = Supervisor::new(program, &folder, guard)?;
        supervisor.restart()?;
        Ok(Self { _supervisor: supervisor, port })
    }

    /// Where the driver listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
