//! JavaScript values as `serde` reads them, for errors that name the field.
//!
//! `serde_wasm_bindgen` reads them as well, but its errors know neither which field was wrong nor what was found there. To
//! add the first, and to write out every number that might have been found, took a third of the whole WebAssembly.

use js_sys::{Array, Float64Array, Reflect};
use serde::de::value::U64Deserializer;
use serde::de::{Deserialize, Error, Unexpected, VariantAccess, Visitor};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
};
use std::cell::RefCell;
use std::fmt;
use std::iter::Enumerate;
use std::slice::Iter;
use wasm_bindgen::prelude::*;

/// Reads a value that an error calls `name`.
///
/// # Errors
/// When a value is of the wrong kind or missing, with a sentence that names it, what was expected and what was found.
pub(crate) fn read<T: DeserializeOwned>(name: &str, value: &JsValue) -> Result<T, JsError> {
    T::deserialize(Value(value)).map_err(|wrong| JsError::new(&wrong.within(name).to_string()))
}

/// A column: a typed array as the caller has it. No number of it goes through `serde`.
pub(crate) struct Column(pub(crate) Float64Array);

/// What [`Deserializer::deserialize_newtype_struct`] is asked for to get a typed array.
const COLUMN: &str = "Float64Array";

thread_local! {
    /// A typed array on its way from [`Value`] to [`Column`], because a [`Visitor`] takes no JavaScript.
    static PASSED: RefCell<Option<Float64Array>> = const { RefCell::new(None) };
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
                let passed = PASSED.with_borrow_mut(Option::take);
                passed.map(Column).ok_or_else(|| E::invalid_type(Unexpected::Unit, &self))
            }
        }
        from.deserialize_newtype_struct(COLUMN, Taken)
    }
}

/// What is wrong with a value, and where.
#[derive(Debug)]
struct Wrong {
    path: String,
    message: String,
}

impl Wrong {
    fn new(message: String) -> Self {
        Self { path: String::new(), message }
    }

    /// The same as seen from the object that has the value as its field `key`.
    #[cold]
    #[inline(never)]
    fn within(self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{key}{dot}{}", self.path), message: self.message }
    }

    fn kind(value: &JsValue, expected: &dyn Expected) -> Self {
        let found = if value.is_null() { "null".to_owned() } else { value.js_typeof().as_string().unwrap_or_default() };
        Self::new(format!("expected {expected}, found {found}"))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.message)
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

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("expected {}, found {found}", expected.join(" or ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("expected a value, found undefined".to_owned()).within(field)
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

/// The kinds that no type of the contract has.
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
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if !self.0.is_object() {
            return Err(self.wrong(&"an object"));
        }
        visitor.visit_map(Fields { object: self.0, names: fields.iter().enumerate(), value: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let found = self.0.as_string().ok_or_else(|| self.wrong(&"a text"))?;
        let index =
            words.iter().position(|word| *word == found).ok_or_else(|| Wrong::unknown_variant(&found, words))?;
        visitor.visit_enum(OneWord(index))
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

/// The fields of an object that are there, in the order in which the type names them.
struct Fields<'a> {
    object: &'a JsValue,
    names: Enumerate<Iter<'static, &'static str>>,
    value: Option<(&'static str, JsValue)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        for (index, &key) in self.names.by_ref() {
            let value = Reflect::get(self.object, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED);
            if !value.is_undefined() {
                self.value = Some((key, value));
                return seed.deserialize(of_index(index)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (key, value) = self.value.take().unwrap_or(("", JsValue::UNDEFINED));
        seed.deserialize(Value(&value)).map_err(|wrong| wrong.within(key))
    }
}

/// A field or a word by its place among those that its type names: a jump where comparing texts would be a cascade for
/// every type.
fn of_index(index: usize) -> U64Deserializer<Wrong> {
    (index as u64).into_deserializer()
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

/// A word out of a list, by its place there.
struct OneWord(usize);

impl<'de> EnumAccess<'de> for OneWord {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        Ok((seed.deserialize(of_index(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for OneWord {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Wrong> {
        Err(Wrong::new("expected a word alone".to_owned()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        Err(Wrong::invalid_type(Unexpected::UnitVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        Err(Wrong::invalid_type(Unexpected::UnitVariant, &visitor))
    }
}
