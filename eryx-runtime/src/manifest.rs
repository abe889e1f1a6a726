//! What an image says of itself: in its file, after the code.

use std::fmt;

use crate::cpu::missing_here;

/// The version that makes and loads images of this form.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an image says of itself: lines of a name and a value.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// The version of eryx that made it.
    version: String,
    /// The image's id.
    pub(crate) id: String,
    /// The architecture and system that it was compiled for.
    target: String,
    /// What it relies on in a processor, by the compiler's names.
    cpu: Vec<String>,
    /// A hash of the engine's version and settings, without those above.
    engine: String,
    /// What is in it, for people.
    pub(crate) contents: String,
}

impl Manifest {
    pub(crate) fn new(
        id: String,
        cpu: impl Iterator<Item = &'static str>,
        engine: String,
        contents: String,
    ) -> Self {
        Self {
            version: VERSION.to_owned(),
            id,
            target: target(),
            cpu: cpu.map(str::to_owned).collect(),
            engine,
            contents,
        }
    }

    /// Reads what [`fmt::Display`] writes.
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
            engine: value("engine")?.to_owned(),
            contents: value("contents")?.to_owned(),
        })
    }

    /// Whether both are of one image, whatever words they have for what is in it.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        let Self {
            version,
            id,
            target,
            cpu,
            engine,
            contents: _,
        } = self;
        (version, id, target) == (&other.version, &other.id, &other.target)
            && (cpu, engine) == (&other.cpu, &other.engine)
    }

    /// Says why this program on this machine cannot use such an image, if it cannot.
    pub(crate) fn check(&self, engine: &str) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!(
                "it was made by eryx {}, and this is {VERSION}",
                self.version
            ));
        }
        if self.target != target() {
            return Err(format!(
                "it was made for {}, and this is {}",
                self.target,
                target()
            ));
        }
        if let Some(feature) = missing_here(self.cpu.iter().map(String::as_str)) {
            return Err(format!(
                "it was made for a processor with {feature}, which this one does not have; \
                 make it without `--cpu native`"
            ));
        }
        if self.engine != engine {
            return Err(
                "it was made with another version or other settings of wasmtime".to_owned(),
            );
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
            engine,
            contents,
        } = self;
        let cpu = cpu.join(" ");
        // One line each, whatever they hold.
        let contents = contents.replace(char::is_control, " ");
        write!(
            f,
            "eryx {version}\nid {id}\ntarget {target}\ncpu {cpu}\nengine {engine}\n\
             contents {contents}\n"
        )
    }
}

fn target() -> String {
    format!("{} {}", std::env::consts::ARCH, std::env::consts::OS)
}
