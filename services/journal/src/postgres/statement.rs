//! One statement of several parts.

use super::value::Param;

/// A statement that is a transaction of its own: `WITH` parts that read or write, and at the end whether `fence` holds.
///
/// One round trip, and no transaction that stays open while its writer is away.
#[derive(Default)]
pub(super) struct Statement<'a> {
    fence: Option<String>,
    parts: Vec<String>,
    params: Vec<Param<'a>>,
}

impl<'a> Statement<'a> {
    /// Sets the expression that parts see as the row `holds` of `fence`; every part writes only if it is true.
    pub(super) fn fence<const N: usize>(&mut self, expression: &str, params: [Param<'a>; N]) {
        self.fence = Some(self.numbered(expression, params));
    }

    /// Adds a part, such as `written AS (INSERT …)`, with a `?` for each of its parameters.
    pub(super) fn part<const N: usize>(&mut self, sql: &str, params: [Param<'a>; N]) {
        let part = self.numbered(sql, params);
        self.parts.push(part);
    }

    /// Keeps parameters, and gives the text with their numbers.
    fn numbered<const N: usize>(&mut self, sql: &str, params: [Param<'a>; N]) -> String {
        let mut numbered = String::with_capacity(sql.len());
        let mut texts = sql.split('?');
        numbered.extend(texts.next());
        let mut params = params.into_iter();
        for text in texts {
            self.params.extend(params.next());
            numbered.push_str(&format!("${}{text}", self.params.len()));
        }
        numbered
    }

    /// Whether nothing was added.
    pub(super) const fn is_empty(&self) -> bool {
        self.fence.is_none() && self.parts.is_empty()
    }

    /// The text, and the parameters in their order.
    pub(super) fn finish(&mut self) -> (String, Vec<Param<'a>>) {
        let fence = self.fence.as_deref().unwrap_or("true");
        // A fence alone is not worth a plan of several parts: that is what most commits are.
        let sql = if self.parts.is_empty() {
            format!("SELECT {fence} AS holds")
        } else {
            let parts = self.parts.join(",\n");
            format!("WITH fence AS MATERIALIZED (SELECT {fence} AS holds),\n{parts} SELECT holds FROM fence")
        };
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

    #[test]
    fn a_fence_alone_is_all_there_is() {
        let mut statement = Statement::default();
        assert!(statement.is_empty());
        statement.fence("f(?)", [(&1i32, Type::INT4)]);
        assert!(!statement.is_empty());
        let (sql, params) = statement.finish();
        assert_eq!((sql.as_str(), params.len()), ("SELECT f($1) AS holds", 1));
    }

    #[test]
    fn parts_see_the_fence_whichever_came_first() {
        let mut statement = Statement::default();
        statement.part("a AS (SELECT ?)", [(&1i32, Type::INT4)]);
        statement.fence("f(?)", [(&2i32, Type::INT4)]);
        assert_eq!(
            statement.finish().0,
            "WITH fence AS MATERIALIZED (SELECT f($2) AS holds),\na AS (SELECT $1) SELECT holds FROM fence"
        );
    }
}
