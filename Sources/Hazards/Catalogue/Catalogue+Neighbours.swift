// Which hazards are taken for one another, and by what one tells them apart.

/// A hazard that another is easily taken for.
public struct HazardNeighbour: Hashable, Sendable {
    /// Its code.
    public let code: HazardCode
    /// When it is this one, in one clause.
    public let sign: String
}

extension HazardCatalogue {
    /// Two hazards, each with what is so where it is that one and not the other.
    private struct Pair {
        var first: HazardCode
        var isFirst: String
        var second: HazardCode
        var isSecond: String

        init(
            _ first: HazardCode, _ isFirst: String, _ second: HazardCode, _ isSecond: String
        ) {
            (self.first, self.isFirst) = (first, isFirst)
            (self.second, self.isSecond) = (second, isSecond)
        }
    }

    /// What a hazard is easily taken for, in the order of codes.
    ///
    /// Mutual: each is among the neighbours of its neighbours.
    ///
    /// - Complexity: O(pairs).
    public static func neighbours(of code: HazardCode) -> [HazardNeighbour] {
        pairs.compactMap { pair in
            if pair.first == code {
                return HazardNeighbour(code: pair.second, sign: pair.isSecond)
            }
            if pair.second == code {
                return HazardNeighbour(code: pair.first, sign: pair.isFirst)
            }
            return nil
        }.sorted { $0.code < $1.code }
    }

    private static let pairs: [Pair] = reads + lost + orders + calls + places

    private static let reads = [
        Pair(
            .h01,
            "nothing invalidates at all, or a cache still held the line when the device wrote",
            .h08, "the buffer was invalidated before the transfer, and the line came back"),
        Pair(
            .h01, "no call stands between the write and the load",
            .h09, "the call is there, but before the device had finished"),
        Pair(
            .h01, "no sync or unmap stands before the load at all",
            .h16, "a sync stands before the load, of other bytes"),
        Pair(
            .h01, "one place is stale, where a call is missing",
            .h26, "every buffer is stale, and the device is called coherent"),
        Pair(
            .h01, "it is one load, not a loop that polls",
            .h38, "the core loads again and again, and never sees the new bytes"),
        Pair(
            .h03, "nothing cleaned the bytes: they are in a cache",
            .h04, "the bytes are cleaned, or uncached, but still in a buffer at the doorbell"),
        Pair(
            .h03, "nothing cleaned the bytes at all",
            .h23, "the bytes were cleaned out of the core's caches and stay in the outer one"),
        Pair(
            .h03, "there is no call at all", .h21, "the call is there, with DMA_ATTR_SKIP_CPU_SYNC"),
        Pair(
            .h08, "the invalidate after the transfer is missing",
            .h09, "the invalidate after the transfer is there, but before the device had finished"),
        Pair(
            .h26, "the device is called coherent, and its port never looks into the caches",
            .h27, "the device looks into the caches, and is not called coherent"),
        Pair(
            .h26, "the port never looks into the caches, whatever is asked",
            .h28,
            "the port can look into the caches, and this transaction or this memory does not ask for it"
        ),
        Pair(
            .h15, "the direction leaves out what the device does",
            .h36, "the direction is right, BIDIRECTIONAL, and the sync for the core is missing"),
    ]

    private static let lost = [
        Pair(
            .h02, "the dirty bytes are the buffer's own",
            .h10, "the dirty bytes are a neighbour's in the same line"),
        Pair(
            .h02, "the buffer was dirty before it was handed over",
            .h18, "the core stored to it while the device had it"),
        Pair(
            .h02, "the buffer was never handed over by a call",
            .h40, "the buffer was handed over once, and comes back to the device without a call"),
        Pair(
            .h02, "an eviction writes the dirty line back",
            .h42, "the driver's own clean writes the dirty line back, after the device wrote"),
        Pair(
            .h10, "the device's bytes are lost: the shared line was written back",
            .h11, "the neighbour's bytes are lost: the line was only invalidated"),
        Pair(
            .h10, "one buffer is mapped, and what lies beside it is not",
            .h19, "two mappings meet in the line, or are of the same buffer"),
        Pair(
            .h10, "the two share a line by the layout of a struct or of variables",
            .h31, "kmalloc has put another object beside a small one"),
        Pair(
            .h11, "the line is invalidated only, once",
            .h12, "the line is cleaned first, and a store falls in before the invalidate"),
        Pair(
            .h11, "the bytes that are dropped lie beside the buffer",
            .h35,
            "the bytes that are dropped are the buffer's own, and the device has not written them"),
    ]

    private static let orders = [
        Pair(
            .h04, "the doorbell overtakes the stores",
            .h05, "the device polls, and one store overtakes another"),
        Pair(
            .h05, "it is the device that reads what the core stored in the wrong order",
            .h06, "it is the core that reads in the wrong order"),
        Pair(
            .h06, "a flag in memory says that the device is ready",
            .h07, "a register of the device says that it is ready"),
        Pair(
            .h07, "the data are in memory, and the core loaded them too early",
            .h39, "the data are not in memory yet: a bridge holds them back"),
        Pair(
            .h04, "the barrier is missing", .h29, "the barrier is there, and the part is at fault"),
        Pair(
            .h06, "the loop ends, and the fields are old", .h38,
            "the core polls in a loop that never ends"),
    ]

    private static let calls = [
        Pair(
            .h15, "all calls agree on a direction, and the device does otherwise",
            .h20, "two calls of one mapping do not agree, in size, count or function"),
        Pair(
            .h16, "a sync is too short", .h20, "the release is too short, or there are two, or none"
        ),
        Pair(
            .h16, "the mapping is one buffer", .h34,
            "the mapping is a list, of which entries are left out"),
        Pair(
            .h09, "the core takes the bytes back too early",
            .h17, "the device uses a mapping that has ended"),
        Pair(
            .h17, "the device goes on after the unmap", .h20, "the driver unmaps a second time"),
        Pair(
            .h21, "the call is there, with DMA_ATTR_SKIP_CPU_SYNC",
            .h40, "there is no call at all in this round"),
        Pair(
            .h21, "maintenance is left out", .h24,
            "a copy is left out: the mapping has a bounce buffer"),
        Pair(
            .h32, "the map failed, and nobody asked",
            .h33, "the address is beyond the device's reach, or shifted"),
    ]

    private static let places = [
        Pair(
            .h13, "the two mappings differ in their attributes",
            .h14, "there is one uncached mapping, and a streaming call on it"),
        Pair(
            .h13, "the two mappings differ in their attributes",
            .h25, "both mappings are cacheable, in a cache that goes by virtual address"),
        Pair(
            .h13, "both mappings are the core's", .h27, "the device's side is the cached one"),
        Pair(
            .h14, "the memory is from dma_alloc_coherent()",
            .h30, "the memory is the stack, vmalloc memory or the kernel's image"),
        Pair(
            .h30, "a device is given memory that is not fit for it",
            .h41, "the core itself loads and stores registers or graphics memory"),
        Pair(
            .h22, "what is stale is fetched: instructions",
            .h23, "what is stale is data, as an outer cache was left out"),
        Pair(
            .h23, "maintenance is by address, but not as far as the outer cache",
            .h37, "maintenance is by set and way, on one core's caches"),
    ]
}
