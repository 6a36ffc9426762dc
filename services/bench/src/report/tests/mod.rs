//! The shape of what others read.

use serde_json::Value;

use super::*;
use crate::{
    effort::Effort,
    measure::{Measure, Unit},
};

fn report() -> Report {
    let mut section = Section { benchmark: "commands", about: "seats a second", ..Section::default() };
    let measure = Measure { name: "commands", unit: Unit::PerSecond };
    let series = |contender: &str, samples: &[f64]| Series {
        contender: contender.to_owned(),
        measure,
        samples: samples.to_vec(),
    };
    let (ours, theirs) = (series("usher", &[100.0, 120.0, 110.0]), series("cqrs-es", &[2.0, 3.0, 2.0]));
    section.aim("times the peer", Wanted::AtLeast(40.0, Unit::Times), ours.ratios_to(&theirs));
    section.add_series("256 in flight", ours);
    section.add_series("256 in flight", theirs);
    section.note("a note");
    let curves = vec![Curve { name: "usher".to_owned(), points: vec![(10.0, 1.0)] }];
    let (file, title, axis) = ("growth".to_owned(), "cost".to_owned(), String::new());
    section.plots.push(Plot { file, title, x: axis.clone(), y: axis, curves });
    Report { circumstances: Circumstances::now(Effort::new(true, None)), sections: vec![section] }
}

#[test]
fn json_has_every_sample_and_all_circumstances() {
    let json = serde_json::to_value(report()).unwrap();
    let these = &json["circumstances"];
    for name in ["command", "date", "commit", "quick", "rounds", "release"] {
        assert!(!these[name].is_null(), "{name}");
    }
    for name in ["processor", "threads", "memory_bytes", "kernel", "load"] {
        assert!(!these["machine"][name].is_null(), "{name}");
    }
    let section = &json["sections"][0];
    let figure = &section["figures"][0];
    assert_eq!(figure["samples"], serde_json::json!([100.0, 120.0, 110.0]));
    assert_eq!(figure["spread"]["median"], Value::from(110.0));
    assert_eq!(figure["measure"]["unit"], "per_second");
    assert_eq!(section["aims"][0]["samples"], serde_json::json!([50.0, 40.0, 55.0]));
    assert_eq!(section["aims"][0]["met"], true);
}

#[test]
fn tables_say_what_was_measured_against_what_is_wanted_and_that_it_is_only_a_look() {
    let report = report();
    for text in [report.table(), markdown::of(&report)] {
        for wanted in
            ["256 in flight", "110/s", "cqrs-es", "at least 40.0 ×", "met, by 25 %", "a note", "cargo xtask bench"]
        {
            assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
        }
        assert!(text.contains("debug build") || text.contains("quick look"), "{text}");
    }
}

#[test]
fn files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = report();
    report.write_json(&folder.path().join("a.json")).unwrap();
    report.write_markdown(&folder.path().join("a.md")).unwrap();
    report.write_plots(&folder.path().join("plots")).unwrap();
    let json = fs::read_to_string(folder.path().join("a.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&json).is_ok());
    assert!(fs::read_to_string(folder.path().join("a.md")).unwrap().contains("](benchmarks/growth.svg)"));
    assert!(folder.path().join("plots/growth.svg").exists());
    assert!(report.write_json(&folder.path().join("no/such/folder")).is_err());
}
