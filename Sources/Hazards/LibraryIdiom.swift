import Operations

/// How code that calls a bare-metal library maintains a buffer: what mends say instead of instructions.
public struct LibraryIdiom: Sendable {
    /// The function that makes dirty lines known to a device; it waits for its own end.
    public var clean: VendorCall.Function
    /// The function that makes the lines go.
    public var invalidate: VendorCall.Function
    /// The function that does both, and so loses nothing of what else is in the lines.
    public var cleanInvalidate: VendorCall.Function
    /// Whether the first maintains an outer cache, too, after the core's own.
    public var reachesOuterTowardsDevice = false
    /// Whether the second does, before the core's own.
    public var reachesOuterTowardsCore = false

    /// The idiom of each library; `DMAMapping/VendorRow` has what the functions do.
    public static let rows: [VendorCall.Library: LibraryIdiom] = [
        .cmsis: LibraryIdiom(
            clean: .cleanByAddress, invalidate: .invalidateByAddress,
            cleanInvalidate: .cleanInvalidateByAddress),
        .xilinx: LibraryIdiom(
            clean: .xilFlushRange, invalidate: .xilInvalidateRange, cleanInvalidate: .xilFlushRange,
            reachesOuterTowardsDevice: true, reachesOuterTowardsCore: true),
        // Its invalidate does the core's caches first: they can be filled from a stale line of the outer one.
        .uBoot: LibraryIdiom(
            clean: .flushRange, invalidate: .invalidateRange, cleanInvalidate: .flushRange,
            reachesOuterTowardsDevice: true),
        .zephyr: LibraryIdiom(
            clean: .sysFlushRange, invalidate: .sysInvalidateRange,
            cleanInvalidate: .sysFlushInvalidateRange),
        .nuttX: LibraryIdiom(
            clean: .upClean, invalidate: .upInvalidate, cleanInvalidate: .upFlush),
    ]
}
