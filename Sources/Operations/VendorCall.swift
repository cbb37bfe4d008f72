/// A call of a cache function that a bare-metal library has.
public struct VendorCall: Hashable, Sendable {
    /// A library.
    public enum Library: String, CaseIterable, Sendable {
        /// Arm's headers for Cortex-M, which the HALs of STM32 and others call.
        case cmsis = "CMSIS"
        /// The standalone board support package of Xilinx, now AMD.
        case xilinx = "Xilinx standalone"
        /// The boot loader.
        case uBoot = "U-Boot"
        /// Zephyr.
        case zephyr = "Zephyr"
        /// NuttX.
        case nuttX = "NuttX"
    }

    /// Which function.
    ///
    /// Raw values are the C names. Binary traces number the functions by their places: later ones are added at the end.
    public enum Function: String, CaseIterable, Sendable {
        case cleanByAddress = "SCB_CleanDCache_by_Addr"
        case invalidateByAddress = "SCB_InvalidateDCache_by_Addr"
        case cleanInvalidateByAddress = "SCB_CleanInvalidateDCache_by_Addr"
        case cleanDCache = "SCB_CleanDCache"
        case invalidateDCache = "SCB_InvalidateDCache"
        case cleanInvalidateDCache = "SCB_CleanInvalidateDCache"

        case xilFlush = "Xil_DCacheFlush"
        case xilInvalidate = "Xil_DCacheInvalidate"
        case xilFlushRange = "Xil_DCacheFlushRange"
        case xilInvalidateRange = "Xil_DCacheInvalidateRange"
        case xilFlushLine = "Xil_DCacheFlushLine"
        case xilInvalidateLine = "Xil_DCacheInvalidateLine"
        case xilStoreLine = "Xil_DCacheStoreLine"
        case xilL1Flush = "Xil_L1DCacheFlush"
        case xilL1Invalidate = "Xil_L1DCacheInvalidate"
        case xilL1FlushRange = "Xil_L1DCacheFlushRange"
        case xilL1InvalidateRange = "Xil_L1DCacheInvalidateRange"
        case xilL1FlushLine = "Xil_L1DCacheFlushLine"
        case xilL1InvalidateLine = "Xil_L1DCacheInvalidateLine"
        case xilL1StoreLine = "Xil_L1DCacheStoreLine"
        case xilL2Flush = "Xil_L2CacheFlush"
        case xilL2FlushRange = "Xil_L2CacheFlushRange"
        case xilL2InvalidateRange = "Xil_L2CacheInvalidateRange"
        case xilL2FlushLine = "Xil_L2CacheFlushLine"
        case xilL2InvalidateLine = "Xil_L2CacheInvalidateLine"
        case xilL2StoreLine = "Xil_L2CacheStoreLine"

        case flushRange = "flush_dcache_range"
        case invalidateRange = "invalidate_dcache_range"
        case flushCache = "flush_cache"
        case flushAll = "flush_dcache_all"
        case invalidateAll = "invalidate_dcache_all"

        case sysFlushRange = "sys_cache_data_flush_range"
        case sysInvalidateRange = "sys_cache_data_invd_range"
        case sysFlushInvalidateRange = "sys_cache_data_flush_and_invd_range"
        case sysFlushAll = "sys_cache_data_flush_all"
        case sysInvalidateAll = "sys_cache_data_invd_all"
        case sysFlushInvalidateAll = "sys_cache_data_flush_and_invd_all"

        case upClean = "up_clean_dcache"
        case upInvalidate = "up_invalidate_dcache"
        case upFlush = "up_flush_dcache"
        case upCleanAll = "up_clean_dcache_all"
        case upInvalidateAll = "up_invalidate_dcache_all"
        case upFlushAll = "up_flush_dcache_all"
        case xilL2Invalidate = "Xil_L2CacheInvalidate"
    }

    /// What a function is told.
    public enum Operands: Hashable, Sendable {
        /// Nothing: it is about all lines.
        case none
        /// An address: it is about the line that holds it.
        case address
        /// An address and a number of bytes, also where the C function takes the end.
        case range
    }

    /// Which function.
    public var function: Function
    /// The first byte, for a function that is told one.
    public var start: Operand
    /// How many bytes, for a function that is told a range; may be 0.
    public var bytes: UInt64
    /// The library's version; nil: the newest known.
    public var version: LibraryVersion?

    /// Makes a call; what does not apply stays empty.
    public init(
        _ function: Function, at start: Operand = Operand(0), bytes: UInt64 = 0,
        version: LibraryVersion? = nil
    ) {
        self.function = function
        self.start = start
        self.bytes = bytes
        self.version = version
    }
}

extension VendorCall.Function {
    /// Whose function it is.
    public var library: VendorCall.Library {
        let libraries: [(String, VendorCall.Library)] = [
            ("SCB_", .cmsis), ("Xil_", .xilinx), ("sys_", .zephyr), ("up_", .nuttX),
        ]
        return libraries.first { rawValue.hasPrefix($0.0) }?.1 ?? .uBoot
    }

    /// What it is told.
    public var operands: VendorCall.Operands {
        switch self {
        case .cleanByAddress, .invalidateByAddress, .cleanInvalidateByAddress, .xilFlushRange,
            .xilInvalidateRange, .xilL1FlushRange, .xilL1InvalidateRange, .xilL2FlushRange,
            .xilL2InvalidateRange, .flushRange, .invalidateRange, .flushCache, .sysFlushRange,
            .sysInvalidateRange, .sysFlushInvalidateRange, .upClean, .upInvalidate, .upFlush:
            .range
        case .xilFlushLine, .xilInvalidateLine, .xilStoreLine, .xilL1FlushLine,
            .xilL1InvalidateLine, .xilL1StoreLine, .xilL2FlushLine, .xilL2InvalidateLine,
            .xilL2StoreLine:
            .address
        case .cleanDCache, .invalidateDCache, .cleanInvalidateDCache, .xilFlush, .xilInvalidate,
            .xilL1Flush, .xilL1Invalidate, .xilL2Flush, .xilL2Invalidate, .flushAll, .invalidateAll,
            .sysFlushAll,
            .sysInvalidateAll, .sysFlushInvalidateAll, .upCleanAll, .upInvalidateAll,
            .upFlushAll:
            .none
        }
    }

    /// Whether the C function takes the range's end in place of its size.
    public var takesEnd: Bool {
        guard operands == .range else { return false }
        return library == .nuttX || library == .uBoot && self != .flushCache
    }

    /// Whether its name promises an invalidate without a clean: dirty bytes may be lost.
    public var discards: Bool {
        let name = rawValue.lowercased()
        let invalidates = name.contains("invalidate") || name.contains("invd")
        return invalidates && !name.contains("clean") && !name.contains("flush")
    }
}
