/// Which of Linux' routines maintain a core's own caches: a processor's cache functions, named after their file or label.
///
/// One case for each set of routines that does something else than the others.
public enum InnerRoutines: String, CaseIterable, Hashable, Sendable {
    /// No caches, or none that need anything (`cache-nop.S`).
    case nop
    /// ARMv4 with a unified write-through cache that is only invalidated as a whole (`cache-v4.S`: ARM720T).
    case v4
    /// ARMv4 with write-through caches (`cache-v4wt.S`).
    case v4wt
    /// ARMv4 and ARMv5 with write-back caches and no instruction that cleans and invalidates (`cache-v4wb.S`).
    case v4wb
    /// ARM926EJ-S, and with the same loops ARM920, 922, 925, 946, 1020E, 1022 and 1026 (`proc-arm926.S`).
    case arm926
    /// The same, built with `CONFIG_CPU_DCACHE_WRITETHROUGH`.
    case arm926WriteThrough = "arm926_wt"
    /// Marvell Feroceon with operations by line (`feroceon_cache_fns`: 88FR531).
    case feroceon
    /// Marvell Feroceon and Sheeva with operations by range (`feroceon_range_cache_fns`: 88FR131, 88FR571).
    case feroceonRange = "feroceon_range"
    /// Marvell Mohawk (`proc-mohawk.S`).
    case mohawk
    /// Intel XScale (`proc-xscale.S`).
    case xscale
    /// Intel 80200 of stepping A0 or A1, whose invalidate leaves dirty bits (`proc-xscale.S`).
    case xscaleA0A1 = "xscale_80200_A0_A1"
    /// Intel XScale of the third generation (`proc-xsc3.S`).
    case xsc3
    /// Faraday FA526 (`cache-fa.S`).
    case fa
    /// ARM1136 and ARM1176 (`cache-v6.S`).
    case v6
    /// ARM11MPCore, whose maintenance is not broadcast (`cache-v6.S` with `CONFIG_DMA_CACHE_RWFO`).
    case v6ReadWriteForOwnership = "v6_rwfo"
    /// ARMv7-A, and ARMv8 under a 32-bit kernel (`cache-v7.S`).
    case v7
    /// The same with erratum 764369 (Cortex-A9 MPCore): a DSB before each loop.
    case v7Erratum764369 = "v7_764369"
    /// ARMv7-M with caches: Cortex-M7 (`cache-v7m.S`).
    case v7m
    /// 64-bit Arm (`arch/arm64/mm/cache.S`).
    case arm64
    /// Cortex-A53 up to r0p2 (errata 819472, 824069, 826319, 827319): every clean also invalidates.
    case arm64CleanInvalidates = "arm64_clean_invalidates"

    /// Whether any of them names a cache by set and way, or as a whole, for a range of addresses.
    ///
    /// A test holds this to the table of what they do.
    public var usesSetWay: Bool { self == .v4 }
}

/// Which of Linux' routines maintain an outer cache (`outer_cache_fns`).
public enum OuterRoutines: String, CaseIterable, Hashable, Sendable {
    /// ARM L2C-210.
    case l210
    /// ARM L2C-220: every operation is waited for.
    case l220
    /// ARM L2C-310, known as PL310.
    case pl310
    /// The same before r2p0: cleans and invalidates one after the other (erratum 588369).
    case pl310Erratum588369 = "pl310_588369"
    /// The same, marked `arm,io-coherent` or `arm,outer-sync-disable`: barriers leave it alone.
    case pl310WithoutSync = "pl310_no_sync"
    /// Marvell Aurora (Armada 370 and XP) as an outer cache.
    case aurora
    /// The same with `wt-override`: its lines are never dirty.
    case auroraWriteThrough = "aurora_wt"
    /// Marvell Feroceon L2 (Kirkwood, MV78xx0).
    case feroceon
    /// The same with `CONFIG_CACHE_FEROCEON_L2_WRITETHROUGH`.
    case feroceonWriteThrough = "feroceon_wt"
    /// Marvell Tauros2 beside an ARMv5 core; beside an ARMv7 core the core's own operations reach it.
    case tauros2
    /// Intel XScale 3's L2.
    case xsc3
    /// Socionext UniPhier's system cache.
    case uniphier
}
