//! Converts the contract's answers to JavaScript values with `serde`.
//!
//! `serde_wasm_bindgen` also does that, with a table of the names that it has written before: that is more code than
//! the answers themselves need.

use js_sys::{Array, Object, Reflect};
use serde::ser::{Error, Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};
use std::fmt;
use wasm_bindgen::prelude::*;

/// Converts an answer.
///
/// # Errors
/// If its type contains something that the contract does not use, or if the browser has no memory for it.
pub(crate) fn written(answer: &impl Serialize) -> Result<JsValue, JsError> {
    answer.serialize(Writer).map_err(|refused| JsError::new(&refused.to_string()))
}

/// The error for something that cannot be converted.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected an answer of texts, numbers, lists and objects; found something else")
    }
}

impl std::error::Error for Refused {}

impl Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Written = Result<JsValue, Refused>;

/// Converts an answer to a JavaScript value.
struct Writer;

/// The types that the contract's answers do not use.
macro_rules! refused {
    ($($method:ident($($kind:ty),*);)*) => {$(
        fn $method(self, $(_: $kind),*) -> Written {
            Err(Refused)
        }
    )*};
}

impl Serializer for Writer {
    type Ok = JsValue;
    type Error = Refused;
    type SerializeSeq = List;
    type SerializeStruct = Fields;
    type SerializeTuple = Impossible<JsValue, Refused>;
    type SerializeTupleStruct = Impossible<JsValue, Refused>;
    type SerializeTupleVariant = Impossible<JsValue, Refused>;
    type SerializeMap = Impossible<JsValue, Refused>;
    type SerializeStructVariant = Impossible<JsValue, Refused>;

    refused! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_char(char);
        serialize_bytes(&[u8]);
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f64(self, number: f64) -> Written {
        Ok(JsValue::from_f64(number))
    }

    fn serialize_str(self, text: &str) -> Written {
        Ok(JsValue::from_str(text))
    }

    fn serialize_none(self) -> Written {
        Ok(JsValue::UNDEFINED)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, known: &T) -> Written {
        known.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Refused> {
        Ok(List(Array::new()))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Refused> {
        Ok(Fields(Object::new()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Written {
        Err(Refused)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(Refused)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Refused> {
        Err(Refused)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Refused> {
        Err(Refused)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        Err(Refused)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Refused> {
        Err(Refused)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        Err(Refused)
    }
}

/// A list that is being built.
struct List(Array);

impl SerializeSeq for List {
    type Ok = JsValue;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Refused> {
        self.0.push(&item.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

/// An object that is being built.
struct Fields(Object);

impl SerializeStruct for Fields {
    type Ok = JsValue;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
        let value = value.serialize(Writer)?;
        Reflect::set(&self.0, &JsValue::from_str(name), &value).map_err(|_| Refused)?;
        Ok(())
    }

    fn end(self) -> Written {
        Ok(self.0.into())
    }
}
