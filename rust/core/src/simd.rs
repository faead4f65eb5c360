//! SIMD levels: one body, compiled for each instruction set, chosen at run time.
//!
//! A kernel is a struct with its arguments and an `#[inline(always)]` body of plain Rust. [`Level::run`] calls the copy
//! that was compiled for the level's instructions. Levels change the speed and never a bit of a result: nothing
//! here contracts to FMA or reorders a float sum.

#[cfg(target_arch = "x86_64")]
mod amx;

use crate::error::{Error, Kind, Result};

/// Instruction sets that have bodies of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    DotProd,
    #[cfg(target_arch = "aarch64")]
    I8mm,
}

/// Names of all levels on any machine, ascending.
const NAMES: [&str; 7] = ["baseline", "avx2", "avxvnni", "avx512", "amx", "dotprod", "i8mm"];

/// An instruction set that this machine has: only detection makes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    set: Set,
    /// Whether dot products of bytes are made in tiles (AMX), beside AVX-512.
    #[cfg(target_arch = "x86_64")]
    tiles: bool,
}

/// A body to compile for every level; `run` must be `#[inline(always)]`.
pub(crate) trait Kernel {
    type Output;
    fn run(self) -> Self::Output;
}

impl Level {
    /// The levels that this machine has, ascending.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut, reason = "only x86-64 and aarch64 have more than one")]
        let mut levels = vec![Self::of(Set::Baseline)];
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("bmi1")
                && std::arch::is_x86_feature_detected!("popcnt")
            {
                levels.push(Self::of(Set::Avx2));
                if std::arch::is_x86_feature_detected!("avxvnni") {
                    levels.push(Self::of(Set::AvxVnni));
                }
                if std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vnni")
                {
                    levels.push(Self::of(Set::Avx512));
                    if amx::available() {
                        levels.push(Self { set: Set::Avx512, tiles: true });
                    }
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            levels.push(Self::of(Set::DotProd));
            if std::arch::is_aarch64_feature_detected!("i8mm") {
                levels.push(Self::of(Set::I8mm));
            }
        }
        levels
    }

    /// The level of a name, or the widest one for `None`.
    ///
    /// # Errors
    ///
    /// The name is unknown, or the machine lacks the level.
    pub fn named(name: Option<&str>) -> Result<Self> {
        let levels = Self::available();
        let Some(name) = name else {
            return Ok(levels.last().copied().unwrap_or(Self::of(Set::Baseline)));
        };
        if let Some(level) = levels.iter().find(|level| level.name() == name) {
            return Ok(*level);
        }
        let have: Vec<&str> = levels.iter().map(|level| level.name()).collect();
        let have = have.join(", ");
        let message = if NAMES.contains(&name) {
            format!("SIMD level '{name}' is not available on this machine, which has {have}")
        } else {
            format!("unknown SIMD level '{name}': expected one of {have}")
        };
        Err(Error::new(Kind::Backend, message))
    }

    /// A set without tiles.
    const fn of(set: Set) -> Self {
        Self {
            set,
            #[cfg(target_arch = "x86_64")]
            tiles: false,
        }
    }

    /// The name that [`Level::named`] takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.set {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 if self.tiles => NAMES[4],
            Set::Baseline => NAMES[0],
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => NAMES[1],
            #[cfg(target_arch = "x86_64")]
            Set::AvxVnni => NAMES[2],
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => NAMES[3],
            #[cfg(target_arch = "aarch64")]
            Set::DotProd => NAMES[5],
            #[cfg(target_arch = "aarch64")]
            Set::I8mm => NAMES[6],
        }
    }

    /// The instructions that it stands for, all of which this machine has.
    #[inline(always)]
    pub(crate) fn set(self) -> Set {
        self.set
    }

    /// Whether it has tiles, which this machine then has; programs for other processors hold nothing of them.
    #[inline(always)]
    pub(crate) fn has_tiles(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self.tiles;
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Run a kernel's copy for this level, which is one function whoever calls it: a kernel that runs another one does not hold a copy of it.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.set {
            Set::Baseline => run_baseline(kernel),
            #[cfg(target_arch = "aarch64")]
            // Only dot products have instructions of their own, in `dot/neon.rs`.
            Set::DotProd | Set::I8mm => run_baseline(kernel),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
            // Only dot products have instructions of their own at that level, in `dot/vnni.rs`.
            Set::Avx2 | Set::AvxVnni => unsafe { run_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Set::Avx512 => unsafe { run_avx512(kernel) },
        }
    }
}

#[inline(never)]
fn run_baseline<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_the_widest() {
        let levels = Level::available();
        assert_eq!(Level::named(None).unwrap(), *levels.last().unwrap());
        assert!(levels.is_sorted());
        assert_eq!(levels[0].name(), "baseline");
    }

    #[test]
    fn every_available_level_is_found_by_its_name() {
        for level in Level::available() {
            assert_eq!(Level::named(Some(level.name())).unwrap(), level);
        }
    }

    #[test]
    fn unknown_and_missing_levels_are_errors() {
        assert_eq!(Level::named(Some("sse9")).unwrap_err().kind(), Kind::Backend);
        assert_eq!(Level::named(Some("")).unwrap_err().kind(), Kind::Backend);
        #[cfg(not(target_arch = "x86_64"))]
        assert_eq!(Level::named(Some("avx2")).unwrap_err().kind(), Kind::Backend);
    }
}
