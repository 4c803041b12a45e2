//! From what Xray knows to what was asked for: selections, and fields with arguments.

use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet};
use serde_json::{Map, Value, json};

use super::queries;
use crate::state::State;

/// What a selection is read with.
pub(super) struct Projection<'a> {
    pub(super) state: &'a State,
    pub(super) document: &'a ExecutableDocument,
    pub(super) variables: &'a Value,
}

impl Projection<'_> {
    /// The part of a value that a selection names.
    pub(super) fn shown(&self, selection: &SelectionSet, value: &Value) -> Result<Value, String> {
        match value {
            _ if selection.selections.is_empty() => Ok(value.clone()),
            Value::Array(values) => values.iter().map(|value| self.shown(selection, value)).collect(),
            Value::Object(_) => {
                let mut shown = Map::new();
                self.collect(selection, value, &mut shown)?;
                Ok(Value::Object(shown))
            }
            _ => Ok(value.clone()),
        }
    }

    fn collect(&self, selection: &SelectionSet, value: &Value, shown: &mut Map<String, Value>) -> Result<(), String> {
        for selected in &selection.selections {
            match selected {
                Selection::Field(field) => {
                    let found = if field.name == "__typename" { json!(selection.ty.as_str()) } else { self.field(field, value)? };
                    shown.insert(field.response_key().to_string(), self.shown(&field.selection_set, &found)?);
                }
                Selection::InlineFragment(fragment) => self.collect(&fragment.selection_set, value, shown)?,
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document) {
                        self.collect(&fragment.selection_set, value, shown)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&self, field: &Field, parent: &Value) -> Result<Value, String> {
        let arguments = self.arguments(field);
        if field.definition.arguments.is_empty() {
            return Ok(parent[field.name.as_str()].clone());
        }
        queries::beside(self.state, parent, &field.name, &arguments)
    }

    fn arguments(&self, field: &Field) -> Value {
        let arguments = field.arguments.iter();
        arguments.map(|argument| (argument.name.to_string(), literal(&argument.value, self.variables))).collect()
    }

    /// Whether an operation keeps to the limits of a request.
    pub(super) fn within_limits(&self, operation: &Operation, resolvers: usize, items: u64) -> Result<(), String> {
        let (used, asked) = self.weight(&operation.selection_set, 1)?;
        if used > resolvers {
            return Err(format!("Maximum number of resolvers ({resolvers}) exceeded: {used}"));
        }
        if asked > items {
            return Err(format!("Maximum number of items ({items}) exceeded: {asked}"));
        }
        Ok(())
    }

    /// How many resolvers a selection takes, and how many items it can answer.
    fn weight(&self, selection: &SelectionSet, times: u64) -> Result<(usize, u64), String> {
        let (mut resolvers, mut items) = (0, 0);
        for selected in &selection.selections {
            let (more_resolvers, more_items) = match selected {
                Selection::Field(field) => self.weight_of(field, times)?,
                Selection::InlineFragment(fragment) => self.weight(&fragment.selection_set, times)?,
                Selection::FragmentSpread(spread) => match spread.fragment_def(self.document) {
                    Some(fragment) => self.weight(&fragment.selection_set, times)?,
                    None => (0, 0),
                },
            };
            resolvers += more_resolvers;
            items += more_items;
        }
        Ok((resolvers, items))
    }

    fn weight_of(&self, field: &Field, times: u64) -> Result<(usize, u64), String> {
        let resolver = usize::from(!field.definition.arguments.is_empty());
        let mut factor = times;
        if field.definition.argument_by_name("limit").is_some() {
            let limit = self.arguments(field)["limit"].as_u64().filter(|limit| (1..=100).contains(limit));
            factor *= limit.ok_or_else(|| format!("The limit of {} must be between 1 and 100", field.name))?;
        }
        let own = if factor == times { 0 } else { factor };
        let (resolvers, items) = self.weight(&field.selection_set, factor)?;
        Ok((resolver + resolvers, own + items))
    }
}

/// A value of a document as JSON.
pub(super) fn literal(value: &Literal, variables: &Value) -> Value {
    match value {
        Literal::Null => Value::Null,
        Literal::Enum(name) => json!(name.as_str()),
        Literal::Variable(name) => variables[name.as_str()].clone(),
        Literal::String(text) => json!(text),
        Literal::Int(number) => number.try_to_i32().map_or(Value::Null, |number| json!(number)),
        Literal::Float(number) => number.try_to_f64().map_or(Value::Null, |number| json!(number)),
        Literal::Boolean(is) => json!(is),
        Literal::List(values) => values.iter().map(|value| literal(value, variables)).collect(),
        Literal::Object(fields) => fields.iter().map(|(name, value)| (name.to_string(), literal(value, variables))).collect(),
    }
}
