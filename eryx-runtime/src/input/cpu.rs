//! Which processors an image's machine code is for.

/// Which processors an image's machine code is for.
#[cfg(feature = "build")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cpu {
    /// Any of this architecture from the last decade: x86-64-v2 (up to SSE4.2 and `popcnt`; every
    /// server since 2009), or the 64-bit Arm of 2013.
    #[default]
    Portable,
    /// This machine's, with all that it can do. An older machine refuses such an image.
    Native,
}

/// What code is compiled for.
#[cfg(feature = "build")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) cpu: Cpu,
    /// Whether it measures fuel.
    pub(crate) fuel: bool,
}

/// What a processor may be able to do.
pub(crate) struct Feature {
    /// The compiler's name for it.
    pub(crate) flag: &'static str,
    /// The processor makers' name for it.
    pub(crate) name: &'static str,
    #[cfg_attr(
        not(feature = "build"),
        expect(dead_code, reason = "only the compiler asks")
    )]
    is_portable: bool,
    is_here: fn() -> bool,
}

#[cfg(feature = "build")]
impl Cpu {
    /// What may be relied on.
    pub(crate) fn features(self) -> impl Iterator<Item = &'static Feature> {
        FEATURES.iter().filter(move |feature| match self {
            Self::Portable => feature.is_portable,
            Self::Native => (feature.is_here)(),
        })
    }
}

/// The first of these, by the compiler's names, that the processor of this machine does not have,
/// by its maker's name.
pub(crate) fn missing_here<'a>(flags: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    flags.into_iter().find_map(|flag| {
        match FEATURES.iter().find(|feature| feature.flag == flag) {
            Some(feature) if (feature.is_here)() => None,
            Some(feature) => Some(feature.name),
            // A later version may know more.
            None => Some(flag),
        }
    })
}

/// What the compiler can make use of.
#[cfg(target_arch = "x86_64")]
const FEATURES: &[Feature] = {
    macro_rules! features {
        ($($flag:literal $name:tt $is_portable:literal)*) => {
            &[$(Feature {
                flag: $flag,
                name: $name,
                is_portable: $is_portable,
                is_here: || std::arch::is_x86_feature_detected!($name),
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

/// What the compiler can make use of.
#[cfg(target_arch = "aarch64")]
const FEATURES: &[Feature] = &[
    Feature {
        flag: "has_lse",
        name: "lse",
        is_portable: false,
        is_here: || std::arch::is_aarch64_feature_detected!("lse"),
    },
    Feature {
        flag: "has_fp16",
        name: "fp16",
        is_portable: false,
        is_here: || std::arch::is_aarch64_feature_detected!("fp16"),
    },
];

/// What the compiler can make use of.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FEATURES: &[Feature] = &[];
