//! Making a component of a core module.

use std::borrow::Cow;

use wasm_encoder::{CustomSection, Section as _};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::{Unexpected, unexpected};
use crate::base;

/// Makes a component of the sandbox's world.
pub(super) fn wrap(mut module: Vec<u8>) -> Result<Vec<u8>, Unexpected> {
    // The guest library is what knows the world.
    let guest = base::libraries().last();
    let guest = guest.ok_or_else(|| unexpected("no guest library"))?;
    let guest = guest
        .load()
        .map_err(|error| unexpected(error.to_string()))?;
    for payload in Parser::new(0).parse_all(&guest) {
        if let Payload::CustomSection(section) = payload?
            && section.name().starts_with("component-type")
        {
            let section = CustomSection {
                name: Cow::Borrowed(section.name()),
                data: Cow::Borrowed(section.data()),
            };
            section.append_to(&mut module);
        }
    }
    let encode = || {
        ComponentEncoder::default()
            .validate(false)
            .module(&module)?
            .encode()
    };
    encode().map_err(|error| unexpected(format!("{error:#}")))
}
