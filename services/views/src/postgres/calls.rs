//! What a transaction writes, as calls of the functions in the schema `usher_feeding`.

use licensing::Instant;
use postgres::{
    Transaction,
    types::{ToSql, Type},
};

use super::database::Failure;

/// A parameter of a call, which keeps its values.
pub(super) type Param<'a> = (Box<dyn ToSql + Sync + 'a>, Type);

/// A column of texts, some of which may be missing.
pub(super) fn texts<'a, T: ToSql + Sync + 'a>(column: Vec<T>) -> Param<'a> {
    (Box::new(column), Type::TEXT_ARRAY)
}

/// A column of shards, or other small numbers.
pub(super) fn integers<'a>(column: Vec<i32>) -> Param<'a> {
    (Box::new(column), Type::INT4_ARRAY)
}

/// A column of numbers, some of which may be missing.
pub(super) fn numbers<'a, T: ToSql + Sync + 'a>(column: Vec<T>) -> Param<'a> {
    (Box::new(column), Type::INT8_ARRAY)
}

/// A column of instants.
pub(super) fn instants<'a>(column: Vec<Instant>) -> Param<'a> {
    (Box::new(column), Type::TIMESTAMPTZ_ARRAY)
}

/// Parameters as statements take them.
pub(super) fn lent<'b>(params: &'b [Param<'_>]) -> Vec<(&'b (dyn ToSql + Sync), Type)> {
    params.iter().map(|(value, r#type)| (&**value as &(dyn ToSql + Sync), r#type.clone())).collect()
}

/// Calls in the order in which they run, all of them in one statement. Each one runs if the one before it comes to true.
#[derive(Default)]
pub(super) struct Calls<'a> {
    calls: Vec<String>,
    params: Vec<Param<'a>>,
}

impl<'a> Calls<'a> {
    /// Adds a call of a function, which comes to true or false.
    pub(super) fn add<const N: usize>(&mut self, function: &str, params: [Param<'a>; N]) {
        let first = self.params.len();
        self.params.extend(params);
        let numbers: Vec<String> =
            (first..self.params.len()).map(|place| format!("${}", place.saturating_add(1))).collect();
        self.calls.push(format!("usher_feeding.{function}({})", numbers.join(", ")));
    }

    /// The statement, whose one value is whether all of them came to true, and its parameters.
    pub(super) fn statement(&self) -> (String, Vec<(&(dyn ToSql + Sync), Type)>) {
        // Of a chain of ANDs nobody promises the order, of CASE everybody does.
        let whens: String = self.calls.iter().map(|call| format!("CASE WHEN {call} THEN ")).collect();
        let ends = " ELSE false END".repeat(self.calls.len());
        (format!("SELECT {whens}true{ends}"), lent(&self.params))
    }

    /// Runs them within a transaction.
    pub(super) fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Failure> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let (sql, params) = self.statement();
        transaction.execute_typed(&sql, &params)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_waits_for_those_before_it() {
        let mut calls = Calls::default();
        calls.add("hold_marks", [integers(vec![1]), numbers(vec![2_i64])]);
        calls.add("name_users", [texts(vec!["u-1"])]);
        let (sql, params) = calls.statement();
        assert_eq!(
            sql,
            "SELECT CASE WHEN usher_feeding.hold_marks($1, $2) THEN CASE WHEN usher_feeding.name_users($3) THEN true ELSE \
             false END ELSE false END"
        );
        let types: Vec<Type> = params.into_iter().map(|(_, r#type)| r#type).collect();
        assert_eq!(types, [Type::INT4_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY]);
    }
}
