/// Frames of the stacks that stand behind events.
enum StackFrame {
    /// A frame of perf's: blanks, an address, a name; the place of the name.
    static func perf(_ line: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start > 0 else { return nil }
        var place = start
        while place < line.count, HexWord.digit(line[place]) != nil { place += 1 }
        guard (7...16).contains(place - start), place + 1 < line.count, line[place] == 0x20 else {
            return nil
        }
        return place + 1
    }

    /// Functions of the DMA API and of tracing itself, by their first letters: the call's site is above them.
    private static let insides: [StaticString] = [
        "dma_", "__dma_", "dmam_", "iommu_dma_", "swiotlb_", "trace_event_", "__traceiter_",
        "perf_trace_", "trace_dma_", "__trace", "ftrace_", "debug_dma_", "arch_sync_dma",
    ]

    /// Whether the function at a place is one of those.
    static func isInside(_ line: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
        insides.contains { KernelLogHead.isWord($0, line, place) }
    }
}
