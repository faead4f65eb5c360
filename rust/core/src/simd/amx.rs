//! Whether there are tiles of bytes (AMX), and whether this process may use them.
//!
//! Linux gives them to a process that has asked (`Documentation/arch/x86/xstate.rst` in its sources).

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

/// Whether this machine has tiles of bytes, and lets this process use them.
pub(super) fn available() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| has_instructions() && system_keeps_tiles() && may_use_tiles())
}

/// AMX-TILE and AMX-INT8.
fn has_instructions() -> bool {
    const BITS: u32 = 1 << 24 | 1 << 25;
    __cpuid_count(0, 0).eax >= 7 && __cpuid_count(7, 0).edx & BITS == BITS
}

/// Whether the system keeps tiles and their configuration for each thread.
fn system_keeps_tiles() -> bool {
    const SAVES_STATE: u32 = 1 << 27;
    const TILES: u32 = 1 << 17 | 1 << 18;
    if __cpuid_count(1, 0).ecx & SAVES_STATE == 0 {
        return false;
    }
    let kept: u32;
    // SAFETY: the system has switched the instruction on, as the bit says; it reads a register.
    unsafe { asm!("xgetbv", in("ecx") 0, out("eax") kept, out("edx") _, options(nomem, nostack, preserves_flags)) };
    kept & TILES == TILES
}

/// Ask Linux for tiles; other systems are not asked.
fn may_use_tiles() -> bool {
    #[cfg(target_os = "linux")]
    {
        const ARCH_PRCTL: isize = 158;
        const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
        const TILE_DATA: usize = 18;
        let answer: isize;
        // SAFETY: this call gives the process a permission and touches none of its memory.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") ARCH_PRCTL => answer,
                in("rdi") ARCH_REQ_XCOMP_PERM,
                in("rsi") TILE_DATA,
                out("rcx") _,
                out("r11") _,
                options(nostack),
            );
        }
        answer == 0
    }
    #[cfg(not(target_os = "linux"))]
    false
}
