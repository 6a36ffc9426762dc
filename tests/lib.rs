//! Nothing here: see the integration tests beside this file.
