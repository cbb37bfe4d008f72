import Operations

/// How code that calls a bare-metal library maintains a buffer: what mends say instead of instructions.
struct LibraryIdiom: Sendable {
    /// The function that makes dirty lines known to a device; it waits for its own end.
    var clean: VendorCall.Function
    /// The function that makes the lines go.
    var invalidate: VendorCall.Function
    /// Whether the first maintains an outer cache, too, after the core's own.
    var reachesOuterTowardsDevice = false
    /// Whether the second does, before the core's own.
    var reachesOuterTowardsCore = false

    /// The idiom of each library; `DMAMapping/VendorRow` has what the functions do.
    static let rows: [VendorCall.Library: LibraryIdiom] = [
        .cmsis: LibraryIdiom(clean: .cleanByAddress, invalidate: .invalidateByAddress),
        .xilinx: LibraryIdiom(
            clean: .xilFlushRange, invalidate: .xilInvalidateRange,
            reachesOuterTowardsDevice: true, reachesOuterTowardsCore: true),
        // Its invalidate does the core's caches first: they can be filled from a stale line of the outer one.
        .uBoot: LibraryIdiom(
            clean: .flushRange, invalidate: .invalidateRange, reachesOuterTowardsDevice: true),
        .zephyr: LibraryIdiom(clean: .sysFlushRange, invalidate: .sysInvalidateRange),
        .nuttX: LibraryIdiom(clean: .upClean, invalidate: .upInvalidate),
    ]
}
