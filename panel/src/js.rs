//! Reads JavaScript values with `serde`, with errors that name the field.
//!
//! `serde_wasm_bindgen` also reads them, but its errors name neither the wrong field nor the value in it. Adding the
//! first, and writing out any number that might have been found, took a third of the whole WebAssembly.
//! [`to_js`](crate::to_js) is the opposite direction.

use js_sys::{Array, Float64Array, Reflect};
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, SeqAccess, Unexpected, Visitor,
};
use std::cell::Cell;
use std::fmt;
use std::slice::Iter;
use wasm_bindgen::prelude::*;

/// Reads a value. Errors call it `name`.
///
/// # Errors
/// If a value has the wrong type or is missing; the sentence names it, what was expected and what was found.
pub(crate) fn read<T: DeserializeOwned>(name: &str, value: &JsValue) -> Result<T, JsError> {
    T::deserialize(Value(value)).map_err(|wrong| JsError::new(&wrong.within(name).to_string()))
}

/// A column: a typed array, as the caller has it. Its numbers do not go through `serde`.
pub(crate) struct Column(pub(crate) Float64Array);

/// The name by which [`Deserializer::deserialize_newtype_struct`] recognises a typed array.
const COLUMN: &str = "Float64Array";

thread_local! {
    /// Passes a typed array from [`Value`] to [`Column`], because a [`Visitor`] cannot take JavaScript values.
    static PASSED: Cell<Option<Float64Array>> = const { Cell::new(None) };
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Taken;
        impl Visitor<'_> for Taken {
            type Value = Column;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a Float64Array")
            }

            fn visit_unit<E: Error>(self) -> Result<Column, E> {
                PASSED.take().map(Column).ok_or_else(|| E::invalid_type(Unexpected::Unit, &self))
            }
        }
        from.deserialize_newtype_struct(COLUMN, Taken)
    }
}

/// What is wrong with a value, and where. Boxed, because every reader of a field passes it on and a pointer is small.
#[derive(Debug)]
struct Wrong(Box<Fault>);

#[derive(Debug)]
struct Fault {
    path: String,
    message: String,
}

impl Wrong {
    fn new(message: String) -> Self {
        Self(Box::new(Fault { path: String::new(), message }))
    }

    /// The same error, seen from the object that has the value in its field `key`.
    #[cold]
    #[inline(never)]
    fn within(mut self, key: &str) -> Self {
        let path = &mut self.0.path;
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        *path = format!("{key}{dot}{path}");
        self
    }

    #[cold]
    #[inline(never)]
    fn kind(value: &JsValue, expected: &dyn Expected) -> Self {
        let found = if value.is_null() { "null".to_owned() } else { value.js_typeof().as_string().unwrap_or_default() };
        Self::new(format!("expected {expected}; found {found}"))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.path, self.0.message)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}"))
    }
}

/// A JavaScript value to be read.
#[derive(Clone, Copy)]
struct Value<'a>(&'a JsValue);

impl Value<'_> {
    fn wrong(self, expected: &dyn Expected) -> Wrong {
        Wrong::kind(self.0, expected)
    }

    fn is_absent(self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }
}

/// The types that the contract does not use.
macro_rules! refused {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            Err(self.wrong(&visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Wrong;

    refused! {
        deserialize_any deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_f32 deserialize_char deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_map
        deserialize_u32
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.0.as_bool().ok_or_else(|| self.wrong(&"true or false"))?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_f64(self.0.as_f64().ok_or_else(|| self.wrong(&"a number"))?)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole and not negative
    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let whole = self.0.as_f64().filter(|number| *number >= 0.0 && *number <= f64::from(u32::MAX));
        let whole = whole.filter(|number| number.trunc().total_cmp(number).is_eq());
        visitor.visit_u64(whole.ok_or_else(|| self.wrong(&"a whole number of at least 0"))? as u64)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.0.as_string().ok_or_else(|| self.wrong(&"a text"))?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.is_absent() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        if name != COLUMN {
            return visitor.visit_newtype_struct(self);
        }
        let column: &Float64Array = self.0.dyn_ref().ok_or_else(|| self.wrong(&"a Float64Array"))?;
        PASSED.set(Some(column.clone()));
        visitor.visit_unit()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let list: &Array = self.0.dyn_ref().ok_or_else(|| self.wrong(&"a list"))?;
        visitor.visit_seq(Items { list, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if !self.0.is_object() {
            return Err(self.wrong(&"an object"));
        }
        visitor.visit_seq(Fields { object: self.0, names: names.iter() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        Err(self.wrong(&visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        Err(self.wrong(&visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        Err(self.wrong(&visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        Err(self.wrong(&visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }
}

/// The fields of an object, in the order in which the type names them. Reading them as a list needs half the code of
/// reading them as a map, which would look up each name again and check for duplicate names.
struct Fields<'a> {
    object: &'a JsValue,
    names: Iter<'static, &'static str>,
}

impl Fields<'_> {
    #[inline(never)] // in its own function, because the reader below is there once for each type of a field
    fn next(&mut self) -> Option<(&'static str, JsValue)> {
        let name = *self.names.next()?;
        Some((name, Reflect::get(self.object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)))
    }
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Wrong;

    #[inline(never)] // once for each type of a field, and not once for each field
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some((name, value)) = self.next() else { return Ok(None) };
        seed.deserialize(Value(&value)).map(Some).map_err(|wrong| wrong.within(name))
    }
}

/// The items of a list.
struct Items<'a> {
    list: &'a Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        if self.next >= self.list.length() {
            return Ok(None);
        }
        let (index, value) = (self.next, self.list.get(self.next));
        self.next += 1;
        seed.deserialize(Value(&value)).map(Some).map_err(|wrong| wrong.within(&format!("[{index}]")))
    }
}
