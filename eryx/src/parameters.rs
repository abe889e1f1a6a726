//! The parameters of a host function, derived from the type of its argument.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use serde_json::value::RawValue;

/// The parameters of a host function.
#[derive(Clone, Debug)]
pub(crate) enum Parameters {
    /// No parameters, for an argument of type `()`.
    Nothing,
    /// Named parameters in their order, for a struct. The optional ones come last, with their defaults.
    Named {
        required: Vec<&'static str>,
        optional: Vec<(String, Value)>,
        /// The mistake in a call of [`make_optional`](Parameters::make_optional), if there was one.
        mistake: Option<String>,
    },
    /// Any keyword arguments, for a map.
    Any,
}

impl Parameters {
    /// Returns the parameters that an argument of type `A` has.
    pub(crate) fn of<A: DeserializeOwned>() -> Self {
        let mut found = Self::Any;
        // It always returns an error: the inspector has no values to deserialize.
        let _ = A::deserialize(TypeInspector(&mut found));
        found
    }

    /// Makes a parameter optional; [`check`](Self::check) reports a mistake.
    pub(crate) fn make_optional(&mut self, name: &str, default: Result<Value, serde_json::Error>) {
        if let Self::Named {
            required,
            optional,
            mistake,
        } = self
        {
            match (required.iter().position(|other| *other == name), default) {
                (Some(index), Ok(default)) => {
                    required.remove(index);
                    optional.push((name.to_owned(), default));
                }
                (Some(_), Err(error)) => {
                    *mistake = Some(format!(
                        "the default of {name} cannot be written as JSON: {error}"
                    ));
                }
                (None, _) => *mistake = Some(format!("it has no parameter {name}")),
            }
        }
    }

    /// Reports a mistake in the optional parameters.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Named {
                mistake: Some(mistake),
                ..
            } => Err(mistake.clone()),
            _ => Ok(()),
        }
    }

    /// Formats the parameters as a Python signature: `(id, fields=[])`.
    pub(crate) fn signature(&self) -> String {
        match self {
            Self::Nothing => "()".to_owned(),
            Self::Any => "(**arguments)".to_owned(),
            Self::Named {
                required, optional, ..
            } => {
                let required = required.iter().map(|name| (*name).to_owned());
                let optional = optional.iter();
                let optional = optional.map(|(name, value)| format!("{name}={}", python(value)));
                let all: Vec<String> = required.chain(optional).collect();
                format!("({})", all.join(", "))
            }
        }
    }

    /// Assigns each argument to a parameter. An error has the words of Python's own `TypeError`.
    pub(crate) fn bind<'a>(
        &self,
        positional: Vec<&'a RawValue>,
        mut keyword: BTreeMap<String, &'a RawValue>,
    ) -> Result<Arguments<'a>, String> {
        let names: Vec<&str> = match self {
            Self::Nothing | Self::Any => Vec::new(),
            Self::Named {
                required, optional, ..
            } => {
                let optional = optional.iter().map(|(name, _)| &**name);
                required.iter().copied().chain(optional).collect()
            }
        };
        if positional.len() > names.len() {
            let plural = if names.len() == 1 { "" } else { "s" };
            return Err(format!(
                "takes {} positional argument{plural} but {} were given",
                names.len(),
                positional.len()
            ));
        }
        if !matches!(self, Self::Any)
            && let Some(name) = keyword.keys().find(|name| !names.contains(&&***name))
        {
            return Err(format!("got an unexpected keyword argument '{name}'"));
        }
        for (name, value) in names.into_iter().zip(positional) {
            if keyword.insert(name.to_owned(), value).is_some() {
                return Err(format!("got multiple values for argument '{name}'"));
            }
        }
        Ok(match self {
            Self::Nothing => Arguments::Nothing,
            Self::Any | Self::Named { .. } => Arguments::Named(keyword),
        })
    }
}

/// The arguments of one call, by parameter. Deserializing the function's argument from this type parses
/// each value once.
pub(crate) enum Arguments<'a> {
    /// No arguments, for a function that takes `()`.
    Nothing,
    /// The arguments by parameter name.
    Named(BTreeMap<String, &'a RawValue>),
}

impl<'de> Deserializer<'de> for Arguments<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Named(arguments) => {
                visitor.visit_map(MapDeserializer::new(arguments.into_iter()))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Nothing => visitor.visit_none(),
            Self::Named(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Nothing => self.deserialize_any(visitor),
            Self::Named(arguments) => {
                let arguments = MapDeserializer::new(arguments.into_iter());
                MapAccessDeserializer::new(arguments).deserialize_enum(name, variants, visitor)
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Formats a value as a Python literal.
fn python(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(_) => ascii(&value.to_string()),
        Value::Array(items) => format!("[{}]", list(items.iter().map(python).collect())),
        Value::Object(items) => {
            let item = |(key, value): (&String, &Value)| {
                format!("{}: {}", python(&Value::from(key.as_str())), python(value))
            };
            format!("{{{}}}", list(items.iter().map(item).collect()))
        }
    }
}

/// Converts a JSON string to a Python literal of ASCII, which `inspect` requires. Python understands
/// all escapes of JSON.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            let _ = write!(ascii, "\\U{:08x}", u32::from(character));
        }
    }
    ascii
}

/// A deserializer without values, which records the shape that a type asks for.
struct TypeInspector<'p>(&'p mut Parameters);

/// The error of a [`TypeInspector`], which ends the deserialization.
#[derive(Debug)]
struct Inspected;

impl fmt::Display for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type inspector has no values")
    }
}

impl std::error::Error for Inspected {}

impl serde::de::Error for Inspected {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for TypeInspector<'_> {
    type Error = Inspected;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Inspected> {
        Err(Inspected)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Inspected> {
        *self.0 = Parameters::Nothing;
        Err(Inspected)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Inspected> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Inspected> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Inspected> {
        *self.0 = Parameters::Named {
            required: fields.to_vec(),
            optional: Vec::new(),
            mistake: None,
        };
        Err(Inspected)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf option seq tuple tuple_struct map enum identifier ignored_any
    }
}
