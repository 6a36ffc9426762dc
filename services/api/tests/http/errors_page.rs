use std::collections::BTreeMap;

use api::ProblemCode;
use licensing::Code;

const PAGE: &str = include_str!("../../../../docs/errors.md");

/// Codes and their statuses, as the tables have them.
fn described() -> BTreeMap<String, u16> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut codes = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [code, status, meaning, remedy, ""] = cells.as_slice() else { panic!("not four cells: {row}") };
        assert!(!meaning.is_empty() && !remedy.is_empty(), "{row}");
        let code = code.strip_suffix('`').unwrap().to_owned();
        assert_eq!(codes.insert(code, status.parse().unwrap()), None, "described twice: {row}");
    }
    codes
}

#[test]
fn r35_every_code_is_described_with_its_status_and_no_other() {
    let of_the_domain = Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.http_status()));
    let of_the_interface = ProblemCode::ALL.iter().map(|code| (code.as_str().to_owned(), code.http_status()));
    assert_eq!(described(), of_the_domain.chain(of_the_interface).collect());
}
