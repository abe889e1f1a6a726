//! The processors that an image's machine code runs on.

/// The processors that an image's machine code runs on.
///
/// ```
/// use eryx_runtime::{Cpu, Recipe};
///
/// let mut recipe = Recipe::default();
/// recipe.set_cpu(Cpu::Native);
/// ```
#[cfg(feature = "build")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cpu {
    /// Every common processor of this architecture: x86-64-v2 (SSE4.2 and `popcnt`, in every server
    /// processor since 2009), or baseline 64-bit Arm (Armv8.0, 2013).
    #[default]
    Portable,
    /// The processor of this machine, with all its instruction set extensions. A machine that lacks
    /// one of them refuses the image.
    Native,
}

/// The target of compilation.
#[cfg(feature = "build")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) cpu: Cpu,
    /// Whether the code measures fuel.
    pub(crate) fuel: bool,
}

/// An instruction set extension that the compiler can use.
pub(crate) struct Feature {
    /// Cranelift's name for it.
    pub(crate) flag: &'static str,
    /// The vendor's name for it.
    pub(crate) name: &'static str,
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only the compiler asks")
    )]
    is_portable: bool,
    is_available: fn() -> bool,
}

#[cfg(feature = "build")]
impl Cpu {
    /// Returns the extensions that code for this processor may use.
    pub(crate) fn features(self) -> impl Iterator<Item = &'static Feature> {
        FEATURES.iter().filter(move |feature| match self {
            Self::Portable => feature.is_portable,
            Self::Native => (feature.is_available)(),
        })
    }
}

/// Returns the first of these extensions that this machine's processor lacks. The arguments are
/// Cranelift's names; the result is the vendor's name.
pub(crate) fn missing_here<'a>(flags: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    flags.into_iter().find_map(|flag| {
        match FEATURES.iter().find(|feature| feature.flag == flag) {
            Some(feature) if (feature.is_available)() => None,
            Some(feature) => Some(feature.name),
            // An image of a later version may use an extension that this version does not know.
            None => Some(flag),
        }
    })
}

/// The extensions that Cranelift can use.
#[cfg(target_arch = "x86_64")]
const FEATURES: &[Feature] = {
    macro_rules! features {
        ($($flag:literal $name:tt $is_portable:literal)*) => {
            &[$(Feature {
                flag: $flag,
                name: $name,
                is_portable: $is_portable,
                is_available: || std::arch::is_x86_feature_detected!($name),
            }),*]
        };
    }
    features! {
        "has_sse3" "sse3" true
        "has_ssse3" "ssse3" true
        "has_cmpxchg16b" "cmpxchg16b" true
        "has_sse41" "sse4.1" true
        "has_sse42" "sse4.2" true
        "has_popcnt" "popcnt" true
        "has_avx" "avx" false
        "has_avx2" "avx2" false
        "has_fma" "fma" false
        "has_bmi1" "bmi1" false
        "has_bmi2" "bmi2" false
        "has_lzcnt" "lzcnt" false
        "has_avx512f" "avx512f" false
        "has_avx512dq" "avx512dq" false
        "has_avx512vl" "avx512vl" false
        "has_avx512bitalg" "avx512bitalg" false
        "has_avx512vbmi" "avx512vbmi" false
    }
};

/// The extensions that Cranelift can use.
#[cfg(target_arch = "aarch64")]
const FEATURES: &[Feature] = &[
    Feature {
        flag: "has_lse",
        name: "lse",
        is_portable: false,
        is_available: || std::arch::is_aarch64_feature_detected!("lse"),
    },
    Feature {
        flag: "has_fp16",
        name: "fp16",
        is_portable: false,
        is_available: || std::arch::is_aarch64_feature_detected!("fp16"),
    },
];

/// The extensions that Cranelift can use.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FEATURES: &[Feature] = &[];
