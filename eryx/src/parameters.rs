//! The parameters of a host function, as its argument's type has them.

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
    /// None.
    Nothing,
    /// Those of these names, in their order; the optional ones come last, with their defaults.
    Named {
        required: Vec<&'static str>,
        optional: Vec<(String, Value)>,
        /// What was said to be optional and is no parameter, or has no default in JSON.
        wrong: Option<String>,
    },
    /// Any, by their names.
    Any,
}

impl Parameters {
    /// Those of a type.
    pub(crate) fn of<A: DeserializeOwned>() -> Self {
        let mut found = Self::Any;
        // It fails: it only asks.
        let _ = A::deserialize(Asking(&mut found));
        found
    }

    /// Moves a parameter to those that may be left away.
    pub(crate) fn make_optional(&mut self, name: &str, default: Result<Value, serde_json::Error>) {
        if let Self::Named {
            required,
            optional,
            wrong,
        } = self
        {
            match (required.iter().position(|other| *other == name), default) {
                (Some(index), Ok(default)) => {
                    required.remove(index);
                    optional.push((name.to_owned(), default));
                }
                (Some(_), Err(error)) => {
                    *wrong = Some(format!(
                        "the default of {name} has no form in JSON: {error}"
                    ));
                }
                (None, _) => *wrong = Some(format!("it has no parameter {name}")),
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Named {
                wrong: Some(wrong), ..
            } => Err(wrong.clone()),
            _ => Ok(()),
        }
    }

    /// As Python writes them.
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

    /// Gives each argument its name. An error says what is wrong, as Python would.
    pub(crate) fn bind<'a>(
        &self,
        by_place: Vec<&'a RawValue>,
        mut by_name: BTreeMap<String, &'a RawValue>,
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
        if by_place.len() > names.len() {
            let plural = if names.len() == 1 { "" } else { "s" };
            return Err(format!(
                "takes {} positional argument{plural} but {} were given",
                names.len(),
                by_place.len()
            ));
        }
        if !matches!(self, Self::Any)
            && let Some(name) = by_name.keys().find(|name| !names.contains(&&***name))
        {
            return Err(format!("got an unexpected keyword argument '{name}'"));
        }
        for (name, value) in names.into_iter().zip(by_place) {
            if by_name.insert(name.to_owned(), value).is_some() {
                return Err(format!("got multiple values for argument '{name}'"));
            }
        }
        Ok(match self {
            Self::Nothing => Arguments::Nothing,
            Self::Any | Self::Named { .. } => Arguments::Named(by_name),
        })
    }
}

/// The arguments of one call. Each is parsed once, when the function's argument is read from here.
pub(crate) enum Arguments<'a> {
    /// None: the function takes `()`.
    Nothing,
    /// Each with its name.
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

/// A value as Python writes it.
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

/// JSON of a text, as Python's `inspect` takes it: all escapes of JSON are Python's as well.
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

/// Asks a type what it is made of.
struct Asking<'p>(&'p mut Parameters);

/// There is nothing to read.
#[derive(Debug)]
struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is nothing to read")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        *self.0 = Parameters::Nothing;
        Err(Asked)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        *self.0 = Parameters::Named {
            required: fields.to_vec(),
            optional: Vec::new(),
            wrong: None,
        };
        Err(Asked)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf option seq tuple tuple_struct map enum identifier ignored_any
    }
}
