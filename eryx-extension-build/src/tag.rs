//! The parts of a wheel's file name: the package, its version, and its platform compatibility tags.

use std::collections::BTreeSet;
use std::fmt;

/// The tags of the wheels that this release of eryx can use: the one for its own Python and ABI, and
/// the one for pure Python.
pub const ACCEPTED: [&str; 2] = [NATIVE, PURE];

/// The tag of a wheel with native libraries.
const NATIVE: &str = "cp314-cp314-wasi_0_0_0_wasm32";

/// The tag of a wheel without native libraries.
const PURE: &str = "py3-none-any";

/// One platform compatibility tag: `cp314-cp314-wasi_0_0_0_wasm32`.
///
/// ```
/// use eryx_extension_build::tag::Tag;
///
/// let tag = Tag::parse("cp313-cp313-wasi_0_0_0_wasm32").unwrap();
/// assert!(!tag.is_accepted());
/// assert_eq!(
///     tag.refusal(),
///     "cp313-cp313-wasi_0_0_0_wasm32 is built for CPython 3.13, and eryx runs 3.14"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The Python it is for: `cp314`.
    pub python: String,
    /// The ABI of Python that it uses: `cp314`, or `none`.
    pub abi: String,
    /// The platform it is for: `wasi_0_0_0_wasm32`, or `any`.
    pub platform: String,
}

impl Tag {
    /// Parses one tag, which may not be a compressed set such as `py2.py3-none-any`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let tag = Self {
            python: parts.next()?.to_owned(),
            abi: parts.next()?.to_owned(),
            platform: parts.next()?.to_owned(),
        };
        let plain = |part: &String| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let all_plain = [&tag.python, &tag.abi, &tag.platform]
            .into_iter()
            .all(plain);
        (all_plain && parts.next().is_none()).then_some(tag)
    }

    /// Whether this release of eryx can use a wheel with this tag.
    pub fn is_accepted(&self) -> bool {
        ACCEPTED.contains(&self.to_string().as_str())
    }

    /// Whether a wheel with this tag is pure Python, without native libraries.
    pub fn is_pure(&self) -> bool {
        self.abi == "none" && self.platform == "any"
    }

    /// Why this release of eryx cannot use a wheel with this tag.
    pub fn refusal(&self) -> String {
        let systems = [
            ("linux", "Linux"),
            ("macosx", "macOS"),
            ("win", "Windows"),
            ("android", "Android"),
            ("ios", "iOS"),
            ("emscripten", "a browser (Emscripten)"),
            ("pyodide", "a browser (Pyodide)"),
        ];
        // `manylinux` and `musllinux` too, but not `darwin`.
        let system = systems.into_iter().find(|(name, _)| {
            self.platform.starts_with(name) || (*name == "linux" && self.platform.contains("linux"))
        });
        if let Some((_, system)) = system {
            return format!("{self} is built for {system}, and eryx runs WebAssembly ({NATIVE})");
        }
        if let Some(digits) = self.python.strip_prefix("cp3")
            && digits != "14"
        {
            return format!("{self} is built for CPython 3.{digits}, and eryx runs 3.14");
        }
        format!("{self} is not one of those that eryx can use: {NATIVE}, {PURE}")
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// The parts of a wheel's file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelName {
    /// The package's name, as the file name has it.
    pub name: String,
    /// The package's version, as the file name has it.
    pub version: String,
    /// Its tags, one by one.
    pub tags: BTreeSet<Tag>,
}

impl WheelName {
    /// Parses `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl`; `None` if it is anything else.
    pub fn parse(file: &str) -> Option<Self> {
        let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
        let (name, version, pythons, abis, platforms) = match parts.as_slice() {
            [name, version, python, abi, platform] => (name, version, python, abi, platform),
            // A build number begins with a digit.
            [name, version, build, python, abi, platform]
                if build.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                (name, version, python, abi, platform)
            }
            _ => return None,
        };
        let mut tags = BTreeSet::new();
        for python in pythons.split('.') {
            for abi in abis.split('.') {
                for platform in platforms.split('.') {
                    tags.insert(Tag::parse(&format!("{python}-{abi}-{platform}"))?);
                }
            }
        }
        Some(Self {
            name: (*name).to_owned(),
            version: (*version).to_owned(),
            tags,
        })
    }
}

/// The normalised form of a package's name, with `_`: `Foo.Bar-baz` is `foo_bar_baz`.
///
/// ```
/// assert_eq!(eryx_extension_build::tag::normalised("Foo.Bar-baz"), "foo_bar_baz");
/// ```
pub fn normalised(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalised.ends_with('_') => {}
            '-' | '_' | '.' => normalised.push('_'),
            other => normalised.extend(other.to_lowercase()),
        }
    }
    normalised
}

/// The tags as a list for an error message: `a, b`.
pub(crate) fn list<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> String {
    let tags: Vec<String> = tags.into_iter().map(ToString::to_string).collect();
    tags.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_file_name() {
        let name = WheelName::parse("six-1.17.0-2-py2.py3-none-any.whl")
            .map(|name| (name.name, name.version, list(&name.tags)));
        let expected = ("six", "1.17.0", "py2-none-any, py3-none-any");
        assert_eq!(
            name.as_ref()
                .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())),
            Some(expected)
        );
        for bad in [
            "six.whl",
            "six-1.0-any.whl",
            "six-1.0-py3-none-any.zip",
            "six-1.0-x-py3-none-any.whl",
            "six-1.0-py3--any.whl",
            "six-1.0-py3-none-any.linux!.whl",
        ] {
            assert_eq!(WheelName::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let refusal = |tag: &str| Tag::parse(tag).map(|tag| (tag.is_accepted(), tag.refusal()));
        assert!(matches!(refusal(NATIVE), Some((true, _))));
        assert!(matches!(refusal(PURE), Some((true, _))));
        let reasons = [
            ("cp314-cp314-manylinux_2_28_x86_64", "Linux"),
            ("cp314-cp314-win_amd64", "Windows"),
            ("cp313-cp313-wasi_0_0_0_wasm32", "CPython 3.13"),
            ("cp314-abi3-wasi_0_0_0_wasm32", "not one of those"),
        ];
        for (tag, reason) in reasons {
            let refusal = refusal(tag);
            assert!(
                matches!(&refusal, Some((false, text)) if text.contains(reason)),
                "{refusal:?}"
            );
        }
    }

    #[test]
    fn all_spellings_of_a_name_have_one_form() {
        for name in ["Foo.Bar-baz", "foo__bar_baz", "FOO-.-BAR_BAZ"] {
            assert_eq!(normalised(name), "foo_bar_baz");
        }
    }
}
