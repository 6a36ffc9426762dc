//! One statement of several parts.

use super::value::Param;

/// A statement that is a transaction of its own: `WITH` parts that read or write, and at the end whether `fence` holds.
///
/// One round trip, and no transaction that stays open while its writer is away.
#[derive(Default)]
pub(super) struct Statement<'a> {
    parts: Vec<String>,
    params: Vec<Param<'a>>,
    has_fence: bool,
}

impl<'a> Statement<'a> {
    /// Adds the parts that come to a row `holds` of the name `fence`; every other part writes only if it is true.
    pub(super) fn fence<const N: usize>(&mut self, sql: &str, params: [Param<'a>; N]) {
        self.has_fence = true;
        self.part(sql, params);
    }

    /// Adds a part, such as `written AS (INSERT …)`, with a `?` for each of its parameters.
    pub(super) fn part<const N: usize>(&mut self, sql: &str, params: [Param<'a>; N]) {
        let mut numbered = String::with_capacity(sql.len());
        let mut texts = sql.split('?');
        numbered.extend(texts.next());
        let mut params = params.into_iter();
        for text in texts {
            self.params.extend(params.next());
            numbered.push_str(&format!("${}{text}", self.params.len()));
        }
        self.parts.push(numbered);
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The text, and the parameters in their order.
    pub(super) fn finish(&mut self) -> (String, Vec<Param<'a>>) {
        if !self.has_fence {
            self.parts.insert(0, "fence AS MATERIALIZED (SELECT true AS holds)".to_owned());
        }
        let sql = format!("WITH {} SELECT holds FROM fence", self.parts.join(",\n"));
        (sql, std::mem::take(&mut self.params))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use postgres::types::Type;

    use super::*;

    #[test]
    fn parameters_are_numbered_over_all_parts() {
        let mut statement = Statement::default();
        statement.part("a AS (SELECT ?, ?)", [(&1i32, Type::INT4), (&2i32, Type::INT4)]);
        statement.part("b AS (SELECT ? + 1)", [(&3i64, Type::INT8)]);
        let (sql, params) = statement.finish();
        assert_eq!(
            sql,
            "WITH fence AS MATERIALIZED (SELECT true AS holds),\na AS (SELECT $1, $2),\nb AS (SELECT $3 + 1) SELECT holds FROM fence"
        );
        assert_eq!(
            params.iter().map(|(_, r#type)| r#type.clone()).collect::<Vec<_>>(),
            [Type::INT4, Type::INT4, Type::INT8]
        );
    }
}
