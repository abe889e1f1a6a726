//! The manifest of an image: the text of its sealed file.

use std::fmt;

#[cfg(feature = "build")]
use crate::input::cpu::Target;
use crate::input::cpu::missing_here;
use crate::module::layout::{Global, Layer, Value};

/// The version of this crate; images of any other version are refused.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The description of an image. As text, each field is a line with its name and its value.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// The version of eryx that made it.
    version: String,
    /// The image's id.
    pub(crate) id: String,
    /// The architecture and operating system of the machine code.
    target: String,
    /// The instruction set extensions that the machine code needs, by Cranelift's names.
    cpu: Vec<String>,
    /// Whether the machine code measures fuel.
    pub(crate) fuel: bool,
    /// The packages and preimports, as text for people.
    pub(crate) contents: String,
    /// Empty until the image is made.
    pub(crate) modules: ModuleRecord,
}

/// The manifest's record of the image's modules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModuleRecord {
    /// The cache keys of the code: the base's, then the extensions' if there are any.
    pub(crate) code: Vec<String>,
    /// The mutable globals with the initial values of instances.
    pub(crate) globals: Vec<Global>,
}

#[cfg(feature = "build")]
impl Manifest {
    pub(crate) fn new(id: String, target: Target, contents: String) -> Self {
        Self {
            modules: ModuleRecord::default(),
            version: VERSION.to_owned(),
            id,
            target: platform(),
            cpu: target
                .cpu
                .features()
                .map(|feature| feature.flag.to_owned())
                .collect(),
            fuel: target.fuel,
            contents,
        }
    }

    /// Returns the manifest with the record of the modules that were made.
    pub(crate) fn with(self, modules: ModuleRecord) -> Self {
        Self { modules, ..self }
    }

    /// Whether both describe the same image. The text for people may differ.
    pub(crate) fn is_same_image(&self, other: &Self) -> bool {
        let Self {
            version,
            id,
            target,
            cpu,
            fuel,
            contents: _,
            modules: _,
        } = self;
        (version, id, target) == (&other.version, &other.id, &other.target)
            && (cpu, fuel) == (&other.cpu, &other.fuel)
    }
}

impl Manifest {
    /// Parses the text that [`fmt::Display`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut value = |name| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        Some(Self {
            version: value("eryx")?.to_owned(),
            id: value("id")?.to_owned(),
            target: value("target")?.to_owned(),
            cpu: value("cpu")?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            fuel: match value("fuel")? {
                "yes" => true,
                "no" => false,
                _ => return None,
            },
            contents: value("contents")?.to_owned(),
            modules: ModuleRecord {
                code: value("code")?
                    .split_whitespace()
                    .map(read_key)
                    .collect::<Option<_>>()?,
                globals: value("globals")?
                    .split_whitespace()
                    .map(read_global)
                    .collect::<Option<_>>()?,
            },
        })
    }

    /// Checks that this version of eryx can run the image on this machine; returns the reason if
    /// not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!(
                "it was made by eryx {}, and this is eryx {VERSION}; make it again",
                self.version
            ));
        }
        if self.target != platform() {
            return Err(format!(
                "it was made for {}, and this is {}; make it on such a machine",
                self.target,
                platform()
            ));
        }
        if let Some(feature) = missing_here(self.cpu.iter().map(String::as_str)) {
            return Err(format!(
                "it was made for a processor with {feature}, which this one lacks; \
                 make it without `--cpu native`"
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            id,
            target,
            cpu,
            fuel,
            contents,
            modules: ModuleRecord { code, globals },
        } = self;
        let fuel = if *fuel { "yes" } else { "no" };
        let (cpu, code) = (cpu.join(" "), code.join(" "));
        let globals: Vec<String> = globals.iter().map(global).collect();
        let globals = globals.join(" ");
        // A control character, like a line feed, would end the line.
        let contents = contents.replace(char::is_control, " ");
        write!(
            f,
            "eryx {version}\nid {id}\ntarget {target}\ncpu {cpu}\nfuel {fuel}\n\
             contents {contents}\ncode {code}\nglobals {globals}\n"
        )
    }
}

/// The length of a SHA-256 in hexadecimal digits.
const HASH_DIGITS: usize = 64;

/// Parses a cache key. It becomes a file name in the store, so anything but a hash, like `../x`, is
/// refused.
fn read_key(word: &str) -> Option<String> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    let is_hash = word.len() == HASH_DIGITS && word.bytes().all(is_digit);
    is_hash.then(|| word.to_owned())
}

/// Formats a global as one word: `base:0:i32:1048576`. Floating-point numbers are written as bits.
fn global(global: &Global) -> String {
    let layer = match global.layer {
        Layer::Base => "base",
        Layer::Extensions => "extensions",
    };
    let (ty, value) = match global.value {
        Value::I32(value) => ("i32", value.to_string()),
        Value::I64(value) => ("i64", value.to_string()),
        Value::F32(bits) => ("f32", bits.to_string()),
        Value::F64(bits) => ("f64", bits.to_string()),
    };
    format!("{layer}:{}:{ty}:{value}", global.index)
}

/// Parses the word that [`global`] formats.
fn read_global(word: &str) -> Option<Global> {
    let mut parts = word.split(':');
    let mut part = || parts.next();
    Some(Global {
        layer: match part()? {
            "base" => Layer::Base,
            "extensions" => Layer::Extensions,
            _ => return None,
        },
        index: part()?.parse().ok()?,
        value: match (part()?, part()?) {
            ("i32", value) => Value::I32(value.parse().ok()?),
            ("i64", value) => Value::I64(value.parse().ok()?),
            ("f32", bits) => Value::F32(bits.parse().ok()?),
            ("f64", bits) => Value::F64(bits.parse().ok()?),
            _ => return None,
        },
    })
}

fn platform() -> String {
    format!("{} {}", std::env::consts::ARCH, std::env::consts::OS)
}
