import Operations

/// What a call does besides its maintenance if the mapping bounces.
///
/// Copies go through the cache on both sides: they are loads and stores of the core.
struct BounceRow: Sendable {
    /// The kernels.
    var kernels: [KernelSpan]
    /// Before the maintenance of a map.
    var map: StepsByDirection
    /// Before the maintenance of a sync for the device.
    var syncForDevice: StepsByDirection
    /// After the maintenance of a sync for the CPU and of an unmap.
    var forCPU: StepsByDirection

    /// All that is known.
    ///
    /// Source: kernel/dma/swiotlb.c, `swiotlb_tbl_map_single`, `swiotlb_sync_single_for_device`,
    /// `swiotlb_sync_single_for_cpu`. (linux-dma.md §2.1, §2.7) Assumption, from memory: a map copies in every
    /// direction from 5.18 on; stable releases that took it are not told apart.
    static let rows: [BounceRow] = [
        BounceRow(
            kernels: [KernelVersion.firstKnown..<copiesAlways],
            map: .toDevice([.bounceOut]), syncForDevice: .toDevice([.bounceOut]),
            forCPU: .fromDevice([.bounceBack])),
        // What the device does not write stays what it was, and no other slot's bytes are shown.
        BounceRow(
            kernels: [copiesAlways..<KernelVersion.firstUnknown],
            map: .all([.bounceOut]), syncForDevice: .toDevice([.bounceOut]),
            forCPU: .fromDevice([.bounceBack])),
    ]

    private static let copiesAlways = KernelVersion(5, 18)
}

/// Why a mapping bounces.
enum BounceReason: Hashable, Sendable {
    /// `swiotlb=force`.
    case forced
    /// The device cannot address the bytes.
    case unreachable
    /// A small buffer may share its lines: `CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC`.
    case smallBuffer
}

extension BounceReason {
    /// Whether the kernel fears that a buffer of `kmalloc` shares its lines.
    ///
    /// It looks at the size alone: whether the block that `kmalloc` has for it is whole lines. (linux-dma.md §2.1;
    /// include/linux/dma-map-ops.h, `dma_kmalloc_needs_bounce`; arm64 alone selects it, from 6.5 on, from memory.)
    static func isSmall(
        _ size: UInt64, _ direction: DMADirection, _ profile: LoweringProfile
    ) -> Bool {
        guard profile.architecture == .arm64, case .linux(let version) = profile.kernel,
            version >= KernelVersion(6, 5), direction != .toDevice,
            size < 2 * smallestSafeAlignment
        else { return false }
        let block = blocks.first { $0 >= size } ?? size
        return block % profile.innerLineSize != 0
    }

    /// `ARCH_DMA_MINALIGN` of arm64, in bytes.
    private static let smallestSafeAlignment: UInt64 = 128
    /// The sizes of blocks that `kmalloc` has up to there, in bytes.
    private static let blocks: [UInt64] = [8, 16, 32, 64, 96, 128, 192, 256]
}

extension StepsByDirection {
    /// What is done before the device reads; nothing before it only writes.
    static func toDevice(_ steps: [LoweringStep]) -> StepsByDirection {
        StepsByDirection(toDevice: steps, bidirectional: steps, fromDevice: [])
    }
}
